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
