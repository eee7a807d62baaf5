import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { listExchanges } from '../../db/queries/exchanges.ts';
import { startCycle } from '../../sandbox/operator.ts';
import { createRandom, hashWords } from '../../sandbox/shop/random.ts';
import {
  cycleWorkflowId,
  exchangeWorkflowId,
  ngDeskWorkflowId,
} from '../../workflows/workflow-ids.ts';
import type { Month } from '../workflows/month.ts';
import { orderFault } from '../workflows/month-acts.ts';
import type { Line } from './line.ts';
import { billedMonth, pause } from './story.ts';
import type { Caught } from './traps.ts';
import type { WorkerChild } from './worker-child.ts';

/** What can go wrong around a month, and how it is made to. */

/** Faults of the machines that are ours; every month can meet them at every step. */
export const processFaults = [
  /** SIGKILL, then a new worker process. */
  'worker killed',
  /** Postgres ends every connection of the worker. */
  'connections cut',
  /** Nobody reaches Postgres until several attempts have failed. */
  'postgres away',
  /** Every workflow is gone; the month is started again from its rows. */
  'temporal state lost',
  /** Nobody reaches Temporal until several attempts have failed. */
  'temporal away',
  /** A worker is silent until another has taken over what it does; then both are at it. */
  'two workers racing',
] as const;

/** The mail server is away for whoever comes next. */
export const mailFaults = ['smtp away'] as const;

/** Faults of the way to Paygent, which strike the next file that travels. */
export const sftpFaults = [
  /** After a seeded number of bytes. */
  'sftp upload cut',
  'sftp cut before the rename',
  'sftp cut after the rename',
  'sftp download cut',
] as const;

export const httpFaults = [
  'http cut before it is taken',
  'http cut before the answer',
  'http cut in the answer',
  /** Taken and never answered: the line is cut by our own time limit. */
  'http never answered',
  'http cut in the result',
] as const;

export type Fault =
  | (typeof processFaults)[number]
  | (typeof mailFaults)[number]
  | (typeof sftpFaults)[number]
  | (typeof httpFaults)[number];

/** Where faults are inflicted. */
export interface Battlefield {
  readonly month: Month;
  readonly seed: number;
  readonly database: Line;
  readonly temporal: Line;
  readonly smtp: Line;
  /** Those that work; more than one after a race. */
  workers: WorkerChild[];
  /** Brings the next worker to work. */
  putToWork(): Promise<void>;
  /** Ends with the month. */
  readonly ended: AbortSignal;
}

