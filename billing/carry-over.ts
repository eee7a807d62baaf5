import { formatYen, maxOrderAmountYen } from './money.ts';

/**
 * Carry-over (spec 1.8, design 4): a declined charge waits, told to its customer, until the next order
 * is billed, and then both are authorized in one sum.
 *
 * Which order is the next one: the order that a person named; else the one whose 直前回注文番号 is the
 * carried order (or that has its number, where numbers repeat every month); else the customer's only
 * order of the month. A re-order with the same 定期回数 is no next order but a replacement, and an order
 * that follows another order of the carried one's month is another subscription: neither is taken.
 */

/**
 * Why the order of a month did not take a waiting charge over.
 *
 * - `replaced`: the customer ordered the same delivery anew, and that is billed: both would be paid.
 * - `none`: the month bills no next order; `several`: a person has to choose among them.
 * - `chosen_missing`: the order that a person named is not among what the month bills for the customer.
 * - `too_late`: the next order was charged already, its sum cannot change any more.
 * - `too_large`: both together exceed what one authorization holds.
 */
export const CARRY_OVER_TROUBLES = [
  'replaced',
  'none',
  'several',
  'chosen_missing',
  'too_late',
  'too_large',
] as const;
export type CarryOverTrouble = (typeof CARRY_OVER_TROUBLES)[number];

/** Troubles that people can put right before the month is billed. */
export const TROUBLES_BEFORE_BILLING: readonly CarryOverTrouble[] = [
  'replaced',
  'several',
  'too_large',
];

/** A waiting charge that a month does not take over. */
export interface MissedCarryOver {
  readonly trouble: CarryOverTrouble;
  /** The month that was to take it over, YYYY-MM. */
  readonly month: string;
  /** The order it would have been, where there is just one. */
  readonly toOrderNumber: string | null;
  /** The orders that it could be, a few of them. */
  readonly candidates: readonly string[];
}

/** Why the case is back at a person, and what that one may do. */
export function describeMissedCarryOver(of: MissedCarryOver): string {
  const kept = 'この請求はNGのまま残しています。';
  const again =
    '再オーソリ・断念などを指示するか、繰越先の注文番号を指定して「翌月へ繰越」を指示してください。';
  switch (of.trouble) {
    case 'replaced':
      return `再注文 ${of.toOrderNumber} をこの注文の代わりに請求するため、繰越していません(二重請求の防止)。${kept}再注文が消込済になると、この案件は自動で完了します。そうでなければ再オーソリ・断念などを指示してください。`;
    case 'none':
      return `${of.month} の請求に、この注文の次の注文がないため、繰越していません(カード利用停止中・保留中などで請求しない注文には繰越しません)。${kept}${again}`;
    case 'several':
      return `${of.month} の請求に、次の注文の候補が複数あります(${of.candidates.join('、')})。${kept}繰越先の注文番号を指定して「翌月へ繰越」を指示してください。`;
    case 'chosen_missing':
      return `${of.month} の請求に、繰越先に指定した注文がない(または別の顧客の注文)ため、繰越していません。${kept}${again}`;
    case 'too_late':
      return `次の注文 ${of.toOrderNumber} はすでに請求を作成済みのため、合算できませんでした。${kept}その次の注文に繰り越す場合は、もう一度「翌月へ繰越」を指示してください。`;
    case 'too_large':
      return `次の注文 ${of.toOrderNumber} と合わせると1回のオーソリの上限(${formatYen(maxOrderAmountYen)})を超えるため、繰越していません。${kept}再オーソリ・断念などを指示してください。`;
  }
}
