import { identityMonth } from '../billing/order.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import { countUnclearedCharges } from '../db/queries/approval.ts';
import { moveCycle, requireCycle } from '../db/queries/cycles.ts';
import { hasDecisionSince, RESUME_CYCLE } from '../db/queries/decisions.ts';
import { stagePreview } from '../db/queries/preview.ts';
import { findRunPreview } from '../db/queries/preview-record.ts';
import { countOpenRuns, openRun } from '../db/queries/runs.ts';
import {
  findLatestCollection,
  insertSelection,
  type SelectionSummary,
  summarizeSelection,
} from '../db/queries/selection.ts';
import { allowMonthInMemory, refreshStatistics } from '../db/statistics.ts';
import type { OfCycle } from './acts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { makeStagedCharges, type PlannedMonth } from './make-charges.ts';
import { loadMerchant, loadMerchantWithSettings, requirePaygentInUse } from './merchant.ts';
import { wakeChangedMonths } from './wake-months.ts';

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
     * Makes a charge of every order of the open runs, where the preview that cleared them has not done it:
     * from here on the orders are this month's. Orders that another month took or a person held since the
     * selection are selected anew, where they show why they are not billed. All of it only while the hash
     * that was cleared is that of what would be billed, computed again here, under the lock; `outdated`:
     * it is not, and nothing was made.
     */
    async planCharges(of: OfCycle): Promise<{ planned: number; outdated: boolean }> {
      const merchant = await loadMerchant(deps, of.merchant);
      const plan = await withHeartbeat(() =>
        deps.db.transaction().execute(async (trx) => {
          await lockMerchant(trx, merchant.id);
          await allowMonthInMemory(trx);
          const { current } = await loadMerchantWithSettings({ db: trx }, of.merchant);
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
      await wakeChangedMonths(deps, merchant, carriedFrom);
      return { planned, outdated };
    },
  };
}

async function planUnderLock(
  trx: Trx,
  merchantId: number,
  plan: PlannedMonth,
): Promise<{ planned: number; outdated: boolean; carriedFrom?: readonly string[] }> {
  const latest = await findLatestCollection(trx, merchantId, plan.cycleId);
  if (latest === undefined) throw new Error('a selection has its collection');
  const selection = { ...plan, collectionId: latest.collectionId };
  // An export that came since then may say that an order was cancelled.
  if (latest.selectionId === null) await insertSelection(trx, merchantId, selection);

  // A preview that needs no approval has made its charges; or an earlier try died after its commit.
  const open = await countOpenRuns(trx, merchantId, plan.cycleId);
  const waiting = { ...plan, askedOnly: false };
  if (open === 0 && (await countUnclearedCharges(trx, merchantId, waiting)) === 0) {
    return { planned: 0, outdated: false };
  }
  const preview = await findRunPreview(trx, merchantId, { month: plan.month });
  const content = await stagePreview(trx, merchantId, plan);
  const cleared = preview?.verdict === 'approved' || preview?.verdict === 'not_needed';
  if (!cleared || preview.sha256 !== content.sha256) return { planned: 0, outdated: true };

  const made = await makeStagedCharges(trx, merchantId, { ...plan, previewId: preview.id });
  if (made === undefined) {
    await insertSelection(trx, merchantId, selection);
    return { planned: 0, outdated: true };
  }
  return { ...made, outdated: false };
}
