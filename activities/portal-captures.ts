import type { RowsAndYen } from '../billing/cycle.ts';
import { answerPortalCaptures, type PortalCaptureAnswer } from '../db/queries/portal-captures.ts';
import { actOnCycle, type OfAct, refuseUnknown, requireConfirmed } from './cycle-act.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** Captures that an operator carries out on the portal by a list: what became of them. */
export function createPortalCaptureActivities(deps: ActivityDependencies) {
  return {
    /** Of all on the list or of the named ones; count and yen must be what the operator saw. */
    async confirmPortalCaptures(
      of: OfAct & {
        orderNumbers: readonly string[] | null;
        confirmed: RowsAndYen;
        result: PortalCaptureAnswer;
      },
    ): Promise<RowsAndYen> {
      const { orderNumbers, confirmed, result } = of;
      return await actOnCycle(
        deps,
        of,
        { act: 'confirm-portal-captures', body: { orderNumbers, confirmed, result } },
        async (trx, merchantId, cycle, decisionId) => {
          const { refused, ...totals } = await answerPortalCaptures(trx, merchantId, {
            cycleId: cycle.id,
            orderNumbers,
            result,
            decisionId,
            now: of.now,
          });
          refuseUnknown(refused, 'この月の売上処理リストにありません');
          requireConfirmed(totals, confirmed);
          return totals;
        },
        async () => confirmed,
      );
    },
  };
}
