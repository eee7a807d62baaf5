import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contract, type RouteContract, type RouteName } from '../../api/contract.ts';
import { type Role, rights, roleIncludes, roles } from '../../billing/role.ts';
import { type BrowserSession, openBrowser } from './browser-session.ts';
import { routeSamples } from './route-samples.ts';
import { type CallInit, type RunningApi, readProblem, startApi } from './running-api.ts';

let api: RunningApi;
const tokens = new Map<string, string>();
/** People with a role and all rights at their own shop, and viewers of a second one. */
const people = new Map<Role | 'admin without rights', BrowserSession>();
const password = randomUUID();

beforeAll(async () => {
  api = await startApi();
  const own = await api.addMerchant('own-shop');
  const second = await api.addMerchant('second-shop');
  await api.addMerchant('foreign-shop');
  const scoped = { all: false as const, merchantIds: [own] };
  for (const role of roles) {
    tokens.set(role, await api.addToken(role));
    tokens.set(`scoped ${role}`, await api.addToken(role, scoped));
    await addPerson(role, [
      { merchantId: own, role, rights },
      { merchantId: second, role: 'viewer', rights: [] },
    ]);
  }
  await addPerson('admin without rights', [{ merchantId: own, role: 'admin', rights: [] }]);
  tokens.set('expired', await api.addToken('admin', { all: true }, '2026-11-21T23:59:59.000Z'));
  const revoked = await api.addToken('admin');
  await api.db
    .updateTable('tokens')
    .set({ revoked_at: '2026-11-21T00:00:00.000Z' })
    .where('id', '=', (eb) => eb.selectFrom('tokens').select(eb.fn.max('id').as('id')))
    .execute();
  tokens.set('revoked', revoked);
  tokens.set('made up', `tsk_${'A'.repeat(43)}`);
  tokens.set('not a token', 'hello');
});

afterAll(() => api.close());

async function addPerson(
  who: Role | 'admin without rights',
  grants: Parameters<RunningApi['addUser']>[2],
): Promise<void> {
  const login = who.replaceAll(' ', '-');
  await api.addUser(login, password, grants);
  await api.addUser(`leaving-${login}`, password, grants);
  people.set(who, await logInAs(login));
}

async function logInAs(login: string): Promise<BrowserSession> {
  const browser = openBrowser(api);
  expect((await browser.logIn(login, password)).status).toBe(200);
  return browser;
}

let unique = 0;

function requestOf(name: RouteName, slug: string): [path: string, init: CallInit] {
  const sample = routeSamples[name];
  const route = routeOf(name);
  unique += 1;
  const headers = {
    ...(route.body?.kind === 'raw' ? { 'Content-Type': String(route.body.contentTypes[0]) } : {}),
    ...(route.idempotencyKey === undefined ? {} : { 'Idempotency-Key': `walk-key-${unique}` }),
  };
  const init = {
    method: route.method.toUpperCase(),
    ...(sample.json === undefined ? {} : { json: sample.json(String(unique)) }),
    ...(sample.raw === undefined ? {} : { body: `${sample.raw}${unique}` }),
    headers,
  };
  return [sample.path(slug), init];
}

async function send(name: RouteName, slug: string, caller: string | undefined): Promise<Response> {
  const [path, init] = requestOf(name, slug);
  const token = caller === undefined ? undefined : tokens.get(caller);
  return await api.call(path, { ...init, ...(token === undefined ? {} : { token }) });
}

async function expectAnswer(name: RouteName, response: Response): Promise<void> {
  const { answer } = routeSamples[name];
  if (typeof answer === 'number') expect(response.status).toBe(answer);
  else expect((await readProblem(response)).slug).toBe(answer);
}

const names = Object.keys(contract) as RouteName[];
const routeOf = (name: RouteName): RouteContract => contract[name];

