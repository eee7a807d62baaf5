import { lockMerchant } from '../db/database.ts';
import { settleContradictionsOf } from '../db/queries/contradictions.ts';
import type { Act, OfCycle } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { loadMerchant } from './merchant.ts';
import { requireOpenCycle } from './open-cycle.ts';

export function createContradictionActivities({ db }: ActivityDependencies) {
  return {
    /**
     * An operator has compared the orders with the PSP and put right what was billed twice: the
     * recorded facts count again. All of those named, or none.
     */
    async settleContradictions(
      of: OfCycle & { act: Act; workflowId: string; orderNumbers: readonly string[] },
    ): Promise<{ settled: number }> {
      const merchant = await loadMerchant({ db }, of.merchant);
      try {
        return await db.transaction().execute(async (trx) => {
          await lockMerchant(trx, merchant.id);
          const decision = await decide(trx, merchant.id, of, {
            act: 'settle-contradictions',
            body: { orderNumbers: of.orderNumbers },
          });
          if (!decision.fresh) return { settled: of.orderNumbers.length };
          const cycle = await requireOpenCycle(trx, merchant.id, of.month);
          const refused = await settleContradictionsOf(trx, merchant.id, {
            cycleId: cycle.id,
            orderNumbers: of.orderNumbers,
            decisionId: decision.id,
            now: of.now,
          });
          if (refused.length > 0) {
            throw refusal(
              'UnknownOrders',
              `次の注文に未確認の矛盾はありません: ${refused.join('、')}。何も変更していません。注文番号を確かめてください。`,
            );
          }
          return { settled: of.orderNumbers.length };
        });
      } catch (error) {
        throw asRefusal(error);
      }
    },
  };
}
