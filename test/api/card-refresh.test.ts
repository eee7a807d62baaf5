import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_BANNER_BYTES } from '../../billing/epos-banner.ts';
import { insertCards, refuseCards } from '../db/locked-cards.ts';
import { AT, type MoneyRecord } from '../db/money-record.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

let api: RunningApi;
let admin: string;
let operator: string;

beforeAll(async () => {
  api = await startApi();
  admin = await api.addToken('admin');
  operator = await api.addToken('operator');
  await api.addMerchant('refresh-shop');
});
afterAll(() => api.close());

const at = (path: string) => `/v1/merchants/refresh-shop${path}`;
const read = async (path: string) => await (await api.call(at(path), { token: operator })).json();

describe('the banner of エポス連携', () => {
  const png = Buffer.from('89504e470d0a1a0a0000000049454e44ae426082', 'hex');
  const send = (body: Buffer) =>
    fetch(`${api.url}${at('/epos-banner')}`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/octet-stream' },
      body: new Uint8Array(body),
    });

  test('is given back as it came, and the default comes back when asked for', async () => {
    expect(await read('/epos-banner')).toMatchObject({ isDefault: true, setAt: null });
    expect((await send(png)).status).toBe(200);
    expect(await read('/epos-banner')).toMatchObject({
      ...{ isDefault: false, contentType: 'image/png', bytes: png.byteLength },
      dataUrl: `data:image/png;base64,${png.toString('base64')}`,
    });
    const reset = await api.call(at('/epos-banner'), { method: 'DELETE', token: admin });
    expect(await reset.json()).toMatchObject({ isDefault: true, dataUrl: null });
  });

  test('is a picture and no large one, or nothing changes', async () => {
    expect((await send(Buffer.from('<svg/>'))).status).toBe(422);
    expect((await send(Buffer.alloc(MAX_BANNER_BYTES + 1))).status).toBe(413);
    expect(await read('/epos-banner')).toMatchObject({ isDefault: true });
  });
});

test('a connection that is not set up says what is missing', async () => {
  const json = { month: null };
  const path = at('/card-refresh-connection/test');
  const tested = await api.call(path, { method: 'POST', token: operator, json });
  const found = (await tested.json()) as { works: boolean; problem: string; detail: string };
  expect(found).toMatchObject({ works: false, problem: 'settings' });
  expect(found.detail).toContain('ショップID');
});

test('only this month and the next can be started', async () => {
  for (const month of ['2026-09', '2027-06']) {
    const json = { month };
    const started = await api.call(at('/card-refreshes'), {
      ...{ method: 'POST', token: operator, json },
    });
    const { status, detail } = await readProblem(started);
    expect([status, detail]).toEqual([409, expect.stringContaining('当月の26日まで')]);
  }
  expect(await read('/card-refreshes')).toEqual({ refreshes: [], nextBefore: null });
});

test('settings that have locked cards billed want their count, which the refusal names', async () => {
  const merchantId = await api.addMerchant('locked-shop');
  const { rows } = await sql<{ id: number }>`
    insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
    values (${merchantId}, ${'a'.repeat(64)}, 'f', 'refresh-result', 'inbound', 0, 0, ${AT}, 'test')
    returning id`.execute(api.db);
  const record = { merchantId, fileId: rows[0]?.id } as MoneyRecord;
  const cards = await insertCards(api.db, record, ['a', 'b']);
  await refuseCards(api.db, record, [...cards.values()]);
  const save = (confirmed: object) =>
    api.call('/v1/merchants/locked-shop/settings', {
      ...{ method: 'PUT', token: admin },
      json: {
        ...{ version: 1, reason: 'test', ...confirmed },
        settings: { cardLocks: { methodServices: { クレジットカード: [] } } },
      },
    });
  for (const confirmed of [{}, { confirmedLocks: 1 }]) {
    const { status, slug, detail } = await readProblem(await save(confirmed));
    expect([status, slug, detail]).toEqual([
      409,
      'locks-set-free',
      expect.stringContaining('2 件'),
    ]);
  }
  expect((await save({ confirmedLocks: 2 })).status).toBe(200);
});
