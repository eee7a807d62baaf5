import { planSchedules } from '../billing/wanted-schedules.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { listScheduleDecisions } from '../db/queries/schedule-decisions.ts';
import { findSettings } from '../db/queries/settings.ts';
import { describeError } from '../temporal/describe-error.ts';
import { syncWanted } from '../temporal/schedules.ts';
import type { ApiDependencies } from './dependencies.ts';
import { withPatience } from './patience.ts';

/**
 * Makes the merchant's Schedules equal to its newest settings. They are saved by now, whatever becomes
 * of this: while Temporal is away, the worker's next look mends it (workers/schedules.ts).
 */
export async function followSchedule(deps: ApiDependencies, merchant: Merchant): Promise<void> {
  try {
    await syncMerchant(deps, merchant);
  } catch (error) {
    deps.logger.warn(
      { error: describeError(error) },
      'a schedule does not follow its settings yet',
    );
  }
}

/** Where Schedules and what is decided about them stand. */
export type SchedulePlaces = Pick<ApiDependencies, 'db' | 'temporal' | 'updateWaitMs' | 'realNow'>;

/** The same for whoever waits for it. @throws OutOfPatienceError while Temporal is away */
export async function syncMerchant(
  { db, temporal, updateWaitMs, realNow }: SchedulePlaces,
  merchant: Merchant,
): Promise<void> {
  const current = await findSettings(db, merchant.id);
  if (current === undefined) return;
  const decisions = await listScheduleDecisions(db, merchant.id);
  const wanted = planSchedules(merchant, current.settings, realNow().toISOString());
  await withPatience(temporal, updateWaitMs, () => syncWanted(temporal, wanted, decisions));
}
