import { lockMerchant } from '../db/database.ts';
import { insertPlannedCharges } from '../db/queries/auth-file.ts';
import { moveCycle, requireCycle } from '../db/queries/cycles.ts';
import { hasDecisionSince, RESUME_CYCLE } from '../db/queries/decisions.ts';
import { closeRuns, openRun } from '../db/queries/runs.ts';
import {
  findLatestCollection,
  insertSelection,
  type SelectionSummary,
  summarizeSelection,
} from '../db/queries/selection.ts';
import { recordKnownShipments } from '../db/queries/shipments.ts';
import { refreshStatistics } from '../db/statistics.ts';
import type { OfCycle } from './acts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchantWithSettings } from './merchant.ts';

export function createSelectionActivities(deps: ActivityDependencies) {
  return {
    /**
     * Decides who is billed from what the month has collected; only what is new since it last did.
     * The first time it opens the month's run, or leaves that to a person where the month is for
     * chosen orders. Where nobody is billed though rows are quarantined, the month stays open for a
     * corrected export: billing nobody in silence would be as wrong as billing.
     */
    async selectOrders(of: OfCycle & { workflowId: string }): Promise<SelectionSummary> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const { summary, moved } = await withHeartbeat(() =>
        deps.db.transaction().execute(async (trx) => {
          await lockMerchant(trx, merchant.id);
          const cycle = await requireCycle(trx, merchant.id, of.month);
          const latest = await findLatestCollection(trx, merchant.id, cycle.id);
          if (latest === undefined) {
            throw refusal('StageConflict', `${of.month} の注文CSVがまだ取り込まれていません。`);
          }
          const first = cycle.stage === 'collecting';
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
            to: cycle.scope === 'all' ? 'handing_over' : 'previewing',
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
     * why they are not billed.
     */
    async planCharges(of: OfCycle): Promise<{ planned: number }> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const plan = await withHeartbeat(() =>
        deps.db.transaction().execute(async (trx) => {
          await lockMerchant(trx, merchant.id);
          const cycle = await requireCycle(trx, merchant.id, of.month);
          const plan = {
            cycleId: cycle.id,
            identityMonth: identityMonth(current.settings.orderIdentity, of.month),
            now: of.now,
          };
          const latest = await findLatestCollection(trx, merchant.id, cycle.id);
          if (latest === undefined) throw new Error('a selection has its collection');
          const { collectionId } = latest;
          // An export that came since then may say that an order was cancelled.
          if (latest.selectionId === null) {
            await insertSelection(trx, merchant.id, { ...plan, collectionId });
          }
          let { planned, taken } = await insertPlannedCharges(trx, merchant.id, plan);
          if (taken > 0) {
            await insertSelection(trx, merchant.id, { ...plan, collectionId });
            ({ planned, taken } = await insertPlannedCharges(trx, merchant.id, plan));
          }
          if (taken > 0) throw new Error('what was selected anew is free, under the merchant lock');
          await closeRuns(trx, merchant.id, { ...plan, charges: planned });
          await recordKnownShipments(trx, merchant.id, plan);
          return { planned };
        }),
      );
      await refreshStatistics(deps.db, plan.planned, ['charges', 'charge_items']);
      return plan;
    },
  };
}

/** What besides its number makes an order one of its kind: nothing, or the month (design 4). */
function identityMonth(identity: 'per-order' | 'per-month', month: string): string {
  return identity === 'per-month' ? month : '';
}
