import { createRandom, hashWords, type Random } from '../shop/random.ts';
import type { GmoShop, Renewal, Verdict } from './shop.ts';

/** A line of a request. */
export interface AskedCard {
  readonly member: string;
  readonly sequence: string;
  readonly free: string;
  /** Whether it is what a line should be; else 入力データエラー. */
  readonly readable: boolean;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** YYYY-MM; null: the issuer holds nothing newer. */
  readonly newExpiry: string | null;
  /** The last four digits of another number; null: the number stays. */
  readonly newDigits: string | null;
}

/**
 * What the issuers say about a card in a month, by the shop's rules and else by its seed.
 *
 * @param month YYYY-MM of the result
 */
export function judgeCard(shop: GmoShop, card: AskedCard, month: string): Judgement {
  if (!card.readable) return { verdict: '3', newExpiry: null, newDigits: null };
  const random = createRandom(hashWords(shop.seed, card.member, card.sequence, month));
  const rule = shop.rules.find(
    (one) =>
      new RegExp(one.member).test(card.member) &&
      (one.sequence ?? card.sequence) === card.sequence &&
      (one.month ?? month) === month,
  );
  // Drawn in any case, so that a rule for one thing does not change the draw of the next.
  const drawnVerdict = drawVerdict(shop, random);
  const drawnRenewal = drawRenewal(shop, random);
  const drawnExpiry = addMonths(month, 36 + random.int(25));
  const digits = String(random.int(10_000)).padStart(4, '0');
  const verdict = rule?.verdict ?? drawnVerdict;
  const renewal = verdict === '0' ? (rule?.renewal ?? drawnRenewal) : 'none';
  return {
    verdict,
    newExpiry: renewal === 'none' ? null : (rule?.newExpiry ?? drawnExpiry),
    newDigits: renewal === 'number' ? digits : null,
  };
}

const unit = (random: Random) => random.int(1_000_000) / 1_000_000;

function drawVerdict({ shares }: GmoShop, random: Random): Verdict {
  const drawn = unit(random);
  if (drawn < shares.ng) return '1';
  if (drawn < shares.ng + shares.mismatch) return '2';
  return drawn < shares.ng + shares.mismatch + shares.inputError ? '3' : '0';
}

function drawRenewal({ renewedShare, newNumberShare }: GmoShop, random: Random): Renewal {
  const [isRenewed, isNewNumber] = [unit(random) < renewedShare, unit(random) < newNumberShare];
  if (!isRenewed) return 'none';
  return isNewNumber ? 'number' : 'expiry';
}

/** YYYY-MM, so many months later or, with a negative number, earlier. */
export function addMonths(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}
