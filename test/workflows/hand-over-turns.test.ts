import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import { startCycle } from '../../sandbox/operator.ts';
import { loseTemporalState } from '../campaign/disturbed-month.ts';
import { onlyStage, stagesOf } from './hand-over-acts.ts';
import { type Month, openMonth } from './month.ts';
import {
  ask,
  countAtPsp,
  exchangePath,
  fetchResult,
  giveResult,
  makeExport,
  numbered,
  post,
  untilCycle,
  untilExchange,
} from './month-acts.ts';

/** Files are opened to the operator a few at a time, in the order they were built. */
let month: Month;
beforeAll(async () => {
  month = await openMonth({ settings: { paygent: { maxRecordsPerFile: 2, exchangesAtOnce: 2 } } });
});
afterAll(() => month.close());

const untilOpen = (billingMonth: string, names: readonly string[]) =>
  vi.waitFor(
    async () =>
      expect(onlyStage(await stagesOf(month, billingMonth), 'handing_over')).toEqual(names),
    { timeout: 30_000, interval: 100 },
  );

test('of a month, two files are open at a time; the next comes with the first result', async () => {
  await month.begin('2026-01', makeExport(numbered('01', 10)));
  await untilOpen('2026-01', ['auth-1', 'auth-2']);
  const third = await untilExchange(month, '2026-01', 'auth-3', 'built');
  const { body } = await ask(month, 'GET', exchangePath(third));
  expect(body).toMatchObject({ handOver: { heldBackBy: 'month' } });
  expect(body.waitsFor).toContain('同時に扱うファイル数');
  // A file that is not open cannot be taken, and nothing is recorded of it.
  const early = await ask(month, 'GET', `${exchangePath(third)}/file`);
  expect([early.status, early.body.detail]).toEqual([409, expect.stringContaining('順番')]);
  const acceptance = { acceptanceNumber: '555', matched: true };
  const refused = await post(month, `${exchangePath(third)}/acceptance`, acceptance);
  expect(refused.status).toBe(409);

  const second = await untilExchange(month, '2026-01', 'auth-2');
  await giveResult(month, second, await fetchResult(month, second));
  await untilOpen('2026-01', ['auth-1', 'auth-3']);
});

test('an operator hands a file over before its turn, with a reason', async () => {
  const fifth = await untilExchange(month, '2026-01', 'auth-5', 'built');
  const early = await post(month, `${exchangePath(fifth)}/early-hand-over`, { reason: '至急' });
  expect(early.body).toMatchObject({ stage: 'handing_over' });
  expect((await ask(month, 'GET', `${exchangePath(fifth)}/file`)).status).toBe(200);
  const again = await post(month, `${exchangePath(fifth)}/early-hand-over`, { reason: '至急' });
  expect(again.status).toBe(409);
  expect(onlyStage(await stagesOf(month, '2026-01'), 'built')).toContain('auth-4');
});

test('after Temporal lost everything, files go on taking their turns to the end', async () => {
  await loseTemporalState(month);
  await startCycle(month.day.desk, '2026-01');
  await billMonth(month.day, '2026-01');
  const closed = await untilCycle(month, '2026-01', ({ stage }) => stage === 'closed');
  expect(closed.charges.captured?.rows).toBe(10);
  expect(await countAtPsp(month, '01')).toEqual({ authorizations: 10, captures: 10, twice: [] });
});
