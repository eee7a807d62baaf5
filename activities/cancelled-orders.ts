import { formatYen } from '../billing/money.ts';
import type { Trx } from '../db/database.ts';
import {
  type CancelledOrders,
  hasOpenCharges,
  listCancelledOrders,
} from '../db/queries/cancelled-orders.ts';
import { recordDecision } from '../db/queries/decisions.ts';
import { insertHolds, releaseHolds } from '../db/queries/holds.ts';
import { notifyOperators } from '../db/queries/notices.ts';

/** Who keeps them back: the newer export. */
const CANCELLED_ACTOR = 'policy:cancelled-orders';
const HOLD_CANCELLED = 'hold-cancelled-orders';

/** The key of the decision by which an export's cancelled orders are held. */
export const cancelledKey = (collectionId: number) => `cancelled-orders:${collectionId}`;

/**
 * Puts charged orders on hold that an export cancels: no file takes them up and no rule of the last day
 * captures them before a person has said whether they are voided, ended or billed after all. Once for
 * each order. A hold for another reason gives way to this one: whoever ended it would bill an order
 * without knowing that it is cancelled. The caller holds the merchant's lock, wakes the months and the mail.
 *
 * @returns whether anybody has to look
 */
export async function holdCancelledOrders(
  trx: Trx,
  merchantId: number,
  of: { readonly collectionId: number; readonly workflowId: string; readonly now: string },
): Promise<boolean> {
  const { collectionId, workflowId, now } = of;
  if (!(await hasOpenCharges(trx, merchantId))) return false;
  const key = cancelledKey(collectionId);
  const found = await listCancelledOrders(trx, merchantId, { collectionId, act: HOLD_CANCELLED });
  if (found.length === 0) return false;
  const sumOf = (count: (month: CancelledOrders) => number) =>
    found.reduce((sum, month) => sum + count(month), 0);
  const { id: decisionId } = await recordDecision(trx, merchantId, {
    key,
    workflowId,
    act: HOLD_CANCELLED,
    body: {
      held: sumOf(({ orderNumbers }) => orderNumbers.length),
      heldAlready: sumOf(({ heldAlready }) => heldAlready),
      inFiles: sumOf(({ inFiles }) => inFiles),
    },
    actor: CANCELLED_ACTOR,
    reason: '請求後の注文CSVでキャンセルになっている',
    now,
  });
  for (const month of found) {
    const { cycleId, orderNumbers } = month;
    if (orderNumbers.length > 0) {
      await releaseHolds(trx, merchantId, { orderNumbers, decisionId, now });
      await insertHolds(trx, merchantId, { cycleId, orderNumbers, decisionId, now });
    }
    await notifyOperators(trx, merchantId, {
      key: `${key}:${month.month}`,
      template: 'attention',
      parameters: { month: month.month, sentence: explainCancelled(month) },
      now,
    });
  }
  return true;
}

/** What operators read. */
function explainCancelled(month: CancelledOrders): string {
  const { orderNumbers, yen, heldAlready, inFiles } = month;
  const again =
    heldAlready === 0
      ? ''
      : `うち ${heldAlready} 件は別の理由で保留中だったため、キャンセルの保留に切り替えました。`;
  const held =
    orderNumbers.length === 0
      ? ''
      : `請求した注文のうち ${orderNumbers.length} 件(${formatYen(yen)})が、新しい注文CSVでキャンセルになっています。保留にしたため、売上処理も再オーソリも自動では行いません。オーソリを取り消すか、請求を終了してください。請求する場合は保留を解除してください。${again}`;
  const late =
    inFiles === 0
      ? ''
      : `キャンセルになった注文 ${inFiles} 件は売上ファイルまたは売上リストに入っているため、保留にしていません。アップロード前ならファイルから取り出し、後なら返金を確かめてください。`;
  return `${held}${late}`;
}
