import { lockMerchant, type Trx } from '../db/database.ts';
import { releaseCharges } from '../db/queries/charges.ts';
import {
  findUnholdable,
  insertHolds,
  listMonthsOfOrders,
  releaseHolds,
  type SeenHold,
} from '../db/queries/holds.ts';
import { hasNgDesk } from '../db/queries/ng-cases.ts';
import type { Act, OfCycle } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { loadMerchant } from './merchant.ts';
import { requireOpenCycle } from './open-cycle.ts';

type OfOrders = OfCycle & { act: Act; workflowId: string; orderNumbers: readonly string[] };
type OfHolds = OfOrders & { seen?: readonly SeenHold[] | undefined };

/** What people decide about single orders of a month: kept back, let go, billed after all. */
export function createHoldActivities(deps: ActivityDependencies) {
  /** One act on orders, all of those named or none: lock, decide once, apply. */
  async function act(
    of: OfHolds,
    name: string,
    apply: (trx: Trx, merchantId: number, cycleId: number, decisionId: number) => Promise<void>,
  ): Promise<number> {
    const merchant = await loadMerchant(deps, of.merchant);
    try {
      return await deps.db.transaction().execute(async (trx) => {
        await lockMerchant(trx, merchant.id);
        const body = { orderNumbers: of.orderNumbers, seen: of.seen };
        const decision = await decide(trx, merchant.id, of, { act: name, body });
        if (!decision.fresh) return of.orderNumbers.length;
        const cycle = await requireOpenCycle(trx, merchant.id, of.month);
        await apply(trx, merchant.id, cycle.id, decision.id);
        return of.orderNumbers.length;
      });
    } catch (error) {
      throw asRefusal(error);
    }
  }

  return {
    /** Keeps orders out of every file until they are released, with a reason. */
    async holdOrders(of: OfOrders): Promise<{ held: number }> {
      const held = await act(of, 'hold-orders', async (trx, merchantId, cycleId, decisionId) => {
        const { orderNumbers, now } = of;
        const refused = await findUnholdable(trx, merchantId, { cycleId, orderNumbers });
        if (refused.length > 0) {
          throw refusal(
            'StageConflict',
            `次の注文は保留にできません: ${refused.join('、')}。何も変更していません。この月にない注文や、請求が終わった注文は保留にできません。ファイルに入っている注文は、アップロード前なら「ファイルから取り出す」を、アップロード後なら結果を待ってから保留にしてください。`,
          );
        }
        await insertHolds(trx, merchantId, { cycleId, orderNumbers, decisionId, now });
      });
      return { held };
    },

    /**
     * Lets orders go that were on hold; files take them up as if they never had been. Where it is said
     * which hold was seen, only that one ends: a newer one has a reason that nobody weighed.
     */
    async releaseHolds(of: OfHolds): Promise<{ released: number }> {
      const released = await act(of, 'release-holds', async (trx, merchantId, _, decisionId) => {
        const { orderNumbers, seen, now } = of;
        const release = { orderNumbers, seen, decisionId, now };
        const { absent, replaced } = await releaseHolds(trx, merchantId, release);
        if (absent.length > 0) {
          throw refusal(
            'UnknownOrders',
            `次の注文は保留中ではありません: ${absent.join('、')}。何も変更していません。画面を読み直してください。`,
          );
        }
        if (replaced.length > 0) {
          throw refusal(
            'StageConflict',
            `次の注文は、表示の後に別の理由で保留になりました: ${replaced.join('、')}。何も変更していません。画面を読み直し、新しい理由を確かめてから選び直してください。`,
          );
        }
      });
      const merchant = await loadMerchant(deps, of.merchant);
      // An order may be released by another month than the one that bills it.
      for (const month of await listMonthsOfOrders(deps.db, merchant.id, of.orderNumbers)) {
        if (month !== of.month) await deps.workflows.wakeCycle(merchant.slug, month, 'holds');
      }
      // A retry that was asked for may have waited for this.
      if (await hasNgDesk(deps.db, merchant.id)) await deps.workflows.wakeNgDesk(merchant);
      return { released };
    },

    /** Opens charges again that were given up or cancelled: they are planned in their own month. */
    async releaseCharges(of: OfOrders): Promise<{ released: number }> {
      const released = await act(of, 'release-charges', async (trx, merchantId, cycleId, id) => {
        const { orderNumbers, now } = of;
        const release = { cycleId, orderNumbers, decisionId: id, now };
        const refused = await releaseCharges(trx, merchantId, release);
        if (refused.length > 0) {
          throw refusal(
            'StageConflict',
            `次の注文は ${of.month} で請求断念またはキャンセルになっていません: ${refused.join('、')}。何も変更していません。`,
          );
        }
      });
      return { released };
    },
  };
}
