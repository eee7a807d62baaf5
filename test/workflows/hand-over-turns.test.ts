import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import { startCycle } from '../../sandbox/operator.ts';
import { loseTemporalState } from '../campaign/faults.ts';
import { prepareWorkerChild } from '../campaign/worker-child.ts';
import { bundlesDir } from '../workers/test-workers.ts';
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
    { timeout: 60_000, interval: 100 },
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
  // Nor by its hash: what leaves has its intent on record.
  const byHash = await ask(month, 'GET', `/files/${third.sha256}`);
  expect([byHash.status, byHash.body.detail]).toEqual([409, expect.stringContaining('順番')]);
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

/** The most files that were in hand at the same moment: opened, and without a first result. */
async function countMostInHand(billingMonth: string): Promise<number> {
  const { rows } = await sql<{ most: number }>`
    with spans as (
      select s.intended_at as opened,
             coalesce((select min(r.ingested_at) from result_files r where r.exchange_id = e.id),
                      e.finished_at) as closed
        from exchanges e join sends s on s.exchange_id = e.id
       where e.billing_month = ${billingMonth})
    select max((select count(*) from spans o where o.opened <= s.opened
                   and (o.closed is null or o.closed > s.opened)))::int as most
      from spans s`.execute(month.db);
  return rows[0]?.most ?? 0;
}

test('with two workers no more files are in hand than the month allows', async () => {
  const second = prepareWorkerChild({
    address: month.server.address,
    namespace: month.server.namespace,
    payloadKeys: inject('payloadKeys'),
    fileKeys: inject('fileKeys'),
    databaseUrl: month.appDatabaseUrl,
    taskQueue: month.taskQueue,
    bundlesDir,
    timing: {},
    logLevel: 'silent',
  });
  await second.begin();
  try {
    await month.begin('2026-02', makeExport(numbered('02', 10)));
    // Two operators at once, so that turns come while others come.
    await untilExchange(month, '2026-02', 'auth-2');
    for (const pair of [
      [1, 2],
      [3, 4],
    ]) {
      await Promise.all(
        pair.map(async (number) => {
          const exchange = await untilExchange(month, '2026-02', `auth-${number}`);
          await giveResult(month, exchange, await fetchResult(month, exchange));
        }),
      );
    }
    await billMonth(month.day, '2026-02');
    const closed = await untilCycle(month, '2026-02', ({ stage }) => stage === 'closed');
    expect(closed.charges.captured?.rows).toBe(10);
  } finally {
    await second.kill();
  }
  expect(await countMostInHand('2026-02')).toBe(2);
  expect((await countAtPsp(month, '02')).twice).toEqual([]);
});
