import { reasonSchema } from '../api/contract/route.ts';
import type { SchedulePlaces } from '../api/follow-schedule.ts';
import { Problem } from '../api/problem.ts';
import { decideOnSchedule, type ShownSchedule, showSchedules } from '../api/scheduled-work.ts';
import type { ScheduledWork } from '../billing/wanted-schedules.ts';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { listMerchants, type Merchant } from '../db/queries/merchants.ts';
import { connectTemporal } from '../temporal/client.ts';
import { refuseFailed, type SyncedSchedule, syncSchedules } from '../workers/schedules.ts';
import { readActor, UsageError } from './record-access.ts';

interface OfMerchant {
  readonly merchant: string;
  readonly json?: boolean;
}

/** `tsukigime schedules list`: what starts of a merchant without a person. @returns the exit code */
export async function runSchedulesList(command: OfMerchant): Promise<number> {
  return await withServers(async (places) => {
    const schedules = await showSchedules(places, await findMerchant(places, command.merchant));
    if (command.json) console.log(JSON.stringify({ schedules }));
    else for (const schedule of schedules) console.log(describeShown(schedule).join('\n'));
  });
}

/**
 * `tsukigime schedules sync`: makes the Schedules of Temporal equal to the settings of all merchants.
 * The worker does the same at its start and every hour.
 * @returns the exit code: 0 when they are equal, 1 when it did not work, 2 without the servers.
 */
export async function runSchedulesSync(command: Partial<OfMerchant>): Promise<number> {
  return await withServers(async (places) => {
    const { merchant, json } = command;
    if (merchant !== undefined) await findMerchant(places, merchant);
    const now = places.realNow().toISOString();
    const sync = await syncSchedules(places.db, places.temporal, now, undefined, merchant);
    if (json) console.log(JSON.stringify(sync.synced));
    else for (const schedule of sync.synced) console.log(describeSynced(schedule));
    refuseFailed(sync);
  });
}

interface OfSchedule extends OfMerchant {
  readonly what: ScheduledWork;
  readonly reason: string;
}

/** `tsukigime schedules pause`: holds it, over changed settings too. @returns the exit code */
export async function runSchedulesPause(command: OfSchedule): Promise<number> {
  return await decide(command, true);
}

/** `tsukigime schedules resume`: lets it go on. @returns the exit code */
export async function runSchedulesResume(command: OfSchedule): Promise<number> {
  return await decide(command, false);
}

async function decide(command: OfSchedule, paused: boolean): Promise<number> {
  return await withServers(async (places) => {
    const { what, json } = command;
    const { data: reason, error } = reasonSchema.safeParse(command.reason);
    if (reason === undefined) throw new UsageError(`--reason ${error?.issues[0]?.message}.`);
    const merchant = await findMerchant(places, command.merchant);
    const now = places.realNow().toISOString();
    const decision = { what, reason, paused, actor: readActor(), now };
    const shown = await decideOnSchedule(places, merchant, decision);
    console.log(json ? JSON.stringify(shown) : describeShown(shown).join('\n'));
  });
}

/** Temporal answers within this, or is away. */
const PATIENCE_MS = 10_000;

async function withServers(work: (places: SchedulePlaces) => Promise<void>): Promise<number> {
  const servers = await findServers();
  if (servers === undefined) {
    console.error(serversMissing);
    return 2;
  }
  const db = openDatabase(servers.databaseUrl, { maxConnections: 2 });
  try {
    const temporal = await connectTemporal(servers.temporal);
    try {
      await work({ db, temporal, updateWaitMs: PATIENCE_MS, realNow: () => new Date() });
    } finally {
      await temporal.connection.close();
    }
    return 0;
  } catch (error) {
    console.error(sayError(error));
    return error instanceof UsageError || error instanceof Problem ? 2 : 1;
  } finally {
    await db.destroy();
  }
}

function sayError(error: unknown): string {
  if (error instanceof Problem) return error.detail;
  return error instanceof Error ? error.message : String(error);
}

async function findMerchant({ db }: SchedulePlaces, slug: string): Promise<Merchant> {
  const merchant = (await listMerchants(db, null)).find((one) => one.slug === slug);
  if (merchant === undefined) throw new UsageError(`There is no merchant ${slug}.`);
  return merchant;
}

function describeShown({ what, name, at, state, ...shown }: ShownSchedule): string[] {
  const lines = [`${what} (${name}), ${at} in Japan: ${state}`];
  const { paused, followsSettings, nextStarts, lastStarts, missedStarts } = shown;
  if (shown.whyNone === 'moved-clock') {
    lines.push('  its clock was moved, and schedules run in real time: start months by hand');
  }
  if (paused !== null) {
    lines.push(
      `  paused by ${paused.by ?? 'somebody in Temporal'}, since ${paused.since ?? 'unknown'}: ` +
        `${paused.reason ?? 'no reason given'}`,
    );
  }
  if (!followsSettings) lines.push('  differs from the settings: tsukigime schedules sync');
  for (const { date, month } of nextStarts.slice(0, 3)) {
    const start = paused === null ? 'next' : 'not made while it is paused:';
    lines.push(`  ${start} ${date}${month === null ? '' : ` for ${month}`}`);
  }
  const [last] = lastStarts;
  if (last !== undefined) lines.push(`  last ${last.startedAt}: ${last.workflowId}`);
  if (missedStarts > 0) lines.push(`  ${missedStarts} starts were missed: start them by hand`);
  return lines;
}

/** Said by commands that need both servers and find none. */
export const serversMissing =
  'Postgres or Temporal is not running: start `tsukigime up` first, or give ' +
  'TSUKIGIME_DATABASE_URL_APP, TEMPORAL_ADDRESS and TSUKIGIME_PAYLOAD_KEYS.';

/** Postgres and Temporal of the environment, else those of the running `tsukigime up`. */
export async function findServers() {
  const config = readConfig();
  let databaseUrl = config.databaseUrlApp;
  let { temporalAddress: address, payloadKeys: keys } = config;
  if (databaseUrl === undefined || address === undefined || keys === undefined) {
    // Loaded only here: in production the environment says it.
    const { findRunningStack } = await import('../stack/running-stack.ts');
    const stack = findRunningStack(config);
    databaseUrl = stack.appDatabaseUrl;
    address = stack.temporalAddress;
    keys = stack.payloadKeys;
  }
  if (databaseUrl === undefined || address === undefined || keys === undefined) return undefined;
  const { temporalNamespace: namespace, temporalAccess: access } = config;
  return { databaseUrl, temporal: { address, namespace, access, keys } };
}

const changeWords: Readonly<Record<SyncedSchedule['change'], string>> = {
  created: 'made',
  updated: 'changed',
  paused: 'paused',
  resumed: 'let go on',
  deleted: 'taken away',
  unchanged: 'unchanged',
};

const withoutIt: Readonly<Record<ScheduledWork, string>> = {
  cycle: 'months are started by hand',
  refresh: 'no card refresh starts by itself',
  retention: 'nothing is blanked by itself',
};

/** What a sync did with a Schedule, and what it starts next. */
export function describeSynced(schedule: SyncedSchedule): string {
  const { merchant, what, change } = schedule;
  return `${merchant} ${what}: ${changeWords[change]}; ${describeNext(schedule)}`;
}

function describeNext({ what, nextStart, paused, movedClock }: SyncedSchedule): string {
  if (movedClock) return 'none: its clock was moved, and schedules run in real time';
  if (nextStart === null) return `none: ${withoutIt[what]}`;
  if (paused) return `it is paused, ${nextStart} in Japan is not started`;
  return `next start ${nextStart} in Japan`;
}
