import { writeFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import { openPool } from '../db/database.ts';
import { type CycleView, type OperatorDesk, readCycle } from '../sandbox/operator.ts';
import type { Stack } from '../stack/stack.ts';
import { connectTemporal } from '../temporal/client.ts';
import type { Shops } from './bench-shop.ts';
import { awaitSettled, type CarriedMonth, carryMonth } from './carry-month.ts';
import { databaseBytes, walPosition } from './cycle-floor.ts';
import { billedMonth } from './orders-file.ts';
import { peakMb, peakMemoryReset, processorSeconds } from './processor-time.ts';

/** What a month, or those of several merchants at once, took and cost. */
export interface MonthFigures {
  /** From the start of the month to its last captured row. */
  readonly seconds: number;
  /** To the month's own look that nothing is left but declined charges. */
  readonly settledSeconds: number;
  /** Of workers, API, Postgres, Temporal and the operator of the benchmark, until settled. */
  readonly processorSeconds: number;
  /** Peak of the largest worker. */
  readonly workerMb: number;
  readonly walBytes: number;
  /** What the months added to the database. */
  readonly databaseBytes: number;
  /** In all histories of Temporal. */
  readonly events: number;
  /** By kind of workflow. */
  readonly eventsBy: Readonly<Record<string, number>>;
  readonly files: number;
  readonly captured: number;
  readonly declined: number;
  /** Names of what is not accounted for; empty when rows and yen are. */
  readonly broken: readonly string[];
  readonly months: readonly CarriedMonth[];
}

/** Bills the month of every shop at once. */
export async function measureMonth(
  stack: Stack,
  shops: Shops,
  of: {
    readonly ordersPath: string;
    readonly orders: number;
    readonly hands: number;
    readonly onStep: (what: string) => void;
  },
): Promise<MonthFigures> {
  const pool = openPool(stack.ownerDatabaseUrl, { maxConnections: 1 });
  const client = await connectTemporal({
    address: stack.temporalAddress,
    namespace: stack.temporalNamespace,
    keys: stack.payloadKeys,
  });
  try {
    // What it took to build the workflows before is no part of a month.
    for (const pid of shops.workerPids) writeFileSync(`/proc/${pid}/clear_refs`, peakMemoryReset);
    const pids = [process.pid, ...pidsOf(stack)];
    const before = {
      wal: await walPosition(pool),
      bytes: await databaseBytes(pool),
      processor: processorSeconds(pids),
    };
    const startedAt = performance.now();
    const elapsed = () => (performance.now() - startedAt) / 1000;
    const months = await Promise.all(shops.desks.map((desk) => carryMonth({ ...of, desk })));
    const seconds = elapsed();
    const walBytes = (await walPosition(pool)) - before.wal;
    await Promise.all(shops.desks.map(awaitSettled));
    const settledSeconds = elapsed();
    const processor = processorSeconds(pids) - before.processor;
    const events = await countEvents(client);
    const views = await Promise.all(shops.desks.map((desk) => readCycle(desk, billedMonth)));
    return {
      ...{ seconds, settledSeconds, walBytes, months, processorSeconds: processor },
      workerMb: Math.max(...shops.workerPids.map(peakMb)),
      databaseBytes: (await databaseBytes(pool)) - before.bytes,
      events: sum(Object.values(events)),
      eventsBy: events,
      files: sum(months.map(({ files }) => files)),
      captured: sum(views.map(({ charges }) => charges.captured?.rows ?? 0)),
      declined: sum(views.map(({ charges }) => charges.declined?.rows ?? 0)),
      broken: views.flatMap((view, index) => brokenOf(view, months[index], shops.desks[index])),
    };
  } finally {
    await client.connection.close();
    await pool.end();
  }
}

function pidsOf(stack: Stack): number[] {
  const names = ['postgres', 'temporal', 'api', 'worker', 'worker-1', 'worker-2', 'worker-3'];
  return [...names, 'worker-4'].flatMap((name) => stack.process(name)?.identity.pid ?? []);
}

/** What the record says must be what the PSP answered, to the row. */
function brokenOf(
  { charges, conservation }: CycleView,
  carried: CarriedMonth | undefined,
  desk: OperatorDesk | undefined,
): string[] {
  const broken = [...conservation.broken];
  if (charges.captured?.rows !== carried?.captured) broken.push('captured rows');
  if (charges.declined?.rows !== carried?.declined) broken.push('declined rows');
  return broken.map((what) => `${desk?.merchant}: ${what}`);
}

/**
 * Of every run of every workflow, by kind: what a month causes elsewhere (desks, mail) is counted too.
 */
async function countEvents(client: Client): Promise<Record<string, number>> {
  const events: Record<string, number> = {};
  for await (const { workflowId, runId, type } of client.workflow.list()) {
    const { historyLength } = await client.workflow.getHandle(workflowId, runId).describe();
    events[type] = (events[type] ?? 0) + historyLength;
  }
  return events;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
