import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CallAnswer } from '../../api/client/call.ts';
import type { Contract } from '../../api/contract.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { insertCollectedMonth } from '../db/collected-month.ts';
import { holdSums, insertLargeMonth } from '../db/large-month.ts';
import type { MoneyRecord } from '../db/money-record.ts';
import { type RunningApi, startApi } from './running-api.ts';

type OpenRows = CallAnswer<Contract['listOpenRows']>;

let api: RunningApi;
let owner: Db;
let token: string;
beforeAll(async () => {
  api = await startApi();
  owner = openDatabase(api.ownerUrl, { maxConnections: 2 });
  token = await api.addToken('viewer');
});
afterAll(async () => {
  await owner.destroy();
  await api.close();
});

async function ask({ slug }: Pick<MoneyRecord, 'slug'>, query: string): Promise<OpenRows> {
  const path = `/v1/merchants/${slug}/cycles/2026-11/open-rows`;
  const answer = await api.call(`${path}${query}`, { token });
  expect(answer.status).toBe(200);
  return (await answer.json()) as OpenRows;
}
const reasonsOf = ({ reasons }: OpenRows) => reasons?.map(({ reason, rows }) => [reason, rows]);
const ordersOf = ({ rows }: OpenRows) => rows.map(({ orderNumber }) => orderNumber);

test('of a large month what people move on is told at once, and that its sums follow', async () => {
  const month = await insertLargeMonth(owner, [100, 200]);
  const sums = await holdSums(api.ownerUrl);
  const first = await ask(month, '?sums=false');
  expect(reasonsOf(first)).toEqual([['planned', 2]]);
  expect(first.pending).toContain('まだ集計していません');
  expect(ordersOf(first)).toEqual(['order-1', 'order-2']);

  let answers = 0;
  const whole = [
    ask(month, ''),
    ask(month, '?limit=0'),
    ask(month, '?reason=unjudged&totals=false'),
  ];
  for (const one of whole) one.then(() => (answers += 1)).catch(() => {});
  expect((await ask(month, '?sums=false')).pending).not.toBeNull();
  // Whoever asks for all of it, or for the rows that break a sum, is told nothing less.
  expect(answers).toBe(0);
  await sums.release();
  const [all, reasons, unjudged] = await Promise.all(whole);
  const found = [
    ['unjudged', 1],
    ['planned', 2],
  ];
  expect([all && reasonsOf(all), all?.pending]).toEqual([found, null]);
  expect(all && ordersOf(all)).toEqual([month.orderNumber, 'order-1', 'order-2']);
  expect(reasons).toMatchObject({ pending: null, rows: [], nextAfter: null });
  expect(reasons && reasonsOf(reasons)).toEqual(found);
  expect(unjudged).toMatchObject({ reasons: null, pending: null });
  expect(unjudged && ordersOf(unjudged)).toEqual([month.orderNumber]);
  // They are kept: from now on nobody waits.
  const again = await holdSums(api.ownerUrl);
  const known = await ask(month, '?limit=0&sums=false');
  expect([reasonsOf(known), known.pending]).toEqual([found, null]);
  await again.release();
});

test('a month of which nothing is known to be open is not said to be clear before it was added up', async () => {
  const month = await insertLargeMonth(owner, []);
  const sums = await holdSums(api.ownerUrl);
  const first = await ask(month, '?sums=false');
  expect(first).toMatchObject({ reasons: [], rows: [], pending: expect.stringContaining('集計') });
  await sums.release();
  expect(reasonsOf(await ask(month, ''))).toEqual([['unjudged', 1]]);
});

test('the rows of a reason come without its counts, page by page', async () => {
  const month = await insertLargeMonth(owner, [100, 200, 300]);
  const sums = await holdSums(api.ownerUrl);
  const page = await ask(month, '?totals=false&reason=planned&limit=2');
  expect(page).toMatchObject({ reasons: null, nextAfter: 'planned/order-2' });
  const next = await ask(month, '?totals=false&reason=planned&limit=2&after=planned%2Forder-2');
  expect([ordersOf(page), ordersOf(next), next.nextAfter]).toEqual([
    ['order-1', 'order-2'],
    ['order-3'],
    null,
  ]);
  await sums.release();
});

test('a small month is counted whole by whoever asks', async () => {
  const month = await insertCollectedMonth(owner, [100, 200]);
  for (const query of ['', '?sums=false', '?limit=0']) {
    const answer = await ask(month, query);
    expect([reasonsOf(answer), answer.pending]).toEqual([[['planned', 2]], null]);
  }
});
