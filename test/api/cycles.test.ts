import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AT } from '../db/money-record.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

let api: RunningApi;
let token: string;

beforeAll(async () => {
  api = await startApi();
  token = await api.addToken('viewer');
  const merchantId = await api.addMerchant('three-months');
  const cycles = [
    ['2026-09', 'closed', false],
    ['2026-10', 'working_ng', true],
    ['2026-11', 'capturing', false],
    ['2026-12', 'collecting', true],
  ] as const;
  for (const [month, stage, attention] of cycles) {
    await api.db
      .insertInto('cycles')
      .values({
        merchant_id: merchantId,
        billing_month: month,
        stage,
        attention,
        started_at: AT,
        started_by: 'test',
        scope: 'all',
        closed_at: stage === 'closed' ? AT : null,
      })
      .execute();
  }
});
afterAll(() => api.close());

const get = (query: string) => api.call(`/v1/merchants/three-months/cycles${query}`, { token });

test.each([
  ['', ['2026-12', '2026-11', '2026-10', '2026-09'], null],
  ['?open=true', ['2026-12', '2026-11', '2026-10'], null],
  ['?open=false', ['2026-09'], null],
  ['?attention=true', ['2026-12', '2026-10'], null],
  ['?open=true&attention=false', ['2026-11'], null],
  ['?limit=3', ['2026-12', '2026-11', '2026-10'], '2026-10'],
  ['?limit=3&after=2026-10', ['2026-09'], null],
])('months of %j', async (query, months, nextAfter) => {
  const body = (await (await get(query)).json()) as { cycles: { month: string }[] };
  expect(body.cycles.map(({ month }) => month)).toEqual(months);
  expect(body).toMatchObject({ nextAfter });
});

test.each(['?open=perhaps', '?after=2026-13', '?stage=closed'])('%s is refused', async (query) => {
  expect(await readProblem(await get(query))).toMatchObject({ status: 422 });
});

test('a month whose counts are kept says when it was counted', async () => {
  await sql`
    with f as (
      insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
      select id, repeat('a', 64), 'orders.csv', 'order-export', 'inbound', 0, 0, ${AT}, 'test'
        from merchants where slug = 'three-months' returning id, merchant_id)
    insert into order_collections (merchant_id, cycle_id, n, file_id, settings_version, encoding,
      records, quarantined, collected_at, complete, added, changed, unchanged, gone)
    select f.merchant_id, c.id, 1, f.id, 1, 'utf-8', 100000, 0, ${AT}, true, 100000, 0, 0, 0
      from f join cycles c on c.merchant_id = f.merchant_id and c.billing_month = '2026-11'`.execute(
    api.db,
  );
  const countedAt = async (month: string) =>
    ((await (await get(`/${month}`)).json()) as { countedAt: string | null }).countedAt;
  expect(await countedAt('2026-10')).toBeNull();
  expect(await countedAt('2026-11')).toMatch(/^20\d\d-/);
});
