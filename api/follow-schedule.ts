import { planRefreshSchedule } from '../billing/card-refresh-schedule.ts';
import { planRetentionSchedule, planSchedule } from '../billing/cycle-schedule.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { findSettings } from '../db/queries/settings.ts';
import { syncSchedule } from '../temporal/schedules.ts';
import type { ApiDependencies } from './dependencies.ts';
import { withPatience } from './patience.ts';
import { describeError } from './request-log.ts';

/**
 * Makes the merchant's Schedules equal to its newest settings. They are saved by now, whatever becomes
 * of this: while Temporal is away, the worker's next look mends it (workers/schedules.ts).
 */
export async function followSchedule(
  { db, temporal, updateWaitMs, realNow, logger }: ApiDependencies,
  merchant: Merchant,
): Promise<void> {
  const current = await findSettings(db, merchant.id);
  if (current === undefined) return;
  const wanted = [
    planSchedule(merchant, current.settings, realNow().toISOString()),
    planRetentionSchedule(merchant, current.settings),
    planRefreshSchedule(merchant, current.settings, realNow().toISOString()),
  ];
  try {
    await withPatience(temporal, updateWaitMs, async () => {
      for (const one of wanted) await syncSchedule(temporal, one);
    });
  } catch (error) {
    logger.warn({ error: describeError(error) }, 'a schedule does not follow its settings yet');
  }
}
