import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import {
  type CycleView,
  listCharges,
  listExchanges,
  listOrders,
  readCycle,
} from '../../sandbox/operator.ts';
import type { LedgerTotals } from '../../sandbox/paygent/ledger.ts';
import { createRandom, hashWords } from '../../sandbox/shop/random.ts';
import type { WorkflowTiming } from '../../workflows/activity-options.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { type Month, openMonth } from '../workflows/month.ts';
import { type Battlefield, type Fault, inflict } from './faults.ts';
import { openLine } from './line.ts';
import { billedMonth, type Story } from './story.ts';
import { type Step, setTraps, type Traps } from './traps.ts';
import { prepareWorkerChild, type WorkerChild } from './worker-child.ts';

/**
 * A month under fire: the kill campaign in one function. Whatever happens to it at whichever step,
 * it must end as the month that nothing happened to, and the PSP must have seen each order once.
 */

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
  return story.faults.map((_, shift) => disturbInTurn(story, story.faults, shift));
}

/** A story of which one step in `every` meets a fault, beginning with the one at `from`. */
export function takeSteps(story: Story, every: number, from: number): Story {
  const steps = Object.entries(story.steps).filter((_, index) => index % every === from);
  return { ...story, steps: Object.fromEntries(steps) };
}

/** One month that meets every step, with the faults in turn. */
export function disturbInTurn(
  story: Story,
  faults: readonly Fault[],
  shift: number,
): Disturbance[] {
  return Object.keys(story.steps).map((step, index) => ({
    step,
    fault: faults[(index + shift) % faults.length] ?? 'worker killed',
  }));
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
  readonly ledger: Omit<LedgerTotals, 'orders'> & { readonly orders: readonly string[] };
  /** Mails that reached the mail server more than once. */
  readonly mailsTwice: number;
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
  const lines = await openLines();
  const ended = new AbortController();
  const month = await openMonth({
    workers: false,
    timing,
    temporal: lines.throughTemporal(),
    throughLine: lines.database.through,
    settings: story.settings,
    outcomes: story.outcomes ?? { declineShare: 0.05, seed: 'campaign' },
  });
  const faultOf = new Map(
    disturbances.map(({ step, fault }) => [placeStep(seed, story, step), fault] as const),
  );
  const traps = await setTraps(month.ownerDatabaseUrl, [...faultOf.keys()]);
  const reserve = prepareReserve(
    1 + disturbances.filter(({ fault }) => needsWorker.has(fault)).length,
    () => prepareWorker(month, lines.smtp.through(smtpUrlOf(month))),
  );
  const workers: WorkerChild[] = [];
  const { database, temporal, smtp } = lines;
  const field: Battlefield = {
    ...{ month, seed, database, temporal, smtp, workers },
    ended: ended.signal,
    async putToWork() {
      const worker = reserve.take();
      workers.push(worker);
      await worker.begin();
    },
  };
  try {
    await field.putToWork();
    const inflicting = inflictAll(field, traps, faultOf);
    const failed = inflicting.then(() => new Promise<never>(() => {}));
    const late = new Promise<never>((_, reject) => {
      const tooLate = () => reject(new Error('the month did not end'));
      AbortSignal.timeout(patienceMs(disturbances)).addEventListener('abort', tooLate, {
        once: true,
      });
    });
    await Promise.race([story.live(month, ended.signal), failed, late]);
    ended.abort();
    await inflicting;
    const unreached = await traps.findUnreached();
    if (unreached.length > 0) {
      throw new Error(`never reached: ${unreached.map(nameStep).join(', ')}`);
    }
    return await readResult(month);
  } catch (error) {
    const missed = [...traps.waiting].map(nameStep).join(', ');
    const stands = await describeStand(month);
    throw new Error(`seed ${seed}; not reached yet: ${missed || 'nothing'}; ${stands}`, {
      cause: error,
    });
  } finally {
    ended.abort();
    await Promise.all([...workers, ...reserve.rest()].map((worker) => worker.kill()));
    await traps.releaseAll();
    await traps.close();
    await month.close();
    await lines.close();
  }
}

function placeStep(seed: number, story: Story, name: string): Step {
  const kind = story.steps[name];
  if (kind === undefined) throw new Error(`no step ${name}`);
  const { rows, first = 1, ...step } = kind;
  const random = createRandom(hashWords(seed, name));
  return { ...step, name, n: first + random.int(rows - first + 1) };
}

/** Where a month that failed stands, as its operator reads it. */
async function describeStand(month: Month): Promise<string> {
  const { day } = month;
  try {
    const { stage, waitsFor } = await readCycle(day.desk, billedMonth);
    const files = await listExchanges(day.desk, billedMonth);
    const stages = files.map(
      (file) => `${file.kind}-${file.number} ${file.stage}, ${file.records} rows`,
    );
    const { totals } = await month.readLedger();
    const doubles = `${countDoubles(totals)} authorized or captured twice at the PSP`;
    return [doubles, stage, waitsFor, ...stages].join('; ');
  } catch (error) {
    return String(error);
  }
}

/** By the PSP's own ledger, whatever our record says. */
export const countDoubles = (ledger: Omit<LedgerTotals, 'orders'>) =>
  ledger.doubleAuthorizations + ledger.authorizationsAfterCapture + ledger.repeatedCaptures;

const nameStep = (step: Step) => `${step.name} (row ${step.n})`;

/** Faults after which another worker begins. */
const needsWorker: ReadonlySet<Fault> = new Set(['worker killed', 'two workers racing']);

/** Workers with their code loaded, one ahead of need. */
function prepareReserve(count: number, prepare: () => WorkerChild) {
  let left = count;
  let ready: WorkerChild | undefined;
  const refill = () => {
    ready = left > 0 ? prepare() : undefined;
    left -= 1;
  };
  refill();
  return {
    take(): WorkerChild {
      const worker = ready ?? prepare();
      refill();
      return worker;
    },
    rest: () => (ready === undefined ? [] : [ready]),
  };
}

/** What processes and servers talk over, each to be cut by itself. */
async function openLines() {
  const [database, temporal, smtp] = await Promise.all([openLine(), openLine(), openLine()]);
  return {
    ...{ database, temporal, smtp },
    throughTemporal: () => ({
      address: temporal.through(`tcp://${inject('temporalAddress')}`).replace('tcp://', ''),
      taskQueue: `tsukigime-${randomBytes(4).toString('hex')}`,
    }),
    async close() {
      for (const line of [database, temporal, smtp]) await line.close();
    },
  };
}

const smtpUrlOf = ({ mailServer }: Month) => `smtp://${mailServer.host}:${mailServer.port}`;

function prepareWorker(month: Month, sandboxSmtpUrl: string): WorkerChild {
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
    mail: { sandboxSmtpUrl, smtpFrom: 'tsukigime@example.jp' },
  });
}

async function inflictAll(
  field: Battlefield,
  traps: Traps,
  faultOf: ReadonlyMap<Step, Fault>,
): Promise<void> {
  for (;;) {
    const caught = await traps.next(field.ended);
    if (caught === undefined) return;
    await inflict(field, caught, faultOf.get(caught.step) ?? 'worker killed');
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
    mailsTwice: countTwice(month.mailServer.listMails().map(({ messageId }) => messageId)),
  };
}

const countTwice = (ids: readonly unknown[]) => ids.length - new Set(ids).size;
