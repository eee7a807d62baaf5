import type { Order } from './order.ts';
import type { OrderField, OrderProfile } from './order-profile.ts';
import type { QuarantinedRow, RowReason } from './row-reason.ts';

/** Exclusions that 対応状況 decides. */
export type StatusExclusion =
  | 'delivery_completed'
  | 'cancelled'
  | 'cancelled_by_customer'
  | 'payment_failed'
  | 'continuation_pending';

/**
 * Why an order is not billed this month. The last three are not in the order itself: the record of
 * money, the card refresh and operators decide them.
 */
export type ExclusionReason =
  | 'not_paygent'
  | 'first_order'
  | StatusExclusion
  | 'zero_amount'
  | 'already_billed'
  | 'card_locked'
  | 'on_hold';

/** What operators read, in the order in which the reasons are looked at. */
export const exclusionLabels: Readonly<Record<ExclusionReason, string>> = {
  not_paygent: 'ペイジェント決済の対象外',
  first_order: '初回の注文',
  delivery_completed: '定期配送完了済み',
  cancelled: 'キャンセル',
  cancelled_by_customer: '顧客キャンセル',
  payment_failed: '決済失敗',
  continuation_pending: '継続確認中',
  zero_amount: '請求金額が0円',
  already_billed: '請求済み',
  card_locked: '洗替によりカード利用停止中',
  on_hold: '保留中',
};

export type Selection =
  | { readonly kind: 'selected' }
  | { readonly kind: 'excluded'; readonly reason: ExclusionReason }
  | {
      readonly kind: 'quarantined';
      readonly field: OrderField;
      readonly value: string;
      readonly reason: RowReason;
    };

/**
 * Says whether an order is billed, by what the order itself says (spec 1.2): the first matching
 * exclusion wins; what contradicts itself is quarantined, neither billed nor silently left out.
 */
export function selectOrder(order: Order, profile: OrderProfile): Selection {
  if (!profile.paygentPaymentMethods.includes(order.paymentMethod)) return excluded('not_paygent');
  if (order.cycleCount === 1) return excluded('first_order');
  const byStatus = Object.hasOwn(profile.excludedStatuses, order.status)
    ? profile.excludedStatuses[order.status]
    : undefined;
  if (byStatus) return excluded(byStatus);
  if (!profile.billedStatuses.includes(order.status)) {
    return quarantined('status', order.status, {
      code: 'unknown_status',
      ja: '対応状況が設定にありません。請求するかどうかを設定で決めてください',
      en: 'the status is not in the settings: decide there whether it is billed',
    });
  }
  if (order.amountYen === 0) return excluded('zero_amount');
  if (order.cycleCount === null || order.cycleCount < 1) {
    return quarantined('cycleCount', order.cycleCount === null ? '' : String(order.cycleCount), {
      code: 'cycle_count_missing',
      ja: '定期回数がないため、初回か2回目以降か判断できません',
      en: 'without a cycle count it cannot be told whether this is a first or a repeat order',
    });
  }
  if (order.previousOrderNumber === null) {
    return quarantined('previousOrderNumber', '', {
      code: 'previous_order_missing',
      ja: '2回目以降の注文ですが、直前回注文番号がありません',
      en: 'a repeat order without the number of the order before it',
    });
  }
  return { kind: 'selected' };
}

/** A quarantine at selection as the row that every count shows. */
export function toQuarantinedRow(
  order: Order,
  finding: Extract<Selection, { kind: 'quarantined' }>,
  profile: OrderProfile,
): QuarantinedRow {
  return {
    kind: 'quarantined',
    record: order.record,
    line: order.line,
    column: profile.columns[finding.field].name,
    value: finding.value,
    reason: finding.reason,
    orderNumber: order.orderNumber,
  };
}

function excluded(reason: ExclusionReason): Selection {
  return { kind: 'excluded', reason };
}

function quarantined(field: OrderField, value: string, reason: RowReason): Selection {
  return { kind: 'quarantined', field, value, reason };
}
