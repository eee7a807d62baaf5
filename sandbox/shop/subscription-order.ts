import { shiftBillingMonth } from '../../billing/billing-month.ts';
import { type OddRow, oddRowAt } from './odd-rows.ts';
import { createRandom, hashWords, type Random } from './random.ts';

/** The columns of a cagolab export in their order (spec 1.1, profile `cagolab`). */
export const orderColumns = [
  '受注日時',
  '注文番号',
  '顧客番号',
  '顧客名',
  'メールアドレス',
  '電話番号',
  '支払方法',
  '定期回数',
  '直前回注文番号',
  '購入金額',
  '全商品発送日',
  '対応状況',
] as const;

export type OrderColumnName = (typeof orderColumns)[number];

/** What the specification demands of a row; the generator knows, because it made the row so. */
export type Expectation =
  | { readonly kind: 'selected' }
  | { readonly kind: 'excluded'; readonly reason: string }
  | { readonly kind: 'quarantined'; readonly column: OrderColumnName | null };

/** One order of the simulated shop, in one month. */
export interface ShopOrder {
  readonly orderNumber: string;
  readonly customerNumber: string;
  readonly previousOrderNumber: string;
  readonly amountYen: number;
  readonly values: Readonly<Record<OrderColumnName, string>>;
  readonly odd: OddRow | null;
  readonly expectation: Expectation;
}

export interface Shop {
  readonly seed: string;
  /** 0 to 1: how many of the rows that are set aside for it really are odd. */
  readonly oddShare: number;
}

// 髙 﨑 ① ㈱ are vendor extensions of CP932; 能 表 構 ソ 貼 hold the byte 0x5C; half-width kana are
// single bytes. Each has broken a Japanese import somewhere.
const familyNames = [
  '髙橋',
  '﨑山',
  '能登',
  '表',
  '構井',
  'ソネ',
  '貼井',
  '十文字',
  '佐藤',
  '㈱月極',
];
const givenNames = [
  '一郎',
  '能子',
  '①子',
  'ﾊﾅｺ',
  'ポチ',
  '次,郎',
  '"太郎"',
  '三\r\n郎',
  '表太',
  'ﾌﾟﾘｽ',
];
const billedStatuses = ['新規受付', '入金待ち', '発送準備中', '定期配送中', '発送済み'];
const pricesYen = [1980, 2480, 2980, 3480, 3980, 4280, 4980, 5480, 6980, 7988, 9800, 12_800];

const pad = (number: number, width: number): string => String(number).padStart(width, '0');

/** The number of a subscription's order of a month; numbers grow with gaps, as in a real shop. */
export function orderNumberOf(shop: Shop, month: string, subscription: number): string {
  const gap = createRandom(hashWords(shop.seed, 'number', month, subscription)).int(3);
  return `${month.slice(2, 4)}${month.slice(5)}${pad(subscription * 3 + gap, 5)}`;
}

/** The order of subscription `index` (from 0) in a month: the same one however often it is asked. */
export function makeShopOrder(shop: Shop, month: string, index: number): ShopOrder {
  const person = createRandom(hashWords(shop.seed, 'person', index));
  const random = createRandom(hashWords(shop.seed, 'order', month, index));
  const customerNumber = String(20_000 + index);
  const orderNumber = orderNumberOf(shop, month, index);
  const previousOrderNumber = orderNumberOf(shop, shiftBillingMonth(month, -1), index);
  const basePriceYen = person.pick(pricesYen);
  const amountYen = random.int(8) === 0 ? basePriceYen + 10 * random.int(60) : basePriceYen;
  const day = pad(1 + random.int(28), 2);
  const values: Record<OrderColumnName, string> = {
    受注日時: `${month.replace('-', '/')}/${day} ${pad(random.int(24), 2)}:${pad(random.int(60), 2)}`,
    注文番号: orderNumber,
    顧客番号: customerNumber,
    顧客名: `${person.pick(familyNames)} ${person.pick(givenNames)}`,
    メールアドレス: `customer${index}@example.jp`,
    // No Japanese number begins with 000: it rings nowhere.
    電話番号: `000-0000-${pad(index % 10_000, 4)}`,
    支払方法: 'クレジットカード',
    定期回数: String(2 + person.int(38) + monthsSince2026(month)),
    直前回注文番号: previousOrderNumber,
    購入金額: spellAmount(random, amountYen),
    全商品発送日: spellShipment(random, month),
    対応状況: spellStatus(random),
  };
  const order = { orderNumber, customerNumber, previousOrderNumber, amountYen, values };
  const odd = oddRowAt(shop, month, index);
  if (!odd) return { ...order, odd, expectation: { kind: 'selected' } };
  return { ...order, values: { ...values, ...odd.values }, odd, expectation: odd.expectation };
}

/** The same order as a later export shows it: shipped by now, nothing else changed. */
export function ageShopOrder(order: ShopOrder): ShopOrder {
  if (order.odd) return order;
  const [date] = order.values.受注日時.split(' ');
  const values = { ...order.values, 全商品発送日: date ?? '', 対応状況: '発送済み' };
  return { ...order, values };
}

function monthsSince2026(month: string): number {
  return Math.max((Number(month.slice(0, 4)) - 2026) * 12 + Number(month.slice(5)) - 1, 0);
}

function spellAmount(random: Random, amountYen: number): string {
  const grouped = amountYen.toLocaleString('en-US');
  switch (random.int(20)) {
    case 0:
    case 1:
      return grouped;
    case 2:
      return `${grouped} 円`;
    // CP932 has no ¥: Windows shows the byte of the backslash as one.
    case 3:
      return `\\${grouped}`;
    default:
      return String(amountYen);
  }
}

function spellShipment(random: Random, month: string): string {
  const kind = random.int(3);
  if (kind === 0) return '未発送';
  return kind === 1 ? '' : `${month.replace('-', '/')}/${pad(1 + random.int(28), 2)}`;
}

function spellStatus(random: Random): string {
  const status = random.pick(billedStatuses);
  // The shop's screen breaks long words; its export keeps the break.
  return random.int(40) === 0 ? `${status.slice(0, 2)}\r\n${status.slice(2)}` : status;
}
