import type { RowsAndYen } from '../billing/cycle.ts';
import { answerVoids, claimVoids, type VoidAnswer } from '../db/queries/voids.ts';
import { actOnCycle, type OfAct, refuseUnknown, requireConfirmed } from './cycle-act.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** Voids by the list that an operator works on the portal: asked for, and what became of them. */
export function createVoidActivities(deps: ActivityDependencies) {
  return {
    /** Puts authorized charges on the 取消リスト: all of those named, or none. */
    async voidCharges(
      of: OfAct & { orderNumbers: readonly string[]; confirmed: RowsAndYen },
    ): Promise<RowsAndYen> {
      const { orderNumbers, confirmed } = of;
      return await actOnCycle(
        deps,
        of,
        { act: 'void-charges', body: { orderNumbers, confirmed } },
        async (trx, merchantId, cycle, decisionId) => {
          const { refused, ...totals } = await claimVoids(trx, merchantId, {
            cycleId: cycle.id,
            orderNumbers,
            decisionId,
            now: of.now,
          });
          refuseUnknown(
            refused,
            '取消できる状態(オーソリOKで期限内、売上ファイルに入っていない)ではありません',
          );
          requireConfirmed(totals, confirmed);
          return totals;
        },
        async () => confirmed,
      );
    },

    /** What the operator found on the portal: all of those named, or none. */
    async confirmVoids(
      of: OfAct & { orderNumbers: readonly string[]; result: VoidAnswer },
    ): Promise<{ answered: number }> {
      const { orderNumbers, result } = of;
      const answered = { answered: new Set(orderNumbers).size };
      return await actOnCycle(
        deps,
        of,
        { act: 'confirm-voids', body: { orderNumbers, result } },
        async (trx, merchantId, cycle, decisionId) => {
          const answer = { cycleId: cycle.id, orderNumbers, result, decisionId, now: of.now };
          const unknown = await answerVoids(trx, merchantId, answer);
          refuseUnknown(unknown, 'この月の取消リストにありません');
          return answered;
        },
        async () => answered,
      );
    },
  };
}
