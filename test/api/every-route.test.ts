import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contract, type RouteContract, type RouteName } from '../../api/contract.ts';
import { type Role, roleIncludes, roles } from '../../billing/role.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

/** A good request for each route: one that is missing does not compile. */
interface Sample {
  readonly path: (slug: string) => string;
  readonly json?: (unique: string) => unknown;
  readonly raw?: string;
  /** What a caller with every right gets. */
  readonly status: number;
}

const unknownSha256 = 'a'.repeat(64);

const samples: Record<RouteName, Sample> = {
  readHealth: { path: () => '/healthz', status: 200 },
  readReadiness: { path: () => '/readyz', status: 200 },
  readOpenApi: { path: () => '/openapi.json', status: 200 },
  readMetrics: { path: () => '/metrics', status: 200 },
  listMerchants: { path: () => '/v1/merchants', status: 200 },
  createMerchant: {
    path: () => '/v1/merchants',
    json: (unique) => ({ merchant: `new-${unique}`, name: '新しい店', kind: 'sandbox' }),
    status: 201,
  },
  readMerchant: { path: (slug) => `/v1/merchants/${slug}`, status: 200 },
  readSettings: { path: (slug) => `/v1/merchants/${slug}/settings`, status: 200 },
  // Version 99 is not the newest: the walk changes nothing and every admin gets the same answer.
  saveSettings: {
    path: (slug) => `/v1/merchants/${slug}/settings`,
    json: () => ({ version: 99, settings: {}, reason: 'walk' }),
    status: 409,
  },
  readAudit: { path: (slug) => `/v1/merchants/${slug}/audit`, status: 200 },
  createToken: {
    path: () => '/v1/tokens',
    json: () => ({ actor: 'walker', role: 'viewer', merchants: ['own-shop'] }),
    status: 201,
  },
  listTokens: { path: () => '/v1/tokens', status: 200 },
  revokeToken: { path: () => '/v1/tokens/0123456789abcdef', status: 404 },
  uploadFile: {
    path: (slug) => `/v1/merchants/${slug}/files?name=a.csv&kind=order-export`,
    raw: 'a,b\r\n1,2\r\n',
    status: 201,
  },
  downloadFile: { path: (slug) => `/v1/merchants/${slug}/files/${unknownSha256}`, status: 404 },
};

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
  const sample = samples[name];
  unique += 1;
  const token = caller === undefined ? undefined : tokens.get(caller);
  return await api.call(sample.path(slug), {
    method: contract[name].method.toUpperCase(),
    ...(token === undefined ? {} : { token }),
    ...(sample.json === undefined ? {} : { json: sample.json(String(unique)) }),
    ...(sample.raw === undefined
      ? {}
      : { body: `${sample.raw}${unique}`, headers: { 'Content-Type': 'text/csv' } }),
  });
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
        expect(response.status).toBe(samples[name].status);
        return;
      }
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await readProblem(response)).toMatchObject({ status: 401, slug: 'unauthenticated' });
    },
  );

  test.each(roles)('called by a %s', async (role) => {
    const response = await send(name, 'own-shop', role);
    expect(response.status).toBe(mayCall(route, role) ? samples[name].status : 403);
    if (!mayCall(route, role)) expect((await readProblem(response)).slug).toBe('role-too-low');
  });

  test.each(roles)('called by a %s of one merchant', async (role) => {
    const response = await send(name, 'own-shop', `scoped ${role}`);
    const allowed = mayCall(route, role) && route.allMerchantsOnly !== true;
    expect(response.status).toBe(allowed ? samples[name].status : 403);
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
