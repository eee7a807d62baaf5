import type { RowsAndYen } from '../billing/cycle.ts';
import { openRun, weighRun } from '../db/queries/runs.ts';
import {
  type PartialAmount,
  recordShipments,
  requestCaptures,
  type ShipmentNews,
} from '../db/queries/shipments.ts';
import { actOnCycle, type OfAct, refuseUnknown, requireConfirmed } from './cycle-act.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { refusal } from './failures.ts';

/** What people decide about a month's money beyond its own course: whom to bill, what to capture. */
export function createRunActivities(deps: ActivityDependencies) {
  return {
    /** Bills all selected orders that no run has billed yet, or the named ones of them. */
    async openRun(
      of: OfAct & { orderNumbers: readonly string[] | null; confirmed: RowsAndYen },
    ): Promise<RowsAndYen> {
      const { orderNumbers, confirmed } = of;
      return await actOnCycle(
        deps,
        of,
        { act: 'open-run', body: { orderNumbers, confirmed } },
        async (trx, merchantId, cycle, decisionId) => {
          if (cycle.stage === 'collecting') {
            throw refusal(
              'StageConflict',
              '注文CSVの取り込みと請求対象の選定が終わっていません。何も変更していません。',
            );
          }
          const run = { cycleId: cycle.id, orderNumbers };
          const { refused, ...totals } = await weighRun(trx, merchantId, run);
          refuseUnknown(refused, '請求対象として選定されていないか、すでに請求しています');
          requireConfirmed(totals, confirmed);
          await openRun(trx, merchantId, { ...run, decisionId, now: of.now });
          return totals;
        },
        async () => confirmed,
      );
    },

    /** Captures what an operator ticked, with the next file, whatever the policy says. */
    async requestCaptures(
      of: OfAct & {
        orderNumbers: readonly string[];
        partialAmounts: readonly PartialAmount[];
        confirmed: RowsAndYen;
      },
    ): Promise<RowsAndYen> {
      const { orderNumbers, partialAmounts, confirmed } = of;
      return await actOnCycle(
        deps,
        of,
        { act: 'request-captures', body: { orderNumbers, partialAmounts, confirmed } },
        async (trx, merchantId, cycle, decisionId) => {
          const { refused, ...totals } = await requestCaptures(trx, merchantId, {
            cycleId: cycle.id,
            orderNumbers,
            partialAmounts,
            decisionId,
            now: of.now,
          });
          refuseUnknown(
            refused,
            '売上処理できる状態(オーソリOKで期限内、売上未送信、保留なし)ではないか、オーソリ金額を超えているか、すでに別の金額で売上を指示しています',
          );
          requireConfirmed(totals, confirmed);
          return totals;
        },
        async () => confirmed,
      );
    },

    /** 全商品発送日 from the shop's own system or an operator. */
    async recordShipments(
      of: OfAct & { shipments: readonly ShipmentNews[] },
    ): Promise<{ recorded: number }> {
      const { shipments } = of;
      return await actOnCycle(
        deps,
        of,
        { act: 'record-shipments', body: { shipments } },
        async (trx, merchantId, cycle, decisionId) => {
          const told = { cycleId: cycle.id, decisionId, now: of.now };
          const unknown = await recordShipments(trx, merchantId, told, shipments);
          refuseUnknown(unknown, 'この月に請求がありません');
          return { recorded: shipments.length };
        },
        async () => ({ recorded: shipments.length }),
      );
    },
  };
}
