import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { merchantSettingsSchema } from '../../../billing/merchant-settings.ts';
import { createMerchant } from '../../../db/queries/merchants.ts';
import { type RunningApi, readProblem, startApi, startOfTime } from '../running-api.ts';
import { addCarrierMerchant, callParameters, postCall, writeForm } from './receiving-api.ts';

let api: RunningApi;
let admin: string;
let operator: string;
const shop = `shop-${randomBytes(4).toString('hex')}`;

beforeAll(async () => {
  api = await startApi();
  admin = await api.addToken('admin');
  operator = await api.addToken('operator');
  await addCarrierMerchant(api, shop);
});
afterAll(() => api.close());

const path = (rest: string) => `/v1/merchants/${shop}${rest}`;
const credentialsUrl = new URL('https://shop.example/');
credentialsUrl.username = 'someone';
const settings = { url: 'https://shop.example/results', secretName: 'signature', reason: 'test' };

async function create(endpoint: string, more: object = {}): Promise<Response> {
  return await api.call(path('/delivery-endpoints'), {
    method: 'POST',
    token: admin,
    json: { endpoint, ...settings, ...more },
  });
}

async function act(endpoint: string, what: string, token = operator): Promise<Response> {
  const at = path(`/delivery-endpoints/${endpoint}/${what}`);
  return await api.call(at, { method: 'POST', token, json: { reason: 'test' } });
}

const read = async (at: string, token = operator) =>
  (await (await api.call(path(at), { token })).json()) as Record<string, unknown>;

describe('an endpoint', () => {
  test('is made with the schedule of the house, and audited', async () => {
    const made = await create(`${shop}-a`);
    expect([made.status, await made.json()]).toEqual([
      201,
      {
        endpoint: `${shop}-a`,
        url: settings.url,
        secretName: 'signature',
        encoding: 'as_received',
        backOffSeconds: [10, 60, 300, 1800],
        timeoutMs: 10_000,
        concurrency: 8,
        circuitFailures: 10,
        circuitPauseSeconds: 60,
        state: 'active',
        version: 1,
        circuitOpenUntil: null,
        createdAt: startOfTime,
      },
    ]);
    const { entries } = (await read('/audit?limit=500')) as { entries: { act: string }[] };
    expect(entries.at(-1)).toMatchObject({ act: 'endpoint.created', subject: `${shop}-a` });
  });

  test('has a name that no other merchant has', async () => {
    const other = `other-${randomBytes(4).toString('hex')}`;
    await api.addMerchant(other);
    const taken = await api.call(`/v1/merchants/${other}/delivery-endpoints`, {
      method: 'POST',
      token: admin,
      json: { endpoint: `${shop}-a`, ...settings },
    });
    expect(await readProblem(taken)).toMatchObject({ status: 409, slug: 'endpoint-exists' });
    const foreign = await api.call(`/v1/merchants/${other}/delivery-endpoints/${shop}-a`, {
      token: admin,
    });
    expect(foreign.status).toBe(404);
  });

  test('is changed by one who saw its newest version', async () => {
    await create(`${shop}-b`);
    const change = async (version: number, more: object = {}) =>
      await api.call(path(`/delivery-endpoints/${shop}-b`), {
        method: 'PUT',
        token: admin,
        json: { version, ...settings, concurrency: 2, ...more },
      });
    expect(await (await change(1)).json()).toMatchObject({ version: 2, concurrency: 2 });
    expect(await readProblem(await change(1))).toMatchObject({ slug: 'endpoint-changed' });
    const credentials = await change(2, { url: credentialsUrl.href });
    expect(await readProblem(credentials)).toMatchObject({ slug: 'invalid-fields' });
  });

  test('of a real merchant is https', async () => {
    const slug = `real-${randomBytes(4).toString('hex')}`;
    await createMerchant(api.db, {
      slug,
      name: slug,
      kind: 'real',
      settings: merchantSettingsSchema.parse({}),
      actor: 'test',
      now: startOfTime,
    });
    const made = await api.call(`/v1/merchants/${slug}/delivery-endpoints`, {
      method: 'POST',
      token: admin,
      json: { endpoint: `${slug}-a`, ...settings, url: 'http://shop.example/' },
    });
    expect(await readProblem(made)).toMatchObject({
      slug: 'invalid-fields',
      errors: [{ path: 'body.url', message: 'is not https' }],
    });
  });

  test('is paused and resumed by operators, and retired for good by an admin', async () => {
    const slug = `${shop}-c`;
    await create(slug);
    expect(await (await act(slug, 'pause')).json()).toMatchObject({ state: 'paused' });
    const form = writeForm(callParameters({ ordd: 'while-paused' }));
    expect((await postCall(api, `/callbacks/zeus/${shop}`, form)).status).toBe(200);
    const list = (await read('/delivery-endpoints')) as { endpoints: { endpoint: string }[] };
    expect(list.endpoints.find(({ endpoint }) => endpoint === slug)).toMatchObject({
      state: 'paused',
      due: 1,
      failed: 0,
    });
    expect(await (await act(slug, 'resume')).json()).toMatchObject({ state: 'active' });
    expect((await act(slug, 'retire')).status).toBe(403);
    expect(await (await act(slug, 'retire', admin)).json()).toMatchObject({
      state: 'retired',
      settled: 1,
    });
    expect(await readProblem(await act(slug, 'resume'))).toMatchObject({
      slug: 'endpoint-changed',
    });
    const after = writeForm(callParameters({ ordd: 'after-retirement' }));
    expect((await postCall(api, `/callbacks/zeus/${shop}`, after)).status).toBe(200);
    const deliveries = await api.db
      .selectFrom('deliveries as d')
      .innerJoin('delivery_endpoints as e', 'e.id', 'd.endpoint_id')
      .where('e.slug', '=', slug)
      .select('d.state')
      .execute();
    expect(deliveries).toEqual([{ state: 'settled' }]);
  });
});

