import type { BusinessDate } from './business-date.ts';
import { businessDateOf } from './business-date.ts';
import type { CardBrand } from './card-service.ts';

/**
 * How often a card may be tried again. The networks fine whoever asks too often; the figures are
 * public on pages of acquirers and PSPs [seen]. A change of theirs gets a further entry with its day,
 * none is rewritten.
 */
export interface NetworkBudget {
  readonly brand: CardBrand;
  /** Tries after a decline, or declines. */
  readonly counts: 'reattempts' | 'declines';
  readonly max: number;
  /** Within so many times 24 hours. */
  readonly days: number;
  /** First day, in Japan, on which it holds. */
  readonly from: BusinessDate;
  /** Last day; null: it still holds. */
  readonly to: BusinessDate | null;
  readonly source: 'seen';
}

const visa = { brand: 'VISA', from: '2000-01-01', to: null, source: 'seen' } as const;
const mastercard = { brand: 'MASTER', from: '2000-01-01', to: null, source: 'seen' } as const;

export const NETWORK_BUDGETS: readonly NetworkBudget[] = [
  { ...visa, counts: 'reattempts', max: 20, days: 30 },
  { ...mastercard, counts: 'declines', max: 10, days: 1 },
  { ...mastercard, counts: 'declines', max: 35, days: 30 },
];

/**
 * What a customer's card has been asked so far, over all months of the merchant: 顧客番号 is the
 * nearest thing to a card that orders carry. ISO instants.
 */
export interface RetryUsage {
  readonly reattempts: readonly string[];
  readonly declines: readonly string[];
  /** Tries that were asked for and have no answer: each may yet become both. */
  readonly pending: number;
}

export const NO_USAGE: RetryUsage = { reattempts: [], declines: [], pending: 0 };

/** Budgets of a brand; where the brand is not known all of them hold, so that the strictest does. */
export function budgetsOf(brand: CardBrand | null, on: BusinessDate): readonly NetworkBudget[] {
  return NETWORK_BUDGETS.filter(
    (budget) =>
      (brand === null || budget.brand === brand) &&
      budget.from <= on &&
      (budget.to === null || on <= budget.to),
  );
}

const dayMs = 86_400_000;

/**
 * The earliest instant, `notBefore` or later, at which one more try stays within every budget.
 * Windows only slide: what is allowed then stays allowed until something further is asked.
 *
 * @param now ISO instant; what is pending counts as of now
 */
export function earliestWithinBudget(
  brand: CardBrand | null,
  usage: RetryUsage,
  notBefore: string,
  now: string,
): string {
  let earliestMs = Date.parse(notBefore);
  for (const budget of budgetsOf(brand, businessDateOf(notBefore))) {
    const pending = Array.from({ length: usage.pending }, () => Date.parse(now));
    const events = [...usage[budget.counts].map((instant) => Date.parse(instant)), ...pending];
    if (events.length < budget.max) continue;
    events.sort((a, b) => b - a);
    // The max-th newest must have left the window, so that the new try is the max-th in it.
    const oldestMs = events[budget.max - 1];
    if (oldestMs !== undefined) {
      earliestMs = Math.max(earliestMs, oldestMs + budget.days * dayMs + 1);
    }
  }
  return new Date(earliestMs).toISOString();
}

/** Whether one more try at `now` stays within every budget. */
export function isWithinBudget(brand: CardBrand | null, usage: RetryUsage, now: string): boolean {
  return earliestWithinBudget(brand, usage, now, now) === new Date(Date.parse(now)).toISOString();
}

/**
 * Those of several retries, in their order, that fit into the budgets when all are asked for at `now`:
 * two charges of one customer ask the same card.
 */
export function admitRetries<One extends { readonly customerNumber: string }>(
  asked: readonly One[],
  cardOf: (
    customerNumber: string,
  ) => { readonly brand: CardBrand | null; readonly usage: RetryUsage } | undefined,
  now: string,
): One[] {
  const admitted = new Map<string, number>();
  return asked.filter(({ customerNumber }) => {
    const { brand, usage } = cardOf(customerNumber) ?? { brand: null, usage: NO_USAGE };
    const before = admitted.get(customerNumber) ?? 0;
    const sofar = { ...usage, pending: usage.pending + before };
    if (!isWithinBudget(brand, sofar, now)) return false;
    admitted.set(customerNumber, before + 1);
    return true;
  });
}
