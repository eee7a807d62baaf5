import { sql } from 'kysely';
import { inject } from 'vitest';
import { listExchanges as listExchangeRows } from '../../db/queries/exchanges.ts';
import {
  type CycleView,
  listCharges,
  listExchanges,
  listOrders,
  readCycle,
  startCycle,
} from '../../sandbox/operator.ts';
import { createRandom, hashWords } from '../../sandbox/shop/random.ts';
import type { WorkflowTiming } from '../../workflows/activity-options.ts';
import { cycleWorkflowId, exchangeWorkflowId } from '../../workflows/workflow-ids.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { type Month, openMonth } from '../workflows/month.ts';
import { type DatabaseLine, openDatabaseLine } from './database-line.ts';
import { billedMonth, type Story } from './story.ts';
import { type Caught, type Step, setTraps, type Traps } from './traps.ts';
import { prepareWorkerChild, type WorkerChild } from './worker-child.ts';

/**
 * A month under fire: the kill campaign in one function. Whatever happens to it at whichever step,
 * it must end as the month that nothing happened to, and the PSP must have seen each order once.
 */

export type Fault =
  /** SIGKILL, then a new worker process. */
  | 'worker killed'
  /** Postgres ends every connection of the worker. */
  | 'connections cut'
  /** Nobody reaches Postgres until several attempts have failed. */
  | 'postgres away'
  /** Every workflow is gone; the month is started again from its rows. */
  | 'temporal state lost';

export const faults = [
  'worker killed',
  'connections cut',
  'postgres away',
  'temporal state lost',
] as const satisfies readonly Fault[];

export interface Disturbance {
  /** One of the story's. */
  readonly step: string;
  readonly fault: Fault;
}

/**
 * Every fault at every step, in as many months as there are faults: each month meets every step once,
 * with the faults in turn.
 */
export function planCampaign(story: Story): Disturbance[][] {
  return faults.map((_, shift) =>
    Object.keys(story.steps).map((step, index) => ({
      step,
      fault: faults[(index + shift) % faults.length] ?? 'worker killed',
    })),
  );
}

/** What a month comes to, without what may differ between two runs (instants, 受付番号). */
export interface MonthResult {
  readonly stage: string;
  readonly selection: CycleView['selection'];
  readonly charges: CycleView['charges'];
  readonly conservation: CycleView['conservation'];
  readonly quarantined: readonly (number | string | null)[][];
  readonly authFiles: readonly (number | string)[][];
  /** Which captures share a file depends on when results come: what they come to does not. */
  readonly captureFiles: { readonly records: number; readonly amountYen: number };
  readonly captured: readonly string[];
  readonly ledger: object;
}

/** Dead activities must be found quickly; nothing here takes a second by itself. */
const timing: Partial<WorkflowTiming> = {
  shortTimeoutMs: 3_000,
  heartbeatTimeoutMs: 2_000,
  retryInitialIntervalMs: 100,
  retryMaxIntervalMs: 1_000,
};

/** Patience with a month on a busy machine: one that hangs must say where. */
export const patienceMs = (disturbances: readonly Disturbance[]) =>
  120_000 + 15_000 * disturbances.length;

/**
 * Lives through a story and lets the disturbances happen at their steps; the seed chooses the row of
 * each. Without any it is the undisturbed month.
 *
 * @throws when a step was never reached, or the month did not end
 */
export async function disturbMonth(
  seed: number,
  story: Story,
  disturbances: readonly Disturbance[] = [],
): Promise<MonthResult> {
  const line = await openDatabaseLine();
  const ended = new AbortController();
  const month = await openMonth({
    workers: false,
    timing,
    throughLine: line.through,
    settings: story.settings,
    outcomes: { declineShare: 0.05, seed: 'campaign' },
  });
  const faultOf = new Map(
    disturbances.map(({ step, fault }) => [placeStep(seed, story, step), fault] as const),
  );
  const traps = await setTraps(month.ownerDatabaseUrl, [...faultOf.keys()]);
  const battlefield: Battlefield = {
    month,
    line,
    traps,
    worker: prepareWorker(month),
    spares: disturbances.filter(({ fault }) => fault === 'worker killed').length,
    spare: undefined,
  };
  try {
    await putToWork(battlefield);
    const inflicting = inflictAll(battlefield, faultOf, ended.signal);
    const failed = inflicting.then(() => new Promise<never>(() => {}));
    const late = new Promise<never>((_, reject) => {
      const tooLate = () => reject(new Error('the month did not end'));
      AbortSignal.timeout(patienceMs(disturbances)).addEventListener('abort', tooLate, {
        once: true,
      });
    });
    await Promise.race([story.live(month), failed, late]);
    ended.abort();
    await inflicting;
    const unreached = await traps.findUnreached();
    if (unreached.length > 0) {
      throw new Error(`never reached: ${unreached.map(nameStep).join(', ')}`);
    }
    return await readResult(month);
  } catch (error) {
    const missed = [...traps.waiting].map(nameStep).join(', ');
    throw new Error(`seed ${seed}; not reached yet: ${missed || 'nothing'}`, { cause: error });
  } finally {
    ended.abort();
    await battlefield.worker.kill();
    await battlefield.spare?.kill();
    await traps.releaseAll();
    await traps.close();
    await month.close();
    await line.close();
  }
}