describe('results', () => {
  test('are listed by their latest version, page by page, and read with all of them', async () => {
    const slug = `page-${randomBytes(4).toString('hex')}`;
    await addCarrierMerchant(api, slug);
    const send = async (ordd: string, result: string) => {
      const form = writeForm(callParameters({ ordd, result }));
      await postCall(api, `/callbacks/zeus/${slug}`, form);
    };
    for (const ordd of ['1', '2', '3']) await send(ordd, 'OK');
    await send('2', 'CANCEL');
    await send('2', 'CANCEL');
    const list = async (query: string) => {
      const answer = await api.call(`/v1/merchants/${slug}/carrier-results?${query}`, {
        token: operator,
      });
      const page = (await answer.json()) as {
        results: { id: string; orderNumber: string; version: number; calls: number }[];
        nextBefore: string | null;
      };
      const shown = page.results.map((row) => [row.orderNumber, row.version, row.calls]);
      return { ...page, shown };
    };
    const first = await list('limit=2');
    expect(first.shown).toEqual([
      ['2', 2, 2],
      ['3', 1, 1],
    ]);
    const rest = await list(`limit=2&before=${first.nextBefore}`);
    expect([rest.shown, rest.nextBefore]).toEqual([[['1', 1, 1]], null]);
    expect((await list('orderNumber=2')).shown).toEqual([
      ['2', 2, 2],
      ['2', 1, 1],
    ]);
    const one = await api.call(`/v1/merchants/${slug}/carrier-results/${first.results[0]?.id}`, {
      token: operator,
    });
    expect(await one.json()).toMatchObject({
      versions: [
        { version: 1, result: 'OK', latest: false },
        { version: 2, result: 'CANCEL', latest: true },
      ],
      deliveries: [],
    });
  });

  test('of another merchant are not there', async () => {
    const { results } = (await read('/carrier-results')) as { results: { id: string }[] };
    const other = `other-${randomBytes(4).toString('hex')}`;
    await api.addMerchant(other);
    const foreign = await api.call(`/v1/merchants/${other}/carrier-results/${results[0]?.id}`, {
      token: operator,
    });
    expect(await readProblem(foreign)).toMatchObject({ slug: 'carrier-result-not-found' });
  });

  test('and what was none are seen as they came', async () => {
    const form = writeForm({ ...callParameters(), ordd: '' });
    await postCall(api, `/callbacks/zeus/${shop}`, form);
    const { calls } = (await read('/carrier-calls?unusable=true')) as { calls: object[] };
    expect(calls[0]).toMatchObject({
      method: 'POST',
      sourceAddress: '127.0.0.1',
      verdict: 'unusable',
      result: null,
      query: '',
      body: form,
      findings: [{ field: 'orderNumber', parameter: 'ordd', code: 'missing' }],
    });
  });

  test('are not for viewers: they name customers', async () => {
    const viewer = await api.addToken('viewer');
    for (const at of ['/carrier-results', '/carrier-calls']) {
      expect((await api.call(path(at), { token: viewer })).status).toBe(403);
    }
  });
});