/** Lets a fault happen to the writer that stands still at a step, and lets it go. */
export async function inflict(field: Battlefield, caught: Caught, fault: Fault): Promise<void> {
  switch (fault) {
    case 'worker killed':
      await Promise.all(field.workers.splice(0).map((worker) => worker.kill()));
      await caught.release();
      return await field.putToWork();
    case 'connections cut':
      // As the worker's own role: the owner may not.
      await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'tsukigime-worker'`.execute(
        field.month.db,
      );
      return await caught.release();
    case 'postgres away':
    case 'temporal away': {
      const line = fault === 'postgres away' ? field.database : field.temporal;
      const away = line.cutUntilMissed(5);
      await caught.release();
      return await away;
    }
    case 'temporal state lost':
      await loseTemporalState(field.month);
      // The old activity is still at it when the new workflow begins: neither may know of the other.
      await startCycle(field.month.day.desk, billedMonth);
      return await caught.release();
    case 'two workers racing':
      return await raceWorkers(field, caught);
    case 'smtp away':
      field.smtp.refuseNext(2);
      return await caught.release();
    default:
      await spoilNextFile(field, caught, fault);
      return await caught.release();
  }
}

/** Longer than every time limit after which another worker is asked, a sticky queue's 10 s included. */
const TAKE_OVER_MS = 25_000;

async function raceWorkers(field: Battlefield, caught: Caught): Promise<void> {
  const silent = [...field.workers];
  const before = await attemptsUnderWay(field.month);
  for (const worker of silent) worker.freeze();
  await field.putToWork();
  const deadline = performance.now() + TAKE_OVER_MS;
  for (;;) {
    const now = await attemptsUnderWay(field.month);
    const takenOver = [...now].some(
      ([id, { attempt }]) => attempt > 1 && before.get(id)?.attempt !== attempt,
    );
    // What is tried once is taken over by nobody: it is given up.
    const givenUp = [...before].every(([id, { once }]) => once && !now.has(id));
    if (takenOver || (before.size > 0 && givenUp) || performance.now() > deadline) break;
    await pause();
  }
  await caught.release();
  for (const worker of silent) worker.thaw();
}

interface Attempt {
  readonly attempt: number;
  /** There will be no other. */
  readonly once: boolean;
}

/** The attempt of each activity of the month that is being worked at. */
async function attemptsUnderWay(month: Month): Promise<Map<string, Attempt>> {
  const attempts = new Map<string, Attempt>();
  const { merchant } = month.day.desk;
  const ids = [...(await listWorkflowIds(month)), ngDeskWorkflowId(merchant)];
  for (const id of ids) {
    const handle = month.client.workflow.getHandle(id);
    // Not begun yet.
    const described = await handle.describe().catch(() => undefined);
    for (const activity of described?.raw.pendingActivities ?? []) {
      if (activity.state !== STARTED) continue;
      attempts.set(`${id} ${activity.activityId}`, {
        attempt: activity.attempt ?? 0,
        once: activity.maximumAttempts === 1,
      });
    }
  }
  return attempts;
}

/** PENDING_ACTIVITY_STATE_STARTED of Temporal's API. */
const STARTED = 2;

async function spoilNextFile(
  { month, seed, ended }: Battlefield,
  { step }: Caught,
  fault: (typeof sftpFaults)[number] | (typeof httpFaults)[number],
): Promise<void> {
  const { faults, cuts } = month.sftp;
  /** The switch would cut for ever. */
  const mend = async (what: 'cutUploadAfterBytes' | 'cutDownloadAfterBytes') => {
    while (month.sftp.cuts === cuts && !ended.aborted) await sleep(5);
    faults[what] = null;
  };
  // Below the size of the smallest file.
  const bytes = createRandom(hashWords(seed, step.name, fault)).int(200);
  switch (fault) {
    case 'sftp upload cut':
      faults.cutUploadAfterBytes = bytes + 1;
      void mend('cutUploadAfterBytes');
      return;
    case 'sftp download cut':
      faults.cutDownloadAfterBytes = bytes + 1;
      void mend('cutDownloadAfterBytes');
      return;
    case 'sftp cut before the rename':
      faults.cutBeforeRename = true;
      return;
    case 'sftp cut after the rename':
      faults.cutAfterRename = true;
      return;
    default:
      for (const kind of ['オーソリ', '売上'] as const) {
        await orderFault(month, kind, { kind: orderedFaults[fault] });
      }
  }
}

const orderedFaults: Record<(typeof httpFaults)[number], string> = {
  'http cut before it is taken': 'cut_before_acceptance',
  'http cut before the answer': 'cut_after_acceptance',
  'http cut in the answer': 'answer_cut',
  'http never answered': 'answer_never',
  'http cut in the result': 'result_cut',
};

async function listWorkflowIds(month: Month): Promise<string[]> {
  const { merchant } = month.day.desk;
  const rows = await listExchanges(month.db, month.merchantId, billedMonth);
  return [
    cycleWorkflowId(merchant, billedMonth),
    ...rows.map((row) => exchangeWorkflowId(merchant, row.billingMonth, row.kind, row.number)),
  ];
}

/** Ends every workflow of the month without asking it. */
export async function loseTemporalState(month: Month): Promise<void> {
  for (const id of await listWorkflowIds(month)) {
    await month.client.workflow
      .getHandle(id)
      .terminate('state lost (test)')
      // Ended by itself, or not begun.
      .catch(() => {});
  }
}
