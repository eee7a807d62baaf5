import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { businessDateOf } from '../billing/business-date.ts';
import { planSchedules, type ScheduledWork } from '../billing/wanted-schedules.ts';
import type { Db } from '../db/database.ts';
import { listMerchants, type Merchant } from '../db/queries/merchants.ts';
import { listScheduleDecisions } from '../db/queries/schedule-decisions.ts';
import { findSettings } from '../db/queries/settings.ts';
import { type ScheduleChange, syncWanted } from '../temporal/schedules.ts';
import { lookHourly } from './look-hourly.ts';

export interface SyncedSchedule {
  /** Slug. */
  readonly merchant: string;
  readonly change: ScheduleChange;
  /** What became of the one that blanks what is kept no longer. */
  readonly retention: ScheduleChange;
  /** What became of the one that starts card refreshes. */
  readonly refresh: ScheduleChange;
  /** Date in Japan of the next start; null = months are started by hand. */
  readonly nextStart: string | null;
  /** A person decided that months do not start by it: that start is not made. */
  readonly paused: boolean;
  /** A clock that was moved: settings that want a schedule get none. */
  readonly movedClock: boolean;
}

export interface ScheduleSync {
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
      const one = await syncMerchant(db, client, merchant, { now, taskQueue });
      if (one !== undefined) synced.push(one);
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
): Promise<SyncedSchedule | undefined> {
  const settings = (await findSettings(db, merchant.id))?.settings;
  if (settings === undefined) return undefined;
  const wanted = planSchedules(merchant, settings, now);
  const decisions = await listScheduleDecisions(db, merchant.id);
  const changes = await syncWanted(client, wanted, decisions, taskQueue);
  const today = businessDateOf(now);
  const changeOf = (what: ScheduledWork) => changes.get(what) ?? 'unchanged';
  const starts = wanted.find(({ what }) => what === 'cycle')?.starts ?? [];
  return {
    merchant: merchant.slug,
    change: changeOf('cycle'),
    retention: changeOf('retention'),
    refresh: changeOf('refresh'),
    nextStart:
      starts === 'daily' ? today : (starts.find(({ date }) => date >= today)?.date ?? null),
    paused: decisions.some(({ what, paused }) => what === 'cycle' && paused),
    movedClock: settings.schedule.cycleDay !== null && merchant.clockOffsetMs !== 0,
  };
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
      const changed = synced.filter(({ change, retention, refresh }) =>
        [change, retention, refresh].some((each) => each !== 'unchanged'),
      );
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