describe.each(names)('%s', (name) => {
  const route = routeOf(name);
  const open = route.role === 'none';

  test.each([undefined, 'expired', 'revoked', 'made up', 'not a token'])(
    'called with %s token',
    async (caller) => {
      const response = await send(name, 'own-shop', caller);
      if (open) {
        await expectAnswer(name, response);
        return;
      }
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await readProblem(response)).toMatchObject({ status: 401, slug: 'unauthenticated' });
    },
  );

  test.each(roles)('called by the token of a %s', async (role) => {
    const response = await send(name, 'own-shop', role);
    await expectByRule(response, { ...whoHolds(role), all: true, token: true });
  });

  test.each(roles)('called by the token of a %s of one merchant', async (role) => {
    const response = await send(name, 'own-shop', `scoped ${role}`);
    await expectByRule(response, { ...whoHolds(role), all: false, token: true });
  });

  test.each(roles)('called by a %s who is a viewer of another merchant', async (role) => {
    // Whoever logs out is somebody else, with a session of their own each time.
    const browser = route.sessionOnly ? await logInAs(`leaving-${role}`) : people.get(role);
    const [path, init] = requestOf(name, 'own-shop');
    const held = { role, rights, all: false, token: false };
    await expectByRule((await browser?.call(path, init)) as Response, held);
    if (!route.merchantScoped) return;
    const second = await browser?.call(...requestOf(name, 'second-shop'));
    await expectByRule(second as Response, { ...held, role: 'viewer', rights: [] });
  });

  if (!open && route.method !== 'get') {
    test('called from a page of another site', async () => {
      for (const forged of ['', 'x'.repeat(43), people.get('viewer')?.csrfToken ?? '']) {
        const [path, init] = requestOf(name, 'own-shop');
        const headers = { ...(init.headers as object), 'X-CSRF-Token': forged };
        const response = await people.get('admin')?.call(path, { ...init, headers });
        const problem = await readProblem(response as Response);
        expect(problem).toMatchObject({ status: 403, slug: 'csrf-token-missing' });
      }
    });
  }

  if (route.right !== undefined) {
    test('called by an admin without the right', async () => {
      const response = await people
        .get('admin without rights')
        ?.call(...requestOf(name, 'own-shop'));
      expect(await readProblem(response as Response)).toMatchObject({
        ...{ status: 403, slug: 'right-missing' },
        errors: [{ path: 'right', message: route.right }],
      });
    });
  }

  if (!route.merchantScoped) return;
  test.each(roles)(
    'called by a %s for a merchant of someone else, and one that is not there',
    async (role) => {
      const foreign = await send(name, 'foreign-shop', `scoped ${role}`);
      const crossing = await people.get(role)?.call(...requestOf(name, 'foreign-shop'));
      const absent = await send(name, 'absent-shop', role);
      if (!mayCall(route, role)) {
        expect([foreign.status, crossing?.status, absent.status]).toEqual([403, 403, 403]);
        return;
      }
      const answer = await readProblem(foreign);
      expect(answer).toMatchObject({ status: 404, slug: 'merchant-not-found' });
      // Nobody can tell them apart.
      expect(await readProblem(crossing as Response)).toEqual(answer);
      expect(await readProblem(absent)).toEqual(answer);
    },
  );

  /** What the contract says to this caller: a problem of theirs, or the answer of the sample. */
  async function expectByRule(
    response: Response,
    held: {
      readonly role: Role;
      readonly rights: readonly string[];
      readonly all: boolean;
      readonly token: boolean;
    },
  ): Promise<void> {
    const refusal =
      route.sessionOnly && held.token
        ? 'session-needed'
        : !mayCall(route, held.role) || (route.allMerchantsOnly && !held.all)
          ? 'role-too-low'
          : route.right !== undefined && !held.rights.includes(route.right)
            ? 'right-missing'
            : undefined;
    if (refusal === undefined) await expectAnswer(name, response);
    else expect(await readProblem(response)).toMatchObject({ status: 403, slug: refusal });
  }
});

/** A token of which nobody said any rights has those that its role always had. */
function whoHolds(role: Role) {
  return {
    role,
    rights: role === 'viewer' ? [] : role === 'operator' ? rights.slice(0, 1) : rights,
  };
}

function mayCall(route: RouteContract, role: Role): boolean {
  return route.role === 'none' || route.role === 'signed-in' || roleIncludes(role, route.role);
}

test('every route has its rule: a role, a scope, and a right only where there is a merchant', () => {
  for (const name of names) {
    const route = routeOf(name);
    // The one door under /v1 is the login.
    if (route.path.startsWith('/v1/')) expect(route.role === 'none', name).toBe(name === 'logIn');
    expect(route.merchantScoped, name).toBe(route.path.includes('/:merchant'));
    if (route.right ?? route.sometimesRight) expect(route.merchantScoped, name).toBe(true);
    if (route.role === 'none') expect(route.sessionOnly ?? route.allMerchantsOnly).toBe(undefined);
  }
});
