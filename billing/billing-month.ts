/** A billing month, 'YYYY-MM'. It is the month that was named, never derived from an order's date. */
export type BillingMonth = string;

/** How a month is spelled; the database says the same of its columns. */
export const billingMonthPattern = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** The month itself, or null when the text is not 'YYYY-MM'. */
export function parseBillingMonth(text: string): BillingMonth | null {
  return billingMonthPattern.test(text) ? text : null;
}

export function nextBillingMonth(month: BillingMonth): BillingMonth {
  return shiftBillingMonth(month, 1);
}

export function previousBillingMonth(month: BillingMonth): BillingMonth {
  return shiftBillingMonth(month, -1);
}

/** The month `months` later (earlier when negative). Throws on a text that is no billing month. */
export function shiftBillingMonth(month: BillingMonth, months: number): BillingMonth {
  const match = billingMonthPattern.exec(month);
  if (!match) throw new Error(`not a billing month (YYYY-MM): ${month}`);
  const index = Number(match[1]) * 12 + Number(match[2]) - 1 + months;
  const year = String(Math.floor(index / 12)).padStart(4, '0');
  return `${year}-${String((index % 12) + 1).padStart(2, '0')}`;
}

/** Negative, 0 or positive as `a` is before, the same as or after `b`. */
export function compareBillingMonths(a: BillingMonth, b: BillingMonth): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
