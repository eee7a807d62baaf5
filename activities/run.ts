import type { RowsAndYen } from '../billing/cycle.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import type { CycleRow } from '../db/queries/cycles.ts';
import { openRun, weighRun } from '../db/queries/runs.ts';
import { recordShipments, requestCaptures, type ShipmentNews } from '../db/queries/shipments.ts';
import type { Act, OfCycle } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchant } from './merchant.ts';
import { requireOpenCycle } from './open-cycle.ts';

type OfAct = OfCycle & { readonly act: Act; readonly workflowId: string };

/** What people decide about a month's money beyond its own course: whom to bill, what to capture. */
export function createRunActivities(deps: ActivityDependencies) {
  /** One act: lock, decide once, apply; all of it or nothing. */
  async function act<Result>(
    of: OfAct,
    decision: { act: string; body: unknown },
    apply: (trx: Trx, merchantId: number, cycle: CycleRow, decisionId: number) => Promise<Result>,
    repeated: (trx: Trx, merchantId: number, cycle: CycleRow) => Promise<Result>,
  ): Promise<Result> {
    const merchant = await loadMerchant(deps, of.merchant);
    try {
      return await withHeartbeat(() =>
        deps.db.transaction().execute(async (trx) => {
          await lockMerchant(trx, merchant.id);
          const recorded = await decide(trx, merchant.id, of, decision);
          const cycle = await requireOpenCycle(trx, merchant.id, of.month);
          return recorded.fresh
            ? await apply(trx, merchant.id, cycle, recorded.id)
            : await repeated(trx, merchant.id, cycle);
        }),
      );
    } catch (error) {
      throw asRefusal(error);
    }
  }

  return {
    /** Bills all selected orders that no run has billed yet, or the named ones of them. */
    async openRun(
      of: OfAct & { orderNumbers: readonly string[] | null; confirmed: RowsAndYen },
    ): Promise<RowsAndYen> {
      const { orderNumbers, confirmed } = of;
      return await act(
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
      of: OfAct & { orderNumbers: readonly string[]; confirmed: RowsAndYen },
    ): Promise<RowsAndYen> {
      const { orderNumbers, confirmed } = of;
      return await act(
        of,
        { act: 'request-captures', body: { orderNumbers, confirmed } },
        async (trx, merchantId, cycle, decisionId) => {
          const { refused, ...totals } = await requestCaptures(trx, merchantId, {
            cycleId: cycle.id,
            orderNumbers,
            decisionId,
            now: of.now,
          });
          refuseUnknown(
            refused,
            '売上処理できる状態(オーソリOKで期限内、売上未送信、保留なし)ではありません',
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
      return await act(
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

/** All of those named, or none. */
function refuseUnknown(orderNumbers: readonly string[], why: string): void {
  if (orderNumbers.length === 0) return;
  throw refusal(
    'UnknownOrders',
    `次の注文は${why}: ${orderNumbers.join('、')}。何も変更していません。`,
  );
}

/** What a person confirmed on the screen must still be what happens. */
function requireConfirmed(totals: RowsAndYen, confirmed: RowsAndYen): void {
  if (totals.rows === confirmed.rows && totals.yen === confirmed.yen) return;
  throw refusal(
    'TotalsDiffer',
    `確認した件数・金額(${confirmed.rows} 件、${confirmed.yen} 円)が現在の値(${totals.rows} 件、${totals.yen} 円)と異なります。何も変更していません。内容を確認してやり直してください。`,
    totals,
  );
}
