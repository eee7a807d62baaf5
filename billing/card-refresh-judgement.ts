import { type BillingMonth, nextBillingMonth } from './billing-month.ts';
import type { RefreshOutcome, RefreshQuarantineReason, RefreshVerdict } from './card-refresh.ts';

/**
 * What a row of a result does to its card. The database judges a million of them by the same rule in
 * one statement (db/queries/card-refresh-merge.ts); a test compares the two.
 */

/** What of a card a refresh can change. */
export interface CardFace {
  /** Three or four. */
  readonly lastDigits: string;
  /** YYYY-MM */
  readonly expiry: string;
}

export interface JudgedResult {
  readonly verdict: RefreshVerdict;
  /** What the issuer gave; null: nothing. */
  readonly lastDigits: string | null;
  readonly expiry: string | null;
}

export interface RefreshJudgement {
  readonly outcome: RefreshOutcome;
  /** What the card becomes; null: it stays as it is. */
  readonly after: CardFace | null;
}

/**
 * @param asked the card as the request asked about it
 * @param kept the card as earlier files of this refresh left it; the same as `asked` before the first
 * @param card the card as it is now; null when it was deleted
 */
export function judgeRefreshResult(
  { verdict, lastDigits, expiry }: JudgedResult,
  of: {
    readonly asked: CardFace;
    readonly kept: CardFace;
    readonly card: CardFace | null;
    readonly month: BillingMonth;
  },
): RefreshJudgement {
  const { asked, kept, card, month } = of;
  if (card === null) return { outcome: 'card_gone', after: null };
  if (isReplaced(card, kept)) return { outcome: 'card_changed', after: null };
  const valid = verdict === 0;
  const newNumber = valid && isNewNumber(lastDigits, asked.lastDigits) ? lastDigits : null;
  // What an earlier file has made of the card, and this one does not say any more, is taken back.
  const wanted = {
    lastDigits:
      newNumber ?? (kept.lastDigits === asked.lastDigits ? card.lastDigits : asked.lastDigits),
    expiry:
      valid && expiry !== null ? expiry : kept.expiry === asked.expiry ? card.expiry : asked.expiry,
  };
  const after = isSameFace(wanted, card) ? null : wanted;
  if (!valid) return { outcome: 'refused', after };
  if (wanted.expiry <= nextBillingMonth(month)) return { outcome: 'no_newer_data', after };
  const isRenewed = newNumber !== null || (expiry !== null && expiry !== asked.expiry);
  return { outcome: isRenewed ? 'renewed' : 'valid', after };
}

/**
 * Whether a card is another one than it was: other last digits, or a later expiry. The same data again,
 * or older, replaces nothing. Card files know three digits of a number, results four.
 */
export function isReplaced(card: CardFace, before: CardFace): boolean {
  return card.lastDigits.slice(-3) !== before.lastDigits.slice(-3) || card.expiry > before.expiry;
}

/** An issuer never shortens a card's life: such a row is of another card, or read at a wrong place. */
export function isOlderExpiry({ expiry }: JudgedResult, asked: CardFace): boolean {
  return expiry !== null && expiry < asked.expiry;
}

/** Three digits of the one may be four of the other: the same number all the same. */
function isNewNumber(given: string | null, known: string): given is string {
  return given !== null && !given.endsWith(known) && !known.endsWith(given);
}

function isSameFace(one: CardFace, other: CardFace): boolean {
  return one.lastDigits === other.lastDigits && one.expiry === other.expiry;
}

/**
 * Why a file is no result of this month's refresh, as operators read it; null: it is one. Nothing of a
 * refused file is taken: a right one may follow.
 */
export function explainUselessResult(of: {
  readonly lines: number;
  readonly merged: number;
  readonly quarantined: Readonly<Partial<Record<RefreshQuarantineReason, number>>>;
  /** The file ends in the middle of a row. */
  readonly isCut: boolean;
}): string | null {
  const kept = '何も取り込んでいません。';
  if (of.lines === 0) return `結果ファイルが空です。${kept}`;
  if (of.isCut) return `結果ファイルが途中で終わっています（${of.lines} 行目）。${kept}`;
  if (of.merged > 0) return null;
  const { other_month = 0, bad_columns = 0, unmatched = 0 } = of.quarantined;
  if (other_month * 2 > of.lines) return `別の月の洗替結果です。${kept}`;
  if (bad_columns * 2 > of.lines) {
    return `列数が設定 cardRefresh.resultLayout と異なります。レイアウトを確かめてください。${kept}`;
  }
  if (unmatched * 2 > of.lines) {
    return `今月の洗替依頼と一致する行がありません。別のファイルでないか、設定 cardRefresh.resultLayout の会員ID・カード登録連番・自由項目の位置が正しいか確かめてください。${kept}`;
  }
  return `読み取れる行がありません。ファイルと設定 cardRefresh.resultLayout を確かめてください。${kept}`;
}
