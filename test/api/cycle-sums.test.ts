import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CallAnswer } from '../../api/client/call.ts';
import type { Contract } from '../../api/contract.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { insertCollectedMonth } from '../db/collected-month.ts';
import { holdSums, insertLargeMonth } from '../db/large-month.ts';
import { type RunningApi, startApi } from './running-api.ts';

/** Whether a large month adds up: told once it is known, never guessed before. */
type Cycle = CallAnswer<Contract['readCycle']>;

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

async function ask({ slug }: { readonly slug: string }, query: string): Promise<Cycle> {
  const path = `/v1/merchants/${slug}/cycles/2026-11${query}`;
  const answer = await api.call(path, { token });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Cycle;
}

test('a large month is told at once, and that nobody knows yet whether it adds up', async () => {
  const month = await insertLargeMonth(owner, [100, 200]);
  const sums = await holdSums(api.ownerUrl);
  const first = await ask(month, '?sums=false');
  expect(first).toMatchObject({ charges: { planned: { rows: 2, yen: 300 } }, conservation: null });
  expect(first.pending).toContain('まだ集計していません');
  expect(first.countedAt).not.toBeNull();

  let answered = false;
  const whole = ask(month, '').finally(() => {
    answered = true;
  });
  expect((await ask(month, '?sums=false')).conservation).toBeNull();
  // Whoever asks for all of it is told nothing less.
  expect(answered).toBe(false);
  await sums.release();
  const broken = ['取込件数と判定件数(100000 / 2)'];
  const told = { pending: null, conservation: { rows: false, yen: true, broken } };
  expect(await whole).toMatchObject(told);
  // It is kept: from now on nobody waits.
  const again = await holdSums(api.ownerUrl);
  expect(await ask(month, '?sums=false')).toMatchObject(told);
  await again.release();
});

test('a small month is added up for whoever asks', async () => {
  const month = await insertCollectedMonth(owner, [100, 200]);
  const told = { pending: null, conservation: { rows: true, yen: true, broken: [] } };
  for (const query of ['', '?sums=false']) expect(await ask(month, query)).toMatchObject(told);
});
