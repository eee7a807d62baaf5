import { TROUBLES_BEFORE_BILLING } from '../billing/carry-over.ts';
import { identityMonth } from '../billing/order.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import { clearStagedCharges } from '../db/queries/approval.ts';
import { insertPlannedCharges } from '../db/queries/auth-file.ts';
import { billsAll, linkCarryOvers, returnMissedCarryOvers } from '../db/queries/carry-over.ts';
import { moveCycle, requireCycle } from '../db/queries/cycles.ts';
import { hasDecisionSince, RESUME_CYCLE } from '../db/queries/decisions.ts';
import { closeCases } from '../db/queries/ng-cases.ts';
import { type PreviewedMonth, stagePreview } from '../db/queries/preview.ts';
import { findRunPreview } from '../db/queries/preview-record.ts';
import { closeRuns, countOpenRuns, openRun } from '../db/queries/runs.ts';
import {
  findLatestCollection,
  insertSelection,
  type SelectionSummary,
  summarizeSelection,
} from '../db/queries/selection.ts';
import { recordKnownShipments } from '../db/queries/shipments.ts';
import { allowMonthInMemory, refreshStatistics } from '../db/statistics.ts';
import type { OfCycle } from './acts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchantWithSettings, requirePaygentInUse } from './merchant.ts';

export function createSelectionActivities(deps: ActivityDependencies) {
  return {
    /**
     * Decides who is billed from what the month has collected; only what is new since it last did.
     * The first time it opens the month's run, which is shown before it is billed, or leaves that to a person where the month is for
     * chosen orders. Where nobody is billed though rows are quarantined, the month stays open for a
     * corrected export: billing nobody in silence would be as wrong as billing.
     */
    async selectOrders(of: OfCycle & { workflowId: string }): Promise<SelectionSummary> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const { summary, moved } = await withHeartbeat(() =>
        deps.db.transaction().execute(async (trx) => {
          await lockMerchant(trx, merchant.id);
          await allowMonthInMemory(trx);
          const cycle = await requireCycle(trx, merchant.id, of.month);
          const latest = await findLatestCollection(trx, merchant.id, cycle.id);
          if (latest === undefined) {
            throw refusal('StageConflict', `${of.month} の注文CSVがまだ取り込まれていません。`);
          }
          const first = cycle.stage === 'collecting';
          // Later, a newer export must not hold back what was authorized before.
          if (first) requirePaygentInUse(current);
          if (latest.selectionId === null || !first) {
            await insertSelection(trx, merchant.id, {
              cycleId: cycle.id,
              collectionId: latest.collectionId,
              identityMonth: identityMonth(current.settings.orderIdentity, of.month),
              now: of.now,
            });
          }
          const summary = await summarizeSelection(trx, merchant.id, cycle.id);
          if (summary === undefined) throw new Error('a selection was just made');
          if (!first) return { summary, moved: true };
          const confirmed =
            summary.selected > 0 ||
            summary.quarantined === 0 ||
            (await hasDecisionSince(trx, merchant.id, {
              workflowId: of.workflowId,
              act: RESUME_CYCLE,
              since: latest.collectedAt,
            }));
          if (!confirmed) return { summary, moved: false };
          if (cycle.scope === 'all') {
            await openRun(trx, merchant.id, {
              cycleId: cycle.id,
              orderNumbers: null,
              decisionId: null,
              now: of.now,
            });
          }
          await moveCycle(trx, merchant.id, {
            cycleId: cycle.id,
            from: 'collecting',
            to: 'previewing',
            attention: cycle.scope === 'chosen',
            now: of.now,
          });
          return { summary, moved: true };
        }),
      );
      await refreshStatistics(deps.db, summary.orders, ['selection_rows']);
      if (!moved) {
        throw refusal(
          'NothingSelected',
          `請求対象が0件で、読み取れない行などの要確認が ${summary.quarantined} 件あります。修正した注文CSVを取り込むか、請求なしで締める場合は「再開」を実行してください。`,
        );
      }
      return summary;
    },

    /**
     * Makes a charge of every order of the open runs: from here on the orders are this month's. Orders
     * that another month took or a person held since the selection are selected anew, where they show
     * why they are not billed. All of it only while the hash that was cleared is that of what would be
     * billed, computed again here, under the lock; `outdated`: it is not, and nothing was made.
     */
    async planCharges(of: OfCycle): Promise<{ planned: number; outdated: boolean }> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const plan = await withHeartbeat(() =>
        deps.db.transaction().execute(async (trx) => {
          await lockMerchant(trx, merchant.id);
          await allowMonthInMemory(trx);
          const cycle = await requireCycle(trx, merchant.id, of.month);
          return await planUnderLock(trx, merchant.id, {
            cycleId: cycle.id,
            month: of.month,
            settingsVersion: current.version,
            identityMonth: identityMonth(current.settings.orderIdentity, of.month),
            now: of.now,
          });
        }),
      );
      const { planned, outdated, carriedFrom = [] } = plan;
      // The months that handed charges on may close; cases that nobody took over wait for people.
      for (const month of carriedFrom) await deps.workflows.wakeCycle(merchant.slug, month, 'ng');
      return { planned, outdated };
    },
  };
}

async function planUnderLock(
  trx: Trx,
  merchantId: number,
  plan: PreviewedMonth & { identityMonth: string; now: string },
): Promise<{ planned: number; outdated: boolean; carriedFrom?: readonly string[] }> {
  const latest = await findLatestCollection(trx, merchantId, plan.cycleId);
  if (latest === undefined) throw new Error('a selection has its collection');
  const selection = { ...plan, collectionId: latest.collectionId };
  // An export that came since then may say that an order was cancelled.
  if (latest.selectionId === null) await insertSelection(trx, merchantId, selection);

  const preview = await findRunPreview(trx, merchantId, { month: plan.month });
  const content = await stagePreview(trx, merchantId, plan);
  const open = await countOpenRuns(trx, merchantId, plan.cycleId);
  // An earlier try may have died after its commit.
  if (open === 0 && content.rows === 0) return { planned: 0, outdated: false };
  const cleared = preview?.verdict === 'approved' || preview?.verdict === 'not_needed';
  if (!cleared || preview.sha256 !== content.sha256) return { planned: 0, outdated: true };

  const made = { ...plan, previewId: preview.id };
  const { planned, taken } = await insertPlannedCharges(trx, merchantId, made);
  if (taken > 0) {
    await insertSelection(trx, merchantId, selection);
    return { planned: 0, outdated: true };
  }
  await clearStagedCharges(trx, merchantId, preview.id);
  const all = await billsAll(trx, merchantId, plan.cycleId);
  await closeRuns(trx, merchantId, { ...plan, charges: planned });
  // What follows reads the charges that were just made.
  await refreshStatistics(trx, planned, ['charges', 'charge_items']);
  await recordKnownShipments(trx, merchantId, plan);
  return { planned, outdated: false, carriedFrom: await carryOver(trx, merchantId, plan, all) };
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
  plan: PreviewedMonth & { now: string },
  all: boolean,
): Promise<string[]> {
  await linkCarryOvers(trx, merchantId, plan);
  const closed = await closeCases(trx, merchantId, plan.now);
  const missed = { month: plan.month, troubles: all ? null : TROUBLES_BEFORE_BILLING };
  const returned = await returnMissedCarryOvers(trx, merchantId, { ...missed, now: plan.now });
  return [...new Set([...closed, ...returned])];
}
