import { createRandom, hashWords } from './random.ts';
import type { Expectation, OrderColumnName, Shop } from './subscription-order.ts';

/** A row that is not simply billed: excluded by a rule, or broken. */
export interface OddRow {
  readonly name: string;
  readonly values: Partial<Readonly<Record<OrderColumnName, string>>>;
  readonly expectation: Expectation;
  /** The row stands in the file twice. */
  readonly doubled?: boolean;
  /** A byte that is no CP932 stands in the name. */
  readonly brokenBytes?: boolean;
  /** The row ends before its last columns. */
  readonly cutColumns?: number;
}

const excluded = (reason: string, times: number, values: OddRow['values']): OddRow[] =>
  Array.from({ length: times }, () => ({
    name: reason,
    values,
    expectation: { kind: 'excluded', reason },
  }));

const broken = (
  name: string,
  column: OrderColumnName | null,
  values: OddRow['values'],
  how: Partial<OddRow> = {},
): OddRow => ({ name, values, expectation: { kind: 'quarantined', column }, ...how });

const first = { 定期回数: '1', 直前回注文番号: '' };

/** Every exclusion and every kind of broken row, as often as a block of rows shows it. */
export const oddRows: readonly OddRow[] = [
  ...excluded('not_paygent', 3, { 支払方法: '代金引換' }),
  ...excluded('not_paygent', 2, { 支払方法: '郵便振替' }),
  ...excluded('first_order', 8, first),
  ...excluded('delivery_completed', 3, { 対応状況: '定期配送完了\r\n済み' }),
  ...excluded('delivery_completed', 2, { 対応状況: '定期配送完了済み' }),
  ...excluded('cancelled', 2, { 対応状況: 'キャンセル' }),
  ...excluded('cancelled_by_customer', 2, { 対応状況: '顧客キャンセル' }),
  ...excluded('payment_failed', 3, { 対応状況: '決済失敗' }),
  ...excluded('continuation_pending', 3, { 対応状況: '継続確認中' }),
  ...excluded('zero_amount', 3, { 購入金額: '0' }),
  ...excluded('zero_amount', 1, { 購入金額: '0 円' }),
  broken('amount_exponent', '購入金額', { 購入金額: '1e3' }),
  broken('amount_negative', '購入金額', { 購入金額: '-300' }),
  broken('amount_word', '購入金額', { 購入金額: '要確認' }),
  broken('amount_empty', '購入金額', { 購入金額: '' }),
  broken('amount_decimal', '購入金額', { 購入金額: '1980.5' }),
  broken('amount_too_large', '購入金額', { 購入金額: '10,000,000' }),
  broken('status_unknown', '対応状況', { 対応状況: '保留' }),
  broken('previous_missing', '直前回注文番号', { 直前回注文番号: '' }),
  broken('order_doubled', '注文番号', {}, { doubled: true }),
  broken('bytes_broken', '顧客名', {}, { brokenBytes: true }),
  broken('columns_cut', null, {}, { cutColumns: 2 }),
];

/** Rows of a block: each block of this many orders holds every odd row once, about one in nine. */
export const blockOrders = 370;

const strideOrders = Math.floor(blockOrders / oddRows.length);

/**
 * The odd row that falls on an order, or null for a plain one. The odd rows are dealt out anew for
 * every block and month, one to each stretch of the block, so that no export is without them.
 */
export function oddRowAt(shop: Shop, month: string, index: number): OddRow | null {
  const place = index % blockOrders;
  const stretch = Math.floor(place / strideOrders);
  if (stretch >= oddRows.length) return null;
  const block = Math.floor(index / blockOrders);
  const random = createRandom(hashWords(shop.seed, 'odd', month, block, stretch));
  if (place % strideOrders !== random.int(strideOrders)) return null;
  if (random.int(1000) >= shop.oddShare * 1000) return null;
  return oddRows[dealtTo(shop, month, block, stretch)] ?? null;
}

/** Which odd row a stretch gets: a rotation with a step that meets each row exactly once. */
function dealtTo(shop: Shop, month: string, block: number, stretch: number): number {
  const random = createRandom(hashWords(shop.seed, 'deal', month, block));
  const start = random.int(oddRows.length);
  return (start + stretch * stepThroughAll) % oddRows.length;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

const stepThroughAll = [17, 19, 23, 29].find(
  (step) => greatestCommonDivisor(step, oddRows.length) === 1,
)!;
