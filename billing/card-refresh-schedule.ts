import { type BillingMonth, shiftBillingMonth } from './billing-month.ts';
import {
  type BusinessCalendar,
  createBusinessCalendar,
  UnknownCalendarError,
} from './business-calendar.ts';
import { addDays, type BusinessDate, businessDateOf, instantAt } from './business-date.ts';
import type { CardRefreshSettings } from './card-refresh-settings.ts';
import { type PlannedStart, startDateOf, type WantedSchedule } from './cycle-schedule.ts';

type Dates = Pick<CardRefreshSettings, 'requestDay' | 'businessDayRule' | 'checkDaysBefore'>;

/** The date on which a month's request leaves. @throws UnknownCalendarError */
export function refreshRequestDate(
  month: BillingMonth,
  { requestDay, businessDayRule }: Omit<Dates, 'checkDaysBefore'>,
  calendar: BusinessCalendar,
): BusinessDate {
  return startDateOf(month, { cycleDay: requestDay, businessDayRule }, calendar);
}

/** The instant at which a month's request leaves. @throws UnknownCalendarError */
export function refreshRequestAt(
  month: BillingMonth,
  settings: Omit<Dates, 'checkDaysBefore'> & Pick<CardRefreshSettings, 'at'>,
  calendar: BusinessCalendar,
): string {
  return instantAt(refreshRequestDate(month, settings, calendar), settings.at);
}

/**
 * The months whose refresh is started by an instant: some days before the request leaves, so that
 * the connection is tried while there is time; and on the day itself, so that settings that are saved
 * in between miss no month. One that is started already stays as it is.
 *
 * @param instant ISO-8601, the time for which the start was scheduled.
 * @throws UnknownCalendarError
 */
export function refreshMonthsStartingAt(
  instant: string,
  settings: Dates,
  calendar: BusinessCalendar,
): BillingMonth[] {
  const date = businessDateOf(instant);
  const requestDates = new Set([date, addDays(date, settings.checkDaysBefore)]);
  return [...requestDates].flatMap((requestDate) =>
    [-1, 0, 1]
      .map((months) => shiftBillingMonth(requestDate.slice(0, 7), months))
      .filter((month) => refreshRequestDate(month, settings, calendar) === requestDate),
  );
}

/** So far ahead the dates of a Schedule are known, as those of cycles. */
const PLANNED_MONTHS = 24;

/**
 * The Schedule that starts a merchant's refreshes. A sandbox merchant whose clock was moved has none.
 *
 * @param now real time, ISO-8601.
 */
export function planRefreshSchedule(
  merchant: { readonly slug: string; readonly clockOffsetMs: number },
  settings: {
    readonly cardRefresh: Dates & Pick<CardRefreshSettings, 'enabled' | 'at'>;
    readonly calendar: { readonly closedDays: readonly string[] };
  },
  now: string,
): WantedSchedule & { readonly starts: readonly PlannedStart[] } {
  const { cardRefresh, calendar } = settings;
  const starts = cardRefresh.enabled && merchant.clockOffsetMs === 0 ? plan() : [];
  return { merchant: merchant.slug, what: 'refresh', at: cardRefresh.at, starts };

  function plan(): PlannedStart[] {
    const days = createBusinessCalendar(calendar.closedDays);
    const from = shiftBillingMonth(businessDateOf(now).slice(0, 7), -1);
    const planned: PlannedStart[] = [];
    for (let index = 0; index < PLANNED_MONTHS; index += 1) {
      const month = shiftBillingMonth(from, index);
      try {
        const date = refreshRequestDate(month, cardRefresh, days);
        const { checkDaysBefore } = cardRefresh;
        if (checkDaysBefore > 0) planned.push({ month, date: addDays(date, -checkDaysBefore) });
        planned.push({ month, date });
      } catch (error) {
        // The holidays of later years are not known yet: whoever looks after it adds them.
        if (error instanceof UnknownCalendarError) break;
        throw error;
      }
    }
    return planned;
  }
}
