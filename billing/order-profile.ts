import type { StatusExclusion } from './select-orders.ts';

/** How sure a fact about an outside format is; see docs/sources.md. */
export type Certainty = 'manual' | 'seen' | 'assumed';

/** What a column of an order export means to us. */
export type OrderField =
  | 'orderedAt'
  | 'orderNumber'
  | 'customerNumber'
  | 'customerName'
  | 'email'
  | 'phone'
  | 'paymentMethod'
  | 'cycleCount'
  | 'previousOrderNumber'
  | 'amountYen'
  | 'shipment'
  | 'status';

export interface OrderColumn {
  /** Name in the header line. */
  readonly name: string;
  /** A file without a required column is refused; an optional one reads as blank. */
  readonly required: boolean;
  readonly certainty: Certainty;
}

/** How a merchant's cart writes its orders: plain data, a merchant setting. */
export interface OrderProfile {
  readonly name: string;
  readonly columns: Readonly<Record<OrderField, OrderColumn>>;
  /** Values of 支払方法 that are billed through Paygent. */
  readonly paygentPaymentMethods: readonly string[];
  /** Values of 対応状況, without white space, that are billed. */
  readonly billedStatuses: readonly string[];
  /** Values of 対応状況, without white space, that are not billed, with the reason. */
  readonly excludedStatuses: Readonly<Record<string, StatusExclusion>>;
  /** Words in 全商品発送日 that say that nothing was shipped yet. */
  readonly unshippedWords: readonly string[];
}

const assumed = (name: string): OrderColumn => ({ name, required: true, certainty: 'assumed' });
const manual = (name: string): OrderColumn => ({ name, required: true, certainty: 'manual' });

/**
 * Cagolab. Column names that stand in the manual's screens (002, chapter 2) are marked manual, though
 * that screen is a list, not this export; the others, the billed statuses and the name of the card
 * payment method are our assumptions. The excluded statuses are the manual's.
 */
export const cagolabProfile: OrderProfile = {
  name: 'cagolab',
  columns: {
    orderedAt: assumed('受注日時'),
    orderNumber: manual('注文番号'),
    customerNumber: assumed('顧客番号'),
    customerName: manual('顧客名'),
    email: assumed('メールアドレス'),
    phone: assumed('電話番号'),
    paymentMethod: manual('支払方法'),
    cycleCount: assumed('定期回数'),
    previousOrderNumber: assumed('直前回注文番号'),
    amountYen: manual('購入金額'),
    shipment: manual('全商品発送日'),
    status: manual('対応状況'),
  },
  paygentPaymentMethods: ['クレジットカード'],
  billedStatuses: ['新規受付', '入金待ち', '発送準備中', '定期配送中', '発送済み'],
  excludedStatuses: {
    定期配送完了済み: 'delivery_completed',
    キャンセル: 'cancelled',
    顧客キャンセル: 'cancelled_by_customer',
    決済失敗: 'payment_failed',
    継続確認中: 'continuation_pending',
  },
  unshippedWords: ['未発送'],
};

/** Columns that hold numbers of the shop's own: the card-number guard leaves them out. */
export function ownNumberColumns(profile: OrderProfile): readonly string[] {
  const { orderNumber, previousOrderNumber, customerNumber } = profile.columns;
  return [orderNumber.name, previousOrderNumber.name, customerNumber.name];
}
