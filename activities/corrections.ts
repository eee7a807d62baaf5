import { type CorrectionKind, takesMoneyBack } from '../billing/correction.ts';
import { formatYen } from '../billing/money.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import {
  acknowledgeCorrection,
  countOpenCorrections,
  findCapturedYen,
  findCorrectionOf,
  insertCorrection,
} from '../db/queries/corrections.ts';
import { type CycleRow, requireCycle, setCycleAttention } from '../db/queries/cycles.ts';
import type { Act, OfCycle } from './acts.ts';
import { alarmOf } from './correction-alarm.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { loadMerchant } from './merchant.ts';

type OfAct = OfCycle & { act: Act; workflowId: string };

/** Events of a closed month: its record stays, and these stand beside it until a person has looked. */
export function createCorrectionActivities(deps: ActivityDependencies) {
  return {
    /** A person reports what became known of a closed month. @returns its number in the month */
    async recordCorrection(
      of: OfAct & { kind: CorrectionKind; orderNumber: string | null; yen: number | null },
    ): Promise<{ number: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      const { kind, orderNumber, yen, now } = of;
      try {
        const { number, fresh } = await deps.db.transaction().execute(async (trx) => {
          await lockMerchant(trx, merchant.id);
          const body = { month: of.month, kind, orderNumber, yen };
          const decision = await decide(trx, merchant.id, of, { act: 'record-correction', body });
          const known = await findCorrectionOf(trx, merchant.id, decision.id);
          if (known !== undefined) return { number: known, fresh: false };
          const cycle = await requireClosedCycle(trx, merchant.id, of.month);
          await refuseUnfounded(trx, merchant.id, { cycleId: cycle.id, kind, orderNumber, yen });
          const n = await insertCorrection(trx, merchant.id, {
            ...{ cycleId: cycle.id, kind, orderNumber, yen, now },
            reason: of.act.reason ?? '',
            decisionId: decision.id,
          });
          await alarmOf(trx, merchant.id, {
            ...{ cycleId: cycle.id, month: of.month, kind, now },
            ...{ first: n, rows: 1, yen: yen ?? 0 },
          });
          return { number: n, fresh: true };
        });
        if (fresh) await deps.workflows.wakeMail(merchant);
        return { number };
      } catch (error) {
        throw asRefusal(error);
      }
    },

    /** A person has looked after a correction and says what was done. */
    async acknowledgeCorrection(of: OfAct & { number: number }): Promise<{ open: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      try {
        return await deps.db.transaction().execute(async (trx) => {
          await lockMerchant(trx, merchant.id);
          const { id: cycleId } = await requireCycle(trx, merchant.id, of.month);
          const body = { month: of.month, number: of.number };
          const decision = await decide(trx, merchant.id, of, {
            act: 'acknowledge-correction',
            body,
          });
          if (decision.fresh) {
            const { id: decisionId } = decision;
            const { number, now } = of;
            refuseUnacknowledged(
              await acknowledgeCorrection(trx, merchant.id, { cycleId, number, decisionId, now }),
              of,
            );
          }
          const open = await countOpenCorrections(trx, merchant.id, cycleId);
          const attention = { cycleId, attention: open > 0, now: of.now };
          await setCycleAttention(trx, merchant.id, attention);
          return { open };
        });
      } catch (error) {
        throw asRefusal(error);
      }
    },
  };
}

async function requireClosedCycle(trx: Trx, merchantId: number, month: string): Promise<CycleRow> {
  const cycle = await requireCycle(trx, merchantId, month);
  if (cycle.stage === 'closed') return cycle;
  throw refusal(
    'StageConflict',
    `${month} の請求はまだ締めていません。何も記録していません。訂正は締めた月だけに記録できます。締める前の月は、結果の取り込み・売上・取消などの操作で処理してください。`,
  );
}

/** What is taken back was captured before: anything else is a slip of the pen. */
async function refuseUnfounded(
  trx: Trx,
  merchantId: number,
  of: { cycleId: number; kind: CorrectionKind; orderNumber: string | null; yen: number | null },
): Promise<void> {
  const { cycleId, kind, orderNumber, yen } = of;
  if (orderNumber === null) return;
  const captured = await findCapturedYen(trx, merchantId, { cycleId, orderNumber });
  if (captured === undefined) {
    throw refusal(
      'UnknownOrders',
      `この月に注文 ${orderNumber} の請求はありません。何も記録していません。注文番号と請求月を確かめてください。`,
    );
  }
  if (takesMoneyBack(kind) && yen !== null && yen > captured) {
    throw refusal(
      'StageConflict',
      `注文 ${orderNumber} の売上は ${formatYen(captured)}です。${formatYen(yen)}は記録していません。金額を確かめてください。`,
    );
  }
}

function refuseUnacknowledged(
  done: 'acknowledged' | 'before' | 'unknown',
  { month, number }: { readonly month: string; readonly number: number },
): void {
  if (done === 'acknowledged') return;
  throw refusal(
    'StageConflict',
    done === 'before'
      ? `${month} の訂正 ${number} は確認済みです。何も変更していません。`
      : `${month} に訂正 ${number} はありません。何も変更していません。画面を読み直してください。`,
  );
}
