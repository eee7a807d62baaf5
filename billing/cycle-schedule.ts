import { type BillingMonth, shiftBillingMonth } from './billing-month.ts';
import {
  type BusinessCalendar,
  type BusinessDayRule,
  createBusinessCalendar,
  UnknownCalendarError,
} from './business-calendar.ts';
import { type BusinessDate, businessDateOf } from './business-date.ts';
import { isBlanking, retentionOf } from './retention.ts';

/** When a merchant's months are started without a person. */
export interface CycleSchedule {
  /** Day of the month; 31 means the last one of every month. Null = months are started by hand. */
  readonly cycleDay: number | null;
  /** HH:MM in Japan. */
  readonly at: string;
  /** What happens to a day that is no business day. */
  readonly businessDayRule: BusinessDayRule;
}

export interface PlannedStart {
  readonly month: BillingMonth;
  /** The date in Japan on which the month is started: perhaps one of the month before or after. */
  readonly date: BusinessDate;
}

/** The date of a day in a month; in a shorter month, its last date. */
export function dateOfDay(month: BillingMonth, day: number): BusinessDate {
  const [year, monthNumber] = [Number(month.slice(0, 4)), Number(month.slice(5))];
  const lastDay = new Date(Date.UTC(year, monthNumber, 0)).getUTCDate();
  return `${month}-${String(Math.min(day, lastDay)).padStart(2, '0')}`;
}

/**
 * The date on which a month is started.
 * @throws UnknownCalendarError where the rule needs holidays that nobody knows yet.
 */
export function startDateOf(
  month: BillingMonth,
  { cycleDay, businessDayRule }: { cycleDay: number; businessDayRule: BusinessDayRule },
  calendar: BusinessCalendar,
): BusinessDate {
  return calendar.applyRule(dateOfDay(month, cycleDay), businessDayRule);
}

/**
 * The months that an instant is to start: the date in Japan is the one on which their day, moved by
 * the rule, falls. Mostly none or one; a month keeps its name where the rule moved it out of itself.
 *
 * @param instant ISO-8601, the time for which the start was scheduled.
 * @throws UnknownCalendarError
 */
export function monthsStartingAt(
  instant: string,
  { cycleDay, businessDayRule }: CycleSchedule,
  calendar: BusinessCalendar,
): BillingMonth[] {
  if (cycleDay === null) return [];
  const date = businessDateOf(instant);
  // No holidays are so long that a day moves further than into the month beside its own.
  return [-1, 0, 1]
    .map((months) => shiftBillingMonth(date.slice(0, 7), months))
    .filter((month) => startDateOf(month, { cycleDay, businessDayRule }, calendar) === date);
}

/** The starts of a month and of those after it; fewer than asked for where the holiday data ends. */
export function planStarts(
  from: BillingMonth,
  months: number,
  { cycleDay, businessDayRule }: CycleSchedule,
  calendar: BusinessCalendar,
): PlannedStart[] {
  const planned: PlannedStart[] = [];
  if (cycleDay === null) return planned;
  for (let index = 0; index < months; index += 1) {
    const month = shiftBillingMonth(from, index);
    try {
      planned.push({ month, date: startDateOf(month, { cycleDay, businessDayRule }, calendar) });
    } catch (error) {
      if (error instanceof UnknownCalendarError) break;
      throw error;
    }
  }
  return planned;
}

/** What a merchant wants of its Schedule. */
export interface WantedSchedule {
  /** Slug. */
  readonly merchant: string;
  /** What it starts: the merchant's months or card refreshes, or the blanking of what is kept no longer. */
  readonly what: 'cycle' | 'refresh' | 'retention';
  /** HH:MM in Japan. */
  readonly at: string;
  /** Empty: no Schedule at all. */
  readonly starts: readonly PlannedStart[] | 'daily';
}

/** At night, when nobody uploads and no wave leaves. */
const RETENTION_AT = '03:30';

/** So far ahead the dates of a Schedule are known; whoever looks after it adds those that follow. */
const PLANNED_MONTHS = 24;

/**
 * The Schedule that a merchant's settings want. A sandbox merchant whose clock was moved has none:
 * Schedules run in real time, and a merchant lives by one clock alone.
 *
 * @param now real time, ISO-8601.
 */
export function planSchedule(
  merchant: { readonly slug: string; readonly clockOffsetMs: number },
  settings: {
    readonly schedule: CycleSchedule;
    readonly calendar: { readonly closedDays: readonly string[] };
  },
  now: string,
): WantedSchedule & { readonly starts: readonly PlannedStart[] } {
  const { schedule, calendar } = settings;
  // From last month on, whose day may have moved into this one.
  const from = shiftBillingMonth(businessDateOf(now).slice(0, 7), -1);
  const starts =
    merchant.clockOffsetMs === 0
      ? planStarts(from, PLANNED_MONTHS, schedule, createBusinessCalendar(calendar.closedDays))
      : [];
  return { merchant: merchant.slug, what: 'cycle', at: schedule.at, starts };
}

/** The Schedule that blanks what a merchant's settings keep no longer, every night. */
export function planRetentionSchedule(
  merchant: { readonly slug: string; readonly clockOffsetMs: number },
  settings: Parameters<typeof retentionOf>[0],
): WantedSchedule {
  const isWanted = merchant.clockOffsetMs === 0 && isBlanking(retentionOf(settings));
  return {
    merchant: merchant.slug,
    what: 'retention',
    at: RETENTION_AT,
    starts: isWanted ? 'daily' : [],
  };
}
