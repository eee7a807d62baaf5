import { closeResendTasks } from '../db/queries/carrier-resend-tasks.ts';
import type { Act } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { loadMerchant } from './merchant.ts';

export function createCarrierResendTaskActivities({ db }: ActivityDependencies) {
  return {
    /** A person says that ZEUS need not send these again, all of them or none. */
    async closeResendTasks(of: {
      readonly merchant: string;
      readonly now: string;
      readonly workflowId: string;
      readonly act: Act;
      /** Public IDs. */
      readonly tasks: readonly string[];
    }): Promise<{ closed: number }> {
      const merchant = await loadMerchant({ db }, of.merchant);
      try {
        return await db.transaction().execute(async (trx) => {
          const decision = await decide(trx, merchant.id, of, {
            act: 'close-resend-tasks',
            body: { tasks: of.tasks },
          });
          if (!decision.fresh) return { closed: of.tasks.length };
          const { tasks, now } = of;
          const closing = { tasks, now, decisionId: decision.id };
          const refused = await closeResendTasks(trx, merchant.id, closing);
          if (refused.length > 0) {
            throw refusal(
              'UnknownTasks',
              `選択した作業のうち${refused.length}件は、すでに完了しているか存在しません。何も変更していません。一覧を読み直して選び直してください。`,
            );
          }
          return { closed: tasks.length };
        });
      } catch (error) {
        throw asRefusal(error);
      }
    },
  };
}
