import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contract, type RouteContract, type RouteName } from '../../api/contract.ts';
import type { ProblemSlug } from '../../api/problem.ts';
import { type Role, rights, rightsOfTokenRole, roleIncludes, roles } from '../../billing/role.ts';
import { type BrowserSession, openBrowser } from './browser-session.ts';
import { routeSamples } from './route-samples.ts';
import {
  type CallInit,
  type RunningApi,
  readProblem,
  startApi,
  testLimits,
} from './running-api.ts';

let api: RunningApi;
const tokens = new Map<string, string>();
/** People with a role and all rights at their own shop, and viewers of a second one. */
const people = new Map<Role | 'admin without rights', BrowserSession>();
const password = randomUUID();
const uiOrigin = 'https://temporal.example.jp';

beforeAll(async () => {
  api = await startApi({
    temporalUiOrigin: uiOrigin,
    limits: { ...testLimits, uploadsAtOnce: 100 },
  });
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
    ...(route.body?.kind === 'raw' ? { 'Content-Type': plainTypeOf(route.body) } : {}),
    ...(route.idempotencyKey === undefined ? {} : { 'Idempotency-Key': `walk-key-${unique}` }),
    ...(route.foreignPages === undefined ? {} : { Origin: uiOrigin }),
  };
  const init = {
    method: route.method.toUpperCase(),
    ...(sample.json === undefined ? {} : { json: sample.json(String(unique)) }),
    ...(sample.raw === undefined ? {} : { body: `${sample.raw}${unique}` }),
    headers,
  };
  return [sample.path(slug), init];
}

/** A form would need its boundary: bytes as they are do everywhere. */
function plainTypeOf({ contentTypes }: { readonly contentTypes: readonly string[] }): string {
  return contentTypes.find((type) => type !== 'multipart/form-data') ?? '';
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

// One test for each route: everybody calls at once.
describe.each(names)('%s', (name) => {
  const route = routeOf(name);
  const open = route.role === 'none';

  test('opens to no bad token', async () => {
    const bad = [undefined, 'expired', 'revoked', 'made up', 'not a token'];
    await Promise.all(
      bad.map(async (caller) => {
        const response = await send(name, 'own-shop', caller);
        if (open) return await expectAnswer(name, response);
        expect(response.headers.get('www-authenticate')).toBe('Bearer');
        expect(await readProblem(response)).toMatchObject({ status: 401, slug: 'unauthenticated' });
      }),
    );
  });

  test('answers each role as its rule says, at own merchants and at others', async () => {
    const walks = roles.flatMap((role) => [
      walkWithToken(role, { all: true }),
      walkInSession(role),
      // Scope and role are asked one after the other: their ends show it.
      ...(['viewer', 'admin'].includes(role)
        ? [
            walkWithToken(role, { all: false }),
            ...(route.merchantScoped ? [crossMerchants(role)] : []),
          ]
        : []),
    ]);
    await Promise.all(walks);
  });

  async function walkWithToken(role: Role, { all }: { readonly all: boolean }): Promise<void> {
    const held = { role, rights: rightsOfTokenRole(role), token: true, all };
    await expectByRule(await send(name, 'own-shop', all ? role : `scoped ${role}`), held);
  }

  async function walkInSession(role: Role): Promise<void> {
    // Whoever logs out is somebody else, with a session of their own each time.
    const browser = route.sessionOnly ? await logInAs(`leaving-${role}`) : personOf(role);
    const held = { role, rights, all: false, token: false };
    await expectByRule(await browser.call(...requestOf(name, 'own-shop')), held);
    if (!route.merchantScoped) return;
    const second = await browser.call(...requestOf(name, 'second-shop'));
    await expectByRule(second, { ...held, role: 'viewer', rights: [] });
  }

  /** A merchant of someone else and one that is not there: nobody can tell them apart. */
  async function crossMerchants(role: Role): Promise<void> {
    const answers = [
      await send(name, 'foreign-shop', `scoped ${role}`),
      await personOf(role).call(...requestOf(name, 'foreign-shop')),
      await send(name, 'absent-shop', role),
    ];
    const problems = await Promise.all(answers.map(readProblem));
    const expected = mayCall(route, role)
      ? { status: 404, slug: 'merchant-not-found' }
      : { status: 403, slug: 'role-too-low' };
    expect(problems[0]).toMatchObject(expected);
    expect(problems).toEqual([problems[0], problems[0], problems[0]]);
  }

  if (!open && route.method !== 'get') {
    test('does nothing for a page of another site', async () => {
      const [path, init] = requestOf(name, 'own-shop');
      // Of a session of somebody else: well made, and not theirs.
      const forged = { 'X-CSRF-Token': personOf('viewer').csrfToken ?? '' };
      const headers = {
        ...(init.headers as object),
        ...forged,
        Origin: 'https://elsewhere.example',
      };
      const response = await personOf('admin').call(path, { ...init, headers });
      const slug = route.foreignPages === undefined ? 'csrf-token-missing' : 'origin-refused';
      expect(await readProblem(response)).toMatchObject({ status: 403, slug });
    });
  }

  if (route.right !== undefined) {
    test('takes its right, of an admin too', async () => {
      const response = await personOf('admin without rights').call(...requestOf(name, 'own-shop'));
      expect(await readProblem(response)).toMatchObject({
        ...{ status: 403, slug: 'right-missing' },
        errors: [{ path: 'right', message: route.right }],
      });
    });
  }

  /** What the contract says to this caller: a problem of theirs, or the answer of the sample. */
  async function expectByRule(response: Response, held: Held): Promise<void> {
    const refusal = refusalBy(route, held);
    if (refusal === undefined) await expectAnswer(name, response);
    else expect(await readProblem(response)).toMatchObject({ status: 403, slug: refusal });
  }
});

interface Held {
  readonly role: Role;
  readonly rights: readonly string[];
  readonly all: boolean;
  readonly token: boolean;
}

function refusalBy(route: RouteContract, held: Held): ProblemSlug | undefined {
  if (route.sessionOnly && held.token) return 'session-needed';
  const isLow = !mayCall(route, held.role) || (route.allMerchantsOnly === true && !held.all);
  if (isLow) return 'role-too-low';
  const lacks = route.right !== undefined && !held.rights.includes(route.right);
  return lacks ? 'right-missing' : undefined;
}

function personOf(who: Role | 'admin without rights'): BrowserSession {
  const browser = people.get(who);
  if (browser === undefined) throw new Error(`nobody is logged in as ${who}`);
  return browser;
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
