import { orderNumberDoubled } from './order-export.ts';
import { type ExclusionReason, exclusionLabels } from './select-orders.ts';

/**
 * A count speaks for many rows: what is wrong with each of them, with its value, stands at the row
 * itself (RowReason).
 */
const quarantineLabels: Readonly<Record<string, string>> = {
  [orderNumberDoubled.code]: orderNumberDoubled.ja,
  order_number_empty: '注文番号が空',
  amount_empty: '金額が空',
  amount_unreadable: '金額が0以上の整数の円でない',
  amount_too_large: '金額が上限を超える',
  cycle_count_unreadable: '定期回数が整数でない',
  cycle_count_missing: '定期回数がない',
  shipment_unreadable: '全商品発送日が読めない',
  ordered_at_unreadable: '受注日時が読めない',
  unknown_status: '対応状況が設定にない',
  previous_order_missing: '直前回注文番号がない',
  invalid_bytes: '文字コードが不正',
  malformed_quotes: '引用符が正しくない',
  row_too_long: '行が長すぎる',
  too_few_columns: '列が足りない',
  too_many_columns: '列が多い',
};

/** What operators read for a reason of any verdict; an unknown one is shown as it is. */
export function labelOfReason(reason: string | null): string | null {
  if (reason === null) return null;
  if (Object.hasOwn(exclusionLabels, reason)) return exclusionLabels[reason as ExclusionReason];
  return Object.hasOwn(quarantineLabels, reason) ? (quarantineLabels[reason] ?? reason) : reason;
}
