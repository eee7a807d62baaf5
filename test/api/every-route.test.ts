import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contract, type RouteContract, type RouteName } from '../../api/contract.ts';
import { type Role, roleIncludes, roles } from '../../billing/role.ts';
import { routeSamples } from './route-samples.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

let api: RunningApi;
const tokens = new Map<string, string>();

beforeAll(async () => {
  api = await startApi();
  const own = await api.addMerchant('own-shop');
  await api.addMerchant('foreign-shop');
  const scoped = { all: false as const, merchantIds: [own] };
  for (const role of roles) {
    tokens.set(role, await api.addToken(role));
    tokens.set(`scoped ${role}`, await api.addToken(role, scoped));
  }
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

let unique = 0;

async function send(name: RouteName, slug: string, caller: string | undefined): Promise<Response> {
  const sample = routeSamples[name];
  const route = routeOf(name);
  unique += 1;
  const token = caller === undefined ? undefined : tokens.get(caller);
  return await api.call(sample.path(slug), {
    method: route.method.toUpperCase(),
    ...(token === undefined ? {} : { token }),
    ...(sample.json === undefined ? {} : { json: sample.json(String(unique)) }),
    ...(sample.raw === undefined ? {} : { body: `${sample.raw}${unique}` }),
    headers: {
      ...(sample.raw === undefined ? {} : { 'Content-Type': 'text/csv' }),
      ...(route.idempotencyKey === undefined ? {} : { 'Idempotency-Key': `walk-key-${unique}` }),
    },
  });
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

  test.each(roles)('called by a %s', async (role) => {
    const response = await send(name, 'own-shop', role);
    if (mayCall(route, role)) await expectAnswer(name, response);
    else expect(await readProblem(response)).toMatchObject({ status: 403, slug: 'role-too-low' });
  });

  test.each(roles)('called by a %s of one merchant', async (role) => {
    const response = await send(name, 'own-shop', `scoped ${role}`);
    const allowed = mayCall(route, role) && route.allMerchantsOnly !== true;
    if (allowed) await expectAnswer(name, response);
    else expect(await readProblem(response)).toMatchObject({ status: 403, slug: 'role-too-low' });
  });

  if (!route.merchantScoped) return;
  test.each(roles)(
    'called by a %s for a merchant of someone else, and one that is not there',
    async (role) => {
      const foreign = await send(name, 'foreign-shop', `scoped ${role}`);
      const absent = await send(name, 'absent-shop', role);
      if (!mayCall(route, role)) {
        expect([foreign.status, absent.status]).toEqual([403, 403]);
        return;
      }
      const answers = [await readProblem(foreign), await readProblem(absent)];
      expect(answers[0]).toMatchObject({ status: 404, slug: 'merchant-not-found' });
      // Nobody can tell the two apart.
      expect(answers[1]).toEqual(answers[0]);
    },
  );
});

function mayCall(route: RouteContract, role: Role): boolean {
  return route.role === 'none' || roleIncludes(role, route.role);
}

test('every route under /v1 needs a token, and a merchant in the path is always scoped', () => {
  for (const name of names) {
    const route = routeOf(name);
    if (route.path.startsWith('/v1/')) expect(route.role, name).not.toBe('none');
    expect(route.merchantScoped, name).toBe(route.path.includes('/:merchant'));
  }
});
