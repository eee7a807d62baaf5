import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiProblem } from '../../api/client/api-problem.ts';
import { addressOf, createClient } from '../../api/client/client.ts';
import { contractRoutes } from '../../api/client/contract-routes.ts';
import { type RunningApi, startApi } from './running-api.ts';

let api: RunningApi;
let token: string;
beforeAll(async () => {
  api = await startApi();
  await api.addMerchant('my-shop');
  token = await api.addToken('admin');
});
afterAll(() => api.close());

const clientOf = (baseUrl: string, headers: Record<string, string> = {}) =>
  createClient({
    routes: contractRoutes,
    baseUrl,
    fetch: globalThis.fetch,
    headers: () => headers,
    pauseMs: 1,
  });
const refused = async (call: Promise<unknown>): Promise<ApiProblem> => {
  const error = await call.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiProblem);
  return error as ApiProblem;
};

describe('the client', () => {
  const client = () => clientOf(api.url, { authorization: `Bearer ${token}` });

  test('calls routes by name, with parameters and query', async () => {
    const { merchants } = await client().call('listMerchants', {});
    expect(merchants.map(({ merchant }) => merchant)).toEqual(['my-shop']);
    const params = { merchant: 'my-shop' };
    const { cycles } = await client().call('listCycles', { params, query: { open: true } });
    expect(cycles).toEqual([]);
  });

  test('throws what the API refuses, in its own words', async () => {
    const params = { merchant: 'my-shop', month: '2026-11' };
    expect(await refused(client().call('readCycle', { params }))).toMatchObject({
      status: 404,
      slug: 'cycle-not-found',
      passes: false,
    });
    expect(await refused(clientOf(api.url).call('listMerchants', {}))).toMatchObject({
      status: 401,
    });
  });

  test('names a file as the API names it', async () => {
    const query = { withinDays: 14 };
    const file = await client().download('downloadDeadlines', {
      params: { merchant: 'my-shop' },
      query,
    });
    expect(file.name).toMatch(/\.csv$/);
    expect(file.content.size).toBeGreaterThan(0);
  });

  test('says so when nobody answers: the same key makes it safe to repeat', async () => {
    expect(await refused(clientOf('http://127.0.0.1:1').call('listMerchants', {}))).toMatchObject({
      slug: 'no-answer',
      passes: true,
    });
  });
});

describe('an act that a workflow is still at', () => {
  const keys: (string | undefined)[] = [];
  let server: Server;
  beforeAll(async () => {
    server = createServer((request, response) => {
      keys.push(request.headers['idempotency-key'] as string | undefined);
      const done = keys.length === 3;
      response.writeHead(done ? 200 : 202, { 'content-type': 'application/json' });
      response.end(JSON.stringify(done ? { files: 1 } : { accepted: true }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => server.close());

  test('is asked for again with its key until it is done', async () => {
    const { port } = server.address() as AddressInfo;
    const params = { merchant: 'my-shop', month: '2026-11' };
    const body = { kind: 'auth' as const, reason: '直した' };
    const client = clientOf(`http://127.0.0.1:${port}`);
    expect(await client.call('rebuildFiles', { params, body }, { key: 'one-intention' })).toEqual({
      files: 1,
    });
    expect(keys).toEqual(['one-intention', 'one-intention', 'one-intention']);
  });
});

test('a parameter that would lead elsewhere is no part of an address', () => {
  const route = { path: '/v1/merchants/:merchant/orders' };
  for (const merchant of ['..', '.', '']) {
    expect(() => addressOf(route, { params: { merchant } }), merchant).toThrow(RangeError);
  }
  expect(addressOf(route, { params: { merchant: '../x' } })).toContain('/..%2Fx/');
});

test('an address holds no more than was given, encoded', () => {
  const route = { path: '/v1/merchants/:merchant/orders' };
  const query = { name: '月 極', method: ['a', 'b'], none: undefined, empty: '', page: 0 };
  expect(addressOf(route, { params: { merchant: 'a/b' }, query })).toBe(
    '/v1/merchants/a%2Fb/orders?name=%E6%9C%88+%E6%A5%B5&method=a&method=b&page=0',
  );
});
