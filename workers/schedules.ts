import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { businessDateOf } from '../billing/business-date.ts';
import type { WantedSchedule } from '../billing/cycle-schedule.ts';
import { planSchedules, type ScheduledWork } from '../billing/wanted-schedules.ts';
import type { Db } from '../db/database.ts';
import { listMerchants, type Merchant } from '../db/queries/merchants.ts';
import { listScheduleDecisions } from '../db/queries/schedule-decisions.ts';
import { findSettings } from '../db/queries/settings.ts';
import { type ScheduleOutcome, syncWanted } from '../temporal/schedules.ts';
import { lookHourly } from './look-hourly.ts';

/** One of a merchant's Schedules, and what became of it. */
export interface SyncedSchedule extends ScheduleOutcome {
  /** Slug. */
  readonly merchant: string;
  readonly what: ScheduledWork;
  /** Date in Japan of the next start, which one that is paused does not make; null = there is none. */
  readonly nextStart: string | null;
  /** A clock that was moved: the settings want a schedule and get none. */
  readonly movedClock: boolean;
}

export interface ScheduleSync {
  /** All of them, merchant by merchant. */
  readonly synced: readonly SyncedSchedule[];
  /** Merchants (slugs) whose Schedules could not be compared: unreadable settings, Temporal away. */
  readonly failed: readonly { readonly merchant: string; readonly error: unknown }[];
}

/**
 * Makes the Schedules of Temporal equal to the settings of all merchants, or of one: creates, updates,
 * deletes. A merchant for which that fails holds up no other.
 *
 * @param now real time, ISO-8601.
 */
export async function syncSchedules(
  db: Db,
  client: Client,
  now: string,
  taskQueue?: string,
  only?: string,
): Promise<ScheduleSync> {
  const synced: SyncedSchedule[] = [];
  const failed: ScheduleSync['failed'][number][] = [];
  for (const merchant of await listMerchants(db, null)) {
    if (only !== undefined && merchant.slug !== only) continue;
    try {
      synced.push(...(await syncMerchant(db, client, merchant, { now, taskQueue })));
    } catch (error) {
      failed.push({ merchant: merchant.slug, error });
    }
  }
  return { synced, failed };
}

/** For whoever waits for the whole. @throws Error that names the merchants that were passed over */
export function refuseFailed({ failed }: ScheduleSync): void {
  if (failed.length === 0) return;
  const reasons = failed.map(({ merchant, error }) => {
    const reason = error instanceof Error ? error.message : String(error);
    return `  ${merchant}: ${reason}`;
  });
  throw new Error(
    `Schedules of these merchants were not compared with their settings:\n${reasons.join('\n')}`,
  );
}

async function syncMerchant(
  db: Db,
  client: Client,
  merchant: Merchant,
  { now, taskQueue }: { readonly now: string; readonly taskQueue: string | undefined },
): Promise<SyncedSchedule[]> {
  const settings = (await findSettings(db, merchant.id))?.settings;
  if (settings === undefined) return [];
  const wanted = planSchedules(merchant, settings, now);
  const decisions = await listScheduleDecisions(db, merchant.id);
  const outcomes = await syncWanted(client, wanted, decisions, taskQueue);
  const unmoved = planSchedules({ ...merchant, clockOffsetMs: 0 }, settings, now);
  return wanted.map(({ what, at, starts }) => ({
    merchant: merchant.slug,
    what,
    ...(outcomes.get(what) ?? { change: 'unchanged', paused: false }),
    nextStart: nextDateOf(starts, at, now),
    movedClock:
      starts.length === 0 && unmoved.some((one) => one.what === what && one.starts.length > 0),
  }));
}

function nextDateOf(starts: WantedSchedule['starts'], at: string, now: string): string | null {
  const tomorrow = new Date(Date.parse(now) + 86_400_000).toISOString();
  const dates =
    starts === 'daily' ? [now, tomorrow].map(businessDateOf) : starts.map(({ date }) => date);
  return dates.find((date) => Date.parse(`${date}T${at}:00+09:00`) > Date.parse(now)) ?? null;
}

/**
 * Looks after the Schedules now and every hour. A change of settings that found Temporal away, dates that
 * come into sight, an older key: what is mended at the next look needs no person.
 */
export function keepSchedules(
  sync: (now: string) => Promise<ScheduleSync>,
  logger: Logger,
  intervalMs?: number,
): { stop(): void } {
  return lookHourly(
    async (isStopped) => {
      const { synced, failed } = await sync(new Date().toISOString());
      const changed = synced.filter(({ change }) => change !== 'unchanged');
      if (changed.length > 0) logger.info({ changed }, 'schedules follow the settings');
      for (const { merchant, error } of isStopped() ? [] : failed) {
        const of = { merchant, err: error };
        logger.warn(of, 'schedules of a merchant could not be compared with its settings');
      }
    },
    (error) => logger.warn({ err: error }, 'schedules could not be compared with the settings'),
    intervalMs,
  );
}
