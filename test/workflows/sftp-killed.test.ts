import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import { setTraps, type Traps } from '../campaign/traps.ts';
import { prepareWorkerChild, type WorkerChild } from '../campaign/worker-child.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { advanceTo } from './hand-over-acts.ts';
import { type Month, openMonth } from './month.ts';
import { countAtPsp, makeExport, numbered, untilCycle, untilExchange } from './month-acts.ts';
import { minutesLater, useSftp } from './sftp-acts.ts';

/** Workers that die, or are thought dead, between a sending and its record. */
let month: Month;
let traps: Traps;
let minutes = 0;
const never = new AbortController().signal;
const timing = {
  shortTimeoutMs: 10_000,
  heartbeatTimeoutMs: 4_000,
  retryInitialIntervalMs: 100,
  retryMaxIntervalMs: 1_000,
};
const workers: WorkerChild[] = [];
beforeAll(async () => {
  month = await openMonth({
    workers: false,
    timing,
  });
  await useSftp(month);
  // The second month begins an hour later.
  traps = await setTraps(month.ownerDatabaseUrl, [
    { ...beforeTheAnswer, n: 1 },
    { ...beforeTheAnswer, n: 1, when: `new.recorded_at > '${minutesLater(59)}'` },
  ]);
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.kill();
});
afterAll(async () => {
  await traps.close();
  await month.close();
});

async function startWorker(): Promise<WorkerChild> {
  const worker = prepareWorkerChild({
    address: month.server.address,
    namespace: month.server.namespace,
    payloadKeys: inject('payloadKeys'),
    fileKeys: inject('fileKeys'),
    databaseUrl: month.appDatabaseUrl,
    taskQueue: month.taskQueue,
    bundlesDir,
    timing,
    logLevel: 'silent',
  });
  await worker.begin();
  workers.push(worker);
  return worker;
}

async function finish(billingMonth: string, prefix: string): Promise<void> {
  minutes += 60;
  await advanceTo(month, minutesLater(minutes));
  const cycle = await untilCycle(month, billingMonth, ({ stage }) => stage === 'closed');
  expect(cycle.conservation).toEqual({ rows: true, yen: true, broken: [] });
  expect(await countAtPsp(month, prefix)).toEqual({ authorizations: 3, captures: 3, twice: [] });
  const { rows } = await sql<{ sends: number }>`
    select count(*)::int as sends from sends s join exchanges e on e.id = s.exchange_id
     where e.billing_month = ${billingMonth}`.execute(month.db);
  expect(rows[0]?.sends).toBe(2);
}

/** After the last byte, before its answer is on record. */
const beforeTheAnswer = {
  name: 'answer of a sending',
  table: 'send_answers',
  on: 'insert',
  at: 'row',
} as const;

test('a worker killed between sending and record leaves the file unclear, and asking settles it', async () => {
  const first = await startWorker();
  await month.begin('2026-01', makeExport(numbered('01', 3)));
  const caught = await traps.next(never);
  await first.kill();
  await caught?.release();
  await startWorker();
  await untilExchange(month, '2026-01', 'auth-1', 'unknown');
  await finish('2026-01', '01');
});

test('a worker that is only thought dead: its answer counts, and nothing is sent again', async () => {
  await Promise.all([startWorker(), startWorker()]);
  await month.begin('2026-02', makeExport(numbered('02', 3)));
  const caught = await traps.next(never);
  // The answer waits in an open transaction until the other worker wants to call it unclear.
  await vi.waitFor(
    async () => {
      const waiting = await traps.client.query(
        `select from pg_locks where locktype = 'advisory' and not granted and classid <> 7701
            and database = (select oid from pg_database where datname = current_database())`,
      );
      expect(waiting.rowCount).toBeGreaterThan(0);
    },
    { timeout: 60_000, interval: 50 },
  );
  await caught?.release();
  await finish('2026-02', '02');
});