function placeStep(seed: number, story: Story, name: string): Step {
  const kind = story.steps[name];
  if (kind === undefined) throw new Error(`no step ${name}`);
  const { rows, first = 1, ...step } = kind;
  const random = createRandom(hashWords(seed, name));
  return { ...step, name, n: first + random.int(rows - first + 1) };
}

const nameStep = (step: Step) => `${step.name} (row ${step.n})`;

interface Battlefield {
  readonly month: Month;
  readonly line: DatabaseLine;
  readonly traps: Traps;
  worker: WorkerChild;
  /** The next worker, loaded already; how many more will be needed. */
  spare: WorkerChild | undefined;
  spares: number;
}

async function putToWork(field: Battlefield): Promise<void> {
  await field.worker.begin();
  field.spare = field.spares > 0 ? prepareWorker(field.month) : undefined;
  field.spares -= 1;
}

function prepareWorker(month: Month): WorkerChild {
  return prepareWorkerChild({
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
}

async function inflictAll(
  field: Battlefield,
  faultOf: ReadonlyMap<Step, Fault>,
  ended: AbortSignal,
): Promise<void> {
  for (;;) {
    const caught = await field.traps.next(ended);
    if (caught === undefined) return;
    await inflict(field, caught, faultOf.get(caught.step) ?? 'worker killed');
  }
}

async function inflict(field: Battlefield, caught: Caught, fault: Fault): Promise<void> {
  const { month, line } = field;
  switch (fault) {
    case 'worker killed':
      await field.worker.kill();
      await caught.release();
      field.worker = field.spare ?? prepareWorker(month);
      return await putToWork(field);
    case 'connections cut':
      // As the worker's own role: the owner may not.
      await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'tsukigime-worker'`.execute(
        month.db,
      );
      return await caught.release();
    case 'postgres away': {
      const away = line.cutUntilMissed(5);
      await caught.release();
      return await away;
    }
    case 'temporal state lost':
      await loseTemporalState(month);
      // The old activity is still at it when the new workflow begins: neither may know of the other.
      await startCycle(month.day.desk, billedMonth);
      return await caught.release();
  }
}

/** Ends every workflow of the month without asking it. */
export async function loseTemporalState(month: Month): Promise<void> {
  const { merchant } = month.day.desk;
  const rows = await listExchangeRows(month.db, month.merchantId, billedMonth);
  const ids = [
    cycleWorkflowId(merchant, billedMonth),
    ...rows.map((row) => exchangeWorkflowId(merchant, row.billingMonth, row.kind, row.number)),
  ];
  for (const id of ids) {
    await month.client.workflow
      .getHandle(id)
      .terminate('state lost (test)')
      // Ended by itself, or not begun.
      .catch(() => {});
  }
}

const sumFiles = (files: readonly { records: number; amountYen: number }[]) => ({
  records: files.reduce((sum, file) => sum + file.records, 0),
  amountYen: files.reduce((sum, file) => sum + file.amountYen, 0),
});

/** What a month has come to. */
export async function readResult(month: Month): Promise<MonthResult> {
  const { desk } = month.day;
  const cycle = await readCycle(desk, billedMonth);
  const exchanges = await listExchanges(desk, billedMonth);
  const orders = await listOrders(desk, billedMonth, { verdict: 'quarantined' });
  const captured = await listCharges(desk, billedMonth, { state: 'captured' });
  const ledger = await month.readLedger();
  return {
    stage: cycle.stage,
    selection: cycle.selection,
    charges: cycle.charges,
    conservation: cycle.conservation,
    quarantined: orders.map((order) => [order.record, order.column, order.reason]),
    authFiles: exchanges
      .filter((one) => one.kind === 'auth')
      .map((one) => [one.number, one.records, one.amountYen, one.sha256, one.stage]),
    captureFiles: sumFiles(exchanges.filter((one) => one.kind === 'capture')),
    captured: captured.map((charge) => charge.orderNumber),
    ledger: {
      ...ledger.totals,
      orders: ledger.orders
        .map((order) => `${order.orderNumber} ${order.authorizations} ${order.captures}`)
        .sort(),
    },
  };
}
