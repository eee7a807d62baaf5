/** The month that is looked at. */
export const filledMonth = '2026-11';
/** When everything of the month was written. */
export const filledAt = '2026-11-24T00:00:00.000Z';

/** Statements that fill one merchant; `$1` is the merchant, further parameters follow. */
export type Fill = (text: string, ...values: readonly (string | number)[]) => Promise<void>;

/** A month to be filled. */
export interface MonthToFill {
  /** YYYY-MM */
  readonly month: string;
  readonly charges: number;
  /** Before its order numbers: a number is billed once, whatever the month. */
  readonly prefix: string;
  /** Everything was captured, and the month is closed. */
  readonly over: boolean;
}

/** A month that has its row. */
export interface Cycle extends MonthToFill {
  readonly fill: Fill;
  readonly cycleId: number;
}

/** Before the order numbers of a month that is over. */
export const pastPrefix = (month: string): string => `P${month.replace('-', '')}`;

/** The number of the `i`-th order, as SQL. */
export const numberBy = (prefix: string): string => `'${prefix}' || lpad(i::text, 8, '0')`;
/** Its yen, as SQL. */
export const yenOf = '1000 + i % 4000';

/** The same two of an order of a filled month, from 1, for whom no SQL asks. */
export const filledOrder = (prefix: string, i: number) => ({
  orderNumber: `${prefix}${String(i).padStart(8, '0')}`,
  yen: 1000 + (i % 4000),
});
