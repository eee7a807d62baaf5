import { readClock } from './clock.ts';
import type { Desk } from './desk.ts';
import { listPayments, type PaymentRow } from './payments.ts';
import { Refusal } from './refusal.ts';

/**
 * 一括売上処理 and 取消 of 情報照会, for one payment or for many that were ticked. 取消 voids an
 * authorization or cancels a sale: the portal has one button for both [our reading].
 */

export type PaymentAct = 'capture' | 'void';

export interface PaymentSelection {
  readonly rows: readonly PaymentRow[];
  readonly amountYen: number;
}

export interface SettledPayments {
  /** How many were captured or voided, and their yen. */
  readonly records: number;
  readonly amountYen: number;
  readonly at: string;
}

/**
 * What the confirm screen shows before anything is done.
 *
 * @throws Refusal `nothing_selected`; `unknown_payment`; `not_authorized`, naming every payment that
 * cannot be dealt with so: then none is done.
 */
export function selectPayments(
  desk: Desk,
  merchantId: string,
  act: PaymentAct,
  paymentIds: readonly string[],
): PaymentSelection {
  const wanted = new Set(paymentIds);
  if (wanted.size === 0) {
    throw new Refusal(400, 'nothing_selected', '対象のデータを選択してください。');
  }
  const rows = listPayments(desk, merchantId).filter(({ paymentId }) => wanted.has(paymentId));
  const known = new Set(rows.map(({ paymentId }) => paymentId));
  const unknown = [...wanted].filter((paymentId) => !known.has(paymentId));
  if (unknown.length > 0) {
    throw new Refusal(404, 'unknown_payment', `決済ID ${unknown.join('、')} の取引はありません。`);
  }
  const fitting: readonly PaymentRow['status'][] =
    act === 'capture' ? ['オーソリOK'] : ['オーソリOK', '消込済'];
  const others = rows.filter(({ status }) => !fitting.includes(status));
  if (others.length > 0) {
    const named = others.map(({ paymentId, status }) => `決済ID ${paymentId} は${status}`);
    throw new Refusal(
      409,
      'not_authorized',
      `${fitting.join('・')}以外の取引が含まれているため、処理を行いませんでした: ${named.join('、')}。選択し直してください。`,
      { payments: others.map(({ paymentId, status }) => ({ paymentId, status })) },
    );
  }
  return { rows, amountYen: rows.reduce((sum, row) => sum + row.amountYen, 0) };
}

/**
 * Captures or voids the selected payments, all or none, at the sandbox's instant. A second press of
 * the button finds them no longer オーソリOK and is refused.
 *
 * @param expected count and yen that the confirm screen showed; `confirm_differs` when they moved.
 */
export async function settlePayments(
  desk: Desk,
  merchantId: string,
  act: PaymentAct,
  paymentIds: readonly string[],
  expected?: { readonly records: number; readonly amountYen: number },
): Promise<SettledPayments> {
  return desk.inTurn(() => {
    const at = readClock(desk);
    const { rows, amountYen } = selectPayments(desk, merchantId, act, paymentIds);
    if (expected && (expected.records !== rows.length || expected.amountYen !== amountYen)) {
      const shown = `${rows.length} 件 ${amountYen} 円`;
      throw new Refusal(409, 'confirm_differs', `確認画面の件数・金額と異なります: ${shown}。`);
    }
    const type = act === 'capture' ? 'captured_on_portal' : 'voided_on_portal';
    desk.commit({ type, merchantId, at, paymentIds: rows.map(({ paymentId }) => paymentId) });
    return { records: rows.length, amountYen, at };
  });
}
