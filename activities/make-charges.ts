import { TROUBLES_BEFORE_BILLING } from '../billing/carry-over.ts';
import type { Trx } from '../db/database.ts';
import { clearStagedCharges } from '../db/queries/approval.ts';
import { insertPlannedCharges } from '../db/queries/auth-file.ts';
import { billsAll, linkCarryOvers, returnMissedCarryOvers } from '../db/queries/carry-over.ts';
import { closeCases } from '../db/queries/ng-cases.ts';
import type { PreviewedMonth } from '../db/queries/preview.ts';
import { closeRuns } from '../db/queries/runs.ts';
import { recordKnownShipments } from '../db/queries/shipments.ts';
import { refreshStatistics } from '../db/statistics.ts';

export interface PlannedMonth extends PreviewedMonth {
  readonly identityMonth: string;
  readonly now: string;
}

export interface MadeCharges {
  readonly planned: number;
  /** Months whose charges or cases have changed: they are woken once this is committed. */
  readonly carriedFrom: readonly string[];
}

/**
 * Makes charges of what `stagePreview` staged in this transaction, which holds the merchant's lock, and
 * ends the runs that it is of. The caller knows that the preview is cleared and shows just that.
 *
 * @returns undefined where orders are no longer free: nothing was made, and they are to be selected anew
 */
export async function makeStagedCharges(
  trx: Trx,
  merchantId: number,
  plan: PlannedMonth & { readonly previewId: number },
): Promise<MadeCharges | undefined> {
  const { planned, taken } = await insertPlannedCharges(trx, merchantId, plan);
  if (taken > 0) return undefined;
  await clearStagedCharges(trx, merchantId, plan.previewId);
  const all = await billsAll(trx, merchantId, plan.cycleId);
  await closeRuns(trx, merchantId, { ...plan, charges: planned });
  // What follows reads the charges that were just made.
  await refreshStatistics(trx, planned, ['charges', 'charge_items']);
  await recordKnownShipments(trx, merchantId, plan);
  return { planned, carriedFrom: await carryOver(trx, merchantId, plan, all) };
}

/**
 * Bills what waited for these orders with them, and gives back to people what waited for none of them.
 *
 * @param all the month bills all that it selected: what is not taken over now has no order in it
 * @returns months whose charges or cases have changed
 */
async function carryOver(
  trx: Trx,
  merchantId: number,
  plan: PlannedMonth,
  all: boolean,
): Promise<string[]> {
  await linkCarryOvers(trx, merchantId, plan);
  const closed = await closeCases(trx, merchantId, plan.now);
  const missed = { month: plan.month, troubles: all ? null : TROUBLES_BEFORE_BILLING };
  const returned = await returnMissedCarryOvers(trx, merchantId, { ...missed, now: plan.now });
  return [...new Set([...closed, ...returned])];
}
