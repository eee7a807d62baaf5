import holidayJp from '@holiday-jp/holiday_jp';
import { addDays, type BusinessDate } from './business-date.ts';

/** Holidays by date: only the keys of the library's data are read, never its JS Dates. */
const holidays: Readonly<Record<string, unknown>> = holidayJp.holidays;
const holidayDates = Object.keys(holidays).sort();
// A year is covered when its New Year's Day is in the data; the years stand without a gap (a test).
const firstYear = Number(holidayDates[0]?.slice(0, 4));
const lastYear = Number(holidayDates.at(-1)?.slice(0, 4));

/** First and last date of which the data says whether it is a holiday. */
export const coveredDates = {
  from: `${firstYear}-01-01`,
  to: `${lastYear}-12-31`,
} as const;

/** A date beyond the holiday data: whether it is a business day is not known, and nobody guesses. */
export class UnknownCalendarError extends Error {
  override name = 'UnknownCalendarError';
  readonly date: BusinessDate;

  constructor(date: BusinessDate) {
    super(
      `Holidays are known from ${coveredDates.from} to ${coveredDates.to}; ${date} is not within.`,
    );
    this.date = date;
  }
}

/** What happens to a day of the month that is no business day: nothing, or it moves. */
export const BUSINESS_DAY_RULES = ['none', 'next', 'previous'] as const;
export type BusinessDayRule = (typeof BUSINESS_DAY_RULES)[number];

/** 年末年始: 29 December to 3 January, when most offices and banks in Japan are closed. */
export const yearEndClosedDays: readonly string[] = [
  '12-29',
  '12-30',
  '12-31',
  '01-01',
  '01-02',
  '01-03',
];

/**
 * A merchant's business days: Monday to Friday, without Japanese holidays and without the days on
 * which the merchant is closed every year. All dates are dates in Japan; every method throws
 * UnknownCalendarError when it would have to look beyond the holiday data.
 */
export interface BusinessCalendar {
  isBusinessDay(date: BusinessDate): boolean;
  /** The first business day after the date. */
  nextBusinessDay(date: BusinessDate): BusinessDate;
  /** The last business day before the date. */
  previousBusinessDay(date: BusinessDate): BusinessDate;
  /**
   * The `days`-th business day after the date (before it when negative); 0 gives the date itself,
   * whatever it is.
   */
  addBusinessDays(date: BusinessDate, days: number): BusinessDate;
  /** The date itself when it is a business day or the rule is `none`, else as the rule says. */
  applyRule(date: BusinessDate, rule: BusinessDayRule): BusinessDate;
}

/** @param closedDays `MM-DD`, closed every year besides weekends and holidays. */
export function createBusinessCalendar(
  closedDays: readonly string[] = yearEndClosedDays,
): BusinessCalendar {
  const closed = new Set(closedDays);

  function isBusinessDay(date: BusinessDate): boolean {
    if (date < coveredDates.from || date > coveredDates.to) throw new UnknownCalendarError(date);
    const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
    if (weekday === 0 || weekday === 6) return false;
    return !Object.hasOwn(holidays, date) && !closed.has(date.slice(5));
  }

  function step(date: BusinessDate, by: 1 | -1): BusinessDate {
    let found = addDays(date, by);
    // Ends at the edge of the data at the latest, where it throws.
    while (!isBusinessDay(found)) found = addDays(found, by);
    return found;
  }

  return {
    isBusinessDay,
    nextBusinessDay: (date) => step(date, 1),
    previousBusinessDay: (date) => step(date, -1),
    addBusinessDays(date, days) {
      let found = date;
      for (let n = 0; n < Math.abs(days); n += 1) found = step(found, days > 0 ? 1 : -1);
      return found;
    },
    applyRule(date, rule) {
      if (rule === 'none' || isBusinessDay(date)) return date;
      return step(date, rule === 'next' ? 1 : -1);
    },
  };
}
