import type { BusinessDate } from './business-date.ts';

/** What 全商品発送日 says: a date, the word 未発送, or nothing. */
export type Shipment =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unshipped' }
  | { readonly kind: 'shipped'; readonly on: BusinessDate };

/** One row of an order export, read. */
export interface Order {
  /** Number of the data record in the export, from 1. */
  readonly record: number;
  /** Physical line on which the record starts, from 1. */
  readonly line: number;
  /** 注文番号 */
  readonly orderNumber: string;
  /** 顧客番号 */
  readonly customerNumber: string;
  /** 受注日時 as ISO instant, read as JST; null when blank. */
  readonly orderedAt: string | null;
  /** 支払方法 */
  readonly paymentMethod: string;
  /** 定期回数: which delivery of the subscription this is, from 1; null when blank. */
  readonly cycleCount: number | null;
  /** 直前回注文番号: the order before this one, whose card data is used; null when blank. */
  readonly previousOrderNumber: string | null;
  /** 購入金額 in yen. */
  readonly amountYen: number;
  /** 全商品発送日 */
  readonly shipment: Shipment;
  /** 対応状況 with white space taken out. */
  readonly status: string;
  /** 顧客名 */
  readonly customerName: string;
  /** メールアドレス */
  readonly email: string;
  /** 電話番号 */
  readonly phone: string;
}

/** What besides its number makes an order one of its kind: nothing, or the month (design 4). */
export function identityMonth(identity: 'per-order' | 'per-month', month: string): string {
  return identity === 'per-month' ? month : '';
}
