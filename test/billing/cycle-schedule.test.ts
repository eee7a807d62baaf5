import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shiftBillingMonth } from '../../billing/billing-month.ts';
import {
  BUSINESS_DAY_RULES,
  coveredDates,
  createBusinessCalendar,
} from '../../billing/business-calendar.ts';
import { addDays } from '../../billing/business-date.ts';
import {
  type CycleSchedule,
  dateOfDay,
  monthsStartingAt,
  planStarts,
} from '../../billing/cycle-schedule.ts';

const calendar = createBusinessCalendar();
const by = (schedule: Partial<CycleSchedule>): CycleSchedule => ({
  cycleDay: 10,
  at: '09:00',
  businessDayRule: 'none',
  ...schedule,
});
const datesOf = (month: string, months: number, schedule: CycleSchedule) =>
  planStarts(month, months, schedule, calendar).map(({ date }) => date);

describe('the day on which a month is started', () => {
  it('is the last one of a month that is too short for it', () => {
    expect(dateOfDay('2026-02', 31)).toBe('2026-02-28');
    expect(dateOfDay('2028-02', 30)).toBe('2028-02-29');
    expect(dateOfDay('2026-04', 31)).toBe('2026-04-30');
    expect(dateOfDay('2026-12', 31)).toBe('2026-12-31');
  });

  it('moves over weekends, holidays and the turn of the year, also into another month', () => {
    const last = by({ cycleDay: 31, businessDayRule: 'next' });
    expect(datesOf('2026-12', 2, last)).toEqual(['2027-01-04', '2027-02-01']);
    const first = by({ cycleDay: 1, businessDayRule: 'previous' });
    expect(datesOf('2027-01', 2, first)).toEqual(['2026-12-28', '2027-02-01']);
  });

  it('starts the month that was meant, by the date in Japan', () => {
    const last = by({ cycleDay: 31, businessDayRule: 'next' });
    // 2026-05-31 is a Sunday: May is started on Monday, 1 June.
    expect(monthsStartingAt('2026-05-31T14:59:59.999Z', last, calendar)).toEqual([]);
    expect(monthsStartingAt('2026-05-31T15:00:00.000Z', last, calendar)).toEqual(['2026-05']);
    expect(monthsStartingAt('2026-06-01T14:59:59.999Z', last, calendar)).toEqual(['2026-05']);
    expect(monthsStartingAt('2026-06-01T15:00:00.000Z', last, calendar)).toEqual([]);
    expect(monthsStartingAt('2026-06-01T00:00:00Z', by({ cycleDay: null }), calendar)).toEqual([]);
  });

  it('is planned as far as holidays are known, without a rule further', () => {
    const edge = `${coveredDates.to.slice(0, 4)}-11`;
    expect(datesOf(edge, 24, by({ businessDayRule: 'next' }))).toHaveLength(2);
    expect(datesOf(edge, 24, by({}))).toHaveLength(24);
    expect(planStarts(edge, 24, by({ cycleDay: null }), calendar)).toEqual([]);
  });
});

/** Slow and plain: walks from the day of the month, one date after the other. */
function oracleOf(year: number, schedule: CycleSchedule): Map<string, string[]> {
  const starts = new Map<string, string[]>();
  for (
    let month = `${year - 1}-12`;
    month <= `${year + 1}-01`;
    month = shiftBillingMonth(month, 1)
  ) {
    let date = `${month}-${String(schedule.cycleDay).padStart(2, '0')}`;
    while (Number.isNaN(Date.parse(date)) || new Date(date).toISOString().slice(0, 10) !== date) {
      date = `${month}-${String(Number(date.slice(8)) - 1).padStart(2, '0')}`;
    }
    const by = schedule.businessDayRule === 'previous' ? -1 : 1;
    while (schedule.businessDayRule !== 'none' && !calendar.isBusinessDay(date)) {
      date = addDays(date, by);
    }
    starts.set(date, [...(starts.get(date) ?? []), month]);
  }
  return starts;
}

describe('over a whole year', () => {
  it('each fire starts what the calendar says, every month once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2020, max: 2049 }),
        fc.integer({ min: 1, max: 31 }),
        fc.constantFrom(...BUSINESS_DAY_RULES),
        (year, cycleDay, businessDayRule) => {
          const schedule = by({ cycleDay, businessDayRule });
          const oracle = oracleOf(year, schedule);
          const started: string[] = [];
          for (let date = `${year}-01-01`; date <= `${year}-12-31`; date = addDays(date, 1)) {
            const months = monthsStartingAt(`${date}T00:00:00Z`, schedule, calendar);
            expect(months).toEqual(oracle.get(date) ?? []);
            started.push(...months);
          }
          // Nothing is left out in the middle of the year and nothing comes twice.
          expect(new Set(started).size).toBe(started.length);
          for (let month = 2; month <= 11; month += 1) {
            expect(started).toContain(`${year}-${String(month).padStart(2, '0')}`);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
