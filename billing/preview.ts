import type { CsvValue } from './csv-writer.ts';
import type { RowsAndYen } from './cycle.ts';
import { formatYen } from './money.ts';
import { labelOfReason } from './order-reasons.ts';

/**
 * What a month is about to bill, against what the merchant billed the month before.
 *
 * How an order of this month finds the one of last month: its 直前回注文番号 is the order number that
 * was billed then. Where that number leads nowhere (a re-order, a new registration), the customer's
 * only unmatched order of each month are the same subscription. With order numbers that repeat every
 * month, equal numbers match. What still stands alone is new here, or gone there.
 */

/** In the order in which people read them. The first three need a last month. */
export const FINDING_KINDS = [
  'new',
  'gone',
  'changed',
  'over_ceiling',
  'customer_repeated',
  'zero_amount',
  'card_expired',
  'card_locked',
  'card_not_renewed',
  'card_not_migrated',
  'carried_over',
] as const;
/**
 * - `new`: billed now, and nothing of it last month; `gone`: the other way round.
 * - `changed`: the same subscription at another price.
 * - `over_ceiling`: above the merchant's own limit.
 * - `customer_repeated`: more charges of one customer than the settings call usual, and than last month.
 * - `zero_amount`: excluded because there is nothing to bill.
 * - `card_expired`: what we know of the customer's cards; most we do not know.
 * - `card_locked`: excluded because the card refresh refused the customer's card.
 * - `card_not_renewed`: it runs out this month or the next, and its issuer gave the card refresh no newer
 *   data.
 * - `card_not_migrated`: a migration to another PSP has left the customer without a card so far.
 * - `carried_over`: an unpaid charge of an earlier month is billed with it, in one sum.
 */
export type FindingKind = (typeof FINDING_KINDS)[number];

export const findingLabels: Readonly<Record<FindingKind, string>> = {
  new: '前月になく今月ある',
  gone: '前月にあり今月ない',
  changed: '金額の変更',
  over_ceiling: '上限額を超える',
  customer_repeated: '同じ顧客に複数の請求',
  zero_amount: '0円のため請求しない',
  card_expired: 'カードの有効期限切れ',
  card_locked: 'カード利用停止中',
  card_not_renewed: 'まもなく有効期限切れ(洗替で新しい情報なし)',
  card_not_migrated: '移行先のカードがない',
  carried_over: '繰越分を合算',
};

/** What is known of the cards behind the charges. Unknown is never counted as good. */
export const CARD_STANDINGS = ['ok', 'expired', 'locked', 'unknown'] as const;
export type CardStanding = (typeof CARD_STANDINGS)[number];

/** One order that stands out. */
export interface Finding {
  readonly kind: FindingKind;
  /** Its place in the list, from 1; those of a kind stand together. */
  readonly i: number;
  readonly orderNumber: string;
  readonly customerNumber: string;
  /** What it is billed now; null: it is not. */
  readonly amountYen: number | null;
  readonly lastOrderNumber: string | null;
  /** What was billed last month; null: nothing, or nobody looked. */
  readonly lastYen: number | null;
  /** Of what is gone: why its order of this month is not billed, as a reason's code; else null. */
  readonly detail: string | null;
}

export interface PreviewSummary {
  /** What became of the month's orders. */
  readonly orders: number;
  readonly selected: RowsAndYen;
  readonly excluded: Readonly<Record<string, number>>;
  readonly quarantined: number;
  /** What this preview is about: the month's selected orders, or those of a further run. */
  readonly billed: RowsAndYen;
  /** All that the month bills, against all that the month before billed; null: there is none before. */
  readonly compared: {
    readonly lastMonth: string;
    readonly last: RowsAndYen;
    readonly thisMonth: RowsAndYen;
  } | null;
  readonly findings: Readonly<Record<FindingKind, RowsAndYen>>;
  readonly cards: Readonly<Record<CardStanding, number>>;
}

/** Reasons to look twice before a month is billed. */
export const ANOMALIES = [
  'count_moved',
  'yen_moved',
  'over_ceiling',
  'customer_repeated',
  'card_not_migrated',
] as const;
export type Anomaly = (typeof ANOMALIES)[number];

/** What is unusual in a preview, by the merchant's own limits. A first month is compared with nothing. */
export function findAnomalies(
  { compared, findings }: Pick<PreviewSummary, 'compared' | 'findings'>,
  { movedPercent }: { readonly movedPercent: number },
): Anomaly[] {
  const found: Anomaly[] = [];
  if (findings.over_ceiling.rows > 0) found.push('over_ceiling');
  if (compared !== null) {
    const { last, thisMonth } = compared;
    if (hasMoved(last.rows, thisMonth.rows, movedPercent)) found.push('count_moved');
    if (hasMoved(last.yen, thisMonth.yen, movedPercent)) found.push('yen_moved');
    // Some customers have two subscriptions: in a first month nobody can tell whether that is new.
    if (findings.customer_repeated.rows > 0) found.push('customer_repeated');
  }
  if (findings.card_not_migrated.rows > 0) found.push('card_not_migrated');
  return found;
}

/** In whole numbers: no rounding decides whether a person is asked. */
function hasMoved(last: number, now: number, percent: number): boolean {
  return Math.abs(now - last) * 100 > last * percent;
}

/** An anomaly as an operator reads it. */
export function describeAnomaly(anomaly: Anomaly, summary: PreviewSummary): string {
  const { compared, findings } = summary;
  switch (anomaly) {
    case 'count_moved':
      return `件数が前月から大きく変わっています(${compared?.last.rows} 件 → ${compared?.thisMonth.rows} 件)`;
    case 'yen_moved':
      return `金額が前月から大きく変わっています(${formatYen(compared?.last.yen ?? 0)} → ${formatYen(compared?.thisMonth.yen ?? 0)})`;
    case 'over_ceiling':
      return `上限額を超える請求が ${findings.over_ceiling.rows} 件あります`;
    case 'customer_repeated':
      return `同じ顧客への複数の請求が ${findings.customer_repeated.rows} 件あります`;
    case 'card_not_migrated':
      return `カードの移行で移行先のカードがない顧客への請求が ${findings.card_not_migrated.rows} 件あります`;
  }
}

export const FINDINGS_HEAD = [
  '区分',
  '注文番号',
  '顧客番号',
  '今月の金額',
  '前月の注文番号',
  '前月の金額',
  '差額',
  '備考',
] as const;

/** A finding as a row of a spreadsheet. */
export function findingRow(found: Finding): CsvValue[] {
  const { amountYen, lastYen } = found;
  const differs = amountYen !== null && lastYen !== null;
  return [
    findingLabels[found.kind],
    found.orderNumber,
    found.customerNumber,
    amountYen,
    found.lastOrderNumber,
    lastYen,
    differs ? amountYen - lastYen : null,
    labelOfReason(found.detail),
  ];
}
