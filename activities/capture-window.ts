import { type DeadlineMark, deadlineMarkKey } from '../billing/capture-deadlines.ts';
import { capturingAt } from '../billing/capture-policy.ts';
import type { LastDayRule } from '../billing/capture-settings.ts';
import type { RowsAndYen } from '../billing/cycle.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import { requestAuthorizations } from '../db/queries/authorization-requests.ts';
import { listLastDayCharges } from '../db/queries/capture-window.ts';
import { requireCycle } from '../db/queries/cycles.ts';
import { recordDecision } from '../db/queries/decisions.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import { requestCaptures } from '../db/queries/shipments.ts';
import { claimVoids } from '../db/queries/voids.ts';
import type { OfCycle } from './acts.ts';
import { actOnCycle, type OfAct, refuseUnknown, requireConfirmed } from './cycle-act.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';

/** Who decides what the last-day rule does: the merchant's settings. */
const LAST_DAY_ACTOR = 'policy:last-day';

/** What happens to authorizations as their window ends, and afterwards. */
export function createCaptureWindowActivities(deps: ActivityDependencies) {
  const inTransaction = <Result>(act: (trx: Trx) => Promise<Result>): Promise<Result> =>
    withHeartbeat(() => deps.db.transaction().execute(act));

  return {
    /** Tells operators of windows that end soon; once for each month, date of expiry and mark. */
    async remindOfDeadlines(of: OfCycle & { marks: readonly DeadlineMark[] }): Promise<void> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const { lastDay } = current.settings.capture;
      await inTransaction(async (trx) => {
        for (const mark of of.marks) {
          const key = deadlineMarkKey(of.month, mark);
          const words = writeMark(of.month, mark, lastDay);
          await notifyOperators(trx, merchant.id, { ...words, key, now: of.now });
        }
      });
      // Also when they were posted by an earlier try, which may have died before this.
      await deps.workflows.wakeMail(merchant);
    },

    /**
     * Does what the settings say of authorizations that end within days: asks for their capture or puts
     * them on the 取消リスト; of what the policy lets go, the capture alone, and first. Never of held
     * orders, and never of what a capture file brought back: a person decides about those. Repeated, it
     * finds nothing left to do.
     */
    async applyLastDayRule(of: OfCycle & { workflowId: string }): Promise<RowsAndYen> {
      const merchant = await loadMerchant(deps, of.merchant);
      return await inTransaction(async (trx) => {
        await lockMerchant(trx, merchant.id);
        // Under the lock, which an export may have had for minutes: what was shipped by it, and what the
        // settings say by now.
        const { current } = await loadMerchantWithSettings({ db: trx }, of.merchant);
        const capturing = capturingAt(current.settings, of.now);
        const { lastDay, lastDayLeadDays: leadDays } = capturing.capture;
        if (lastDay === 'ask') return { rows: 0, yen: 0 };
        const { id: cycleId } = await requireCycle(trx, merchant.id, of.month);
        const page = { cycleId, now: of.now };
        const found = await listLastDayCharges(trx, merchant.id, page, capturing);
        const ready = found.filter((charge) => charge.ready);
        const rule = ready.length > 0 ? 'capture' : lastDay;
        const charges = rule === lastDay ? found : ready;
        if (charges.length === 0) return { rows: 0, yen: 0 };
        const yen = charges.reduce((sum, charge) => sum + charge.yen, 0);
        const decision = await recordDecision(trx, merchant.id, {
          key: `last-day:${of.month}:${Date.parse(of.now)}`,
          workflowId: of.workflowId,
          act: `last-day-${rule}`,
          body: { rows: charges.length, yen, leadDays },
          actor: LAST_DAY_ACTOR,
          reason: `設定 capture.lastDay = ${lastDay}(期限の ${leadDays} 営業日前)`,
          now: of.now,
        });
        const claim = { ...page, decisionId: decision.id };
        const orderNumbers = charges.map(({ orderNumber }) => orderNumber);
        const { refused, ...done } =
          rule === 'capture'
            ? await requestCaptures(trx, merchant.id, { ...claim, orderNumbers })
            : await claimVoids(trx, merchant.id, { ...claim, orderNumbers });
        if (refused.length > 0) throw new Error('what was just listed under the lock is free');
        return done;
      });
    },

    /** Charges that expired or were voided are authorized again, as new attempts. */
    async reauthorizeCharges(
      of: OfAct & { orderNumbers: readonly string[]; confirmed: RowsAndYen },
    ): Promise<RowsAndYen> {
      const { orderNumbers, confirmed } = of;
      return await actOnCycle(
        deps,
        of,
        { act: 'reauthorize-charges', body: { orderNumbers, confirmed } },
        async (trx, merchantId, { id: cycleId }, decisionId) => {
          const { refused, ...totals } = await requestAuthorizations(trx, merchantId, {
            cycleId,
            orderNumbers,
            decisionId,
            now: of.now,
          });
          refuseUnknown(
            refused,
            'この月の期限切れまたは取消済の請求ではないか、保留中か、再オーソリを指示済みです',
          );
          requireConfirmed(totals, confirmed);
          return totals;
        },
        async () => confirmed,
      );
    },
  };
}

/** The words of one mark. */
function writeMark(month: string, mark: DeadlineMark, rule: LastDayRule) {
  const { expiresOn, daysLeft: days, rows: charges, yen: amountYen, held, inFiles, free } = mark;
  if (mark.mark !== 'last-day') {
    const parameters = { month, expiresOn, days, charges, amountYen, held, inFiles };
    return { template: 'deadline_near', parameters } as const;
  }
  const parameters = { month, expiresOn, rule, charges, amountYen, held, free: free.rows };
  return {
    template: 'last_day',
    parameters: { ...parameters, freeYen: free.yen },
  } as const;
}
