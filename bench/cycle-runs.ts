import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import { runStackSession } from '../stack/session.ts';
import type { Stack } from '../stack/stack.ts';
import { openShops, staffShops } from './bench-shop.ts';
import { type FloorFigures, measureFloor } from './cycle-floor.ts';
import { type MonthFigures, measureMonth } from './cycle-month.ts';
import { writeOrdersFile } from './orders-file.ts';
import { fillPastMonths } from './past-months.ts';

/** What kind of month is measured. */
export interface CycleKind {
  /** Of each merchant. */
  readonly orders: number;
  readonly perFile: number;
  readonly quoted: boolean;
  /** So many months of the same size are in the tables before. */
  readonly pastMonths: number;
  readonly workers: number;
  /** So many merchants bill at the same time. */
  readonly merchants: number;
  /** Files that an operator carries at the same time. */
  readonly hands: number;
}

export interface CycleRun {
  readonly floor: FloorFigures;
  readonly month: MonthFigures;
}

export interface MeasuredKind extends CycleKind {
  readonly runs: readonly CycleRun[];
}

/** Months of one kind, each with its floor on a stack of its own. */
export async function measureKind(
  kind: CycleKind,
  runs: number,
  say: (line: string) => void,
): Promise<MeasuredKind> {
  const folder = await mkdtemp(join(tmpdir(), 'tsukigime-bench-'));
  try {
    const ordersPath = join(folder, 'orders.csv');
    await writeOrdersFile(ordersPath, { ...kind, follows: kind.pastMonths > 0 });
    const measured: CycleRun[] = [];
    for (let run = 1; run <= runs; run += 1) {
      say(`${describeKind(kind)}, run ${run} of ${runs}`);
      measured.push(await measureRun(kind, ordersPath, say));
    }
    return { ...kind, runs: measured };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureRun(
  kind: CycleKind,
  ordersPath: string,
  say: (line: string) => void,
): Promise<CycleRun> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-bench-'));
  // Closed, its database would lie elsewhere and stay there.
  await chmod(dataDir, 0o711);
  let measured: CycleRun | undefined;
  try {
    const config = {
      ...readConfig(),
      dataDir,
      databaseUrl: undefined,
      temporalAddress: undefined,
    };
    const session = { dataDir, config, fresh: true, temporalUi: false, onProgress: say };
    await runStackSession(session, async (stack) => {
      measured = await measureOn(stack, kind, ordersPath, say);
    });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
  if (measured === undefined) throw new Error('stopped before it was measured');
  return measured;
}

async function measureOn(
  stack: Stack,
  kind: CycleKind,
  ordersPath: string,
  say: (line: string) => void,
): Promise<CycleRun> {
  const postgresPid = stack.process('postgres')?.identity.pid ?? 0;
  const folder = await mkdtemp(join(tmpdir(), 'tsukigime-bench-'));
  try {
    const { ownerDatabaseUrl: ownerUrl } = stack;
    const floor = await measureFloor({ ownerUrl, ordersPath, folder, postgresPid });
    say(`floor: ${floor.seconds.toFixed(1)} s`);
    const slugs = await openShops(stack, kind);
    for (const slug of slugs) {
      await fillPastMonths(ownerUrl, slug, { months: kind.pastMonths, orders: kind.orders, say });
    }
    const shops = await staffShops(stack, { slugs, workers: kind.workers });
    const startedAt = performance.now();
    const onStep = (what: string) =>
      say(`${((performance.now() - startedAt) / 1000).toFixed(1)} s  ${what}`);
    const { orders, hands } = kind;
    const month = await measureMonth(stack, shops, { ordersPath, orders, hands, onStep });
    return { floor, month };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Not said, because every month has it unless it is about that. */
const usualHands = 2;

/** As a heading. */
export function describeKind(kind: CycleKind): string {
  const { orders, perFile, quoted, pastMonths, workers, merchants, hands } = kind;
  return [
    `${orders} orders in files of ${perFile}`,
    ...(quoted ? ['with quoted line breaks'] : []),
    ...(pastMonths > 0 ? [`${pastMonths} months before`] : []),
    ...(workers > 1 ? [`${workers} workers`] : []),
    ...(merchants > 1 ? [`${merchants} merchants at once`] : []),
    ...(hands === usualHands ? [] : [`${hands} files carried at a time`]),
  ].join(', ');
}

/** As the name of a file. */
export function nameKind(kind: CycleKind): string {
  const { orders, perFile, quoted, pastMonths, workers, merchants, hands } = kind;
  return [
    `cycle-${orders}-${perFile}`,
    ...(quoted ? ['quoted'] : []),
    ...(pastMonths > 0 ? [`past-${pastMonths}`] : []),
    ...(workers > 1 ? [`workers-${workers}`] : []),
    ...(merchants > 1 ? [`merchants-${merchants}`] : []),
    ...(hands === usualHands ? [] : [`hands-${hands}`]),
  ].join('-');
}
