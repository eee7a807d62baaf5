import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BUSINESS_DAY_RULES,
  coveredDates,
  createBusinessCalendar,
  UnknownCalendarError,
} from '../../billing/business-calendar.ts';
import { addDays, type BusinessDate } from '../../billing/business-date.ts';

const calendar = createBusinessCalendar();
const openAtYearEnd = createBusinessCalendar([]);

const dates = fc
  .integer({ min: 0, max: 365 * 40 })
  .map((days): BusinessDate => addDays('2005-01-01', days));

describe('business days', () => {
  it('are no weekends, no holidays and no days on which the merchant is closed', () => {
    expect(calendar.isBusinessDay('2026-11-20')).toBe(true);
    expect(calendar.isBusinessDay('2026-11-21')).toBe(false);
    expect(calendar.isBusinessDay('2026-11-23')).toBe(false);
    expect(calendar.isBusinessDay('2026-12-30')).toBe(false);
    expect(openAtYearEnd.isBusinessDay('2026-12-30')).toBe(true);
    expect(openAtYearEnd.isBusinessDay('2027-01-01')).toBe(false);
  });

  it('know substitute holidays, days between two holidays and moved ones', () => {
    for (const date of ['2026-05-06', '2026-09-22', '2019-04-30', '2019-10-22', '2021-07-22']) {
      expect(calendar.isBusinessDay(date), date).toBe(false);
    }
    // Moved away in the year of the Olympic Games.
    expect(calendar.isBusinessDay('2021-07-19')).toBe(true);
  });

  it('are the same in every time zone of the machine', () => {
    const before = process.env.TZ;
    try {
      for (const zone of ['Pacific/Honolulu', 'Asia/Tokyo', 'Pacific/Kiritimati']) {
        process.env.TZ = zone;
        expect(calendar.isBusinessDay('2026-11-23'), zone).toBe(false);
        expect(calendar.isBusinessDay('2026-11-24'), zone).toBe(true);
        expect(calendar.nextBusinessDay('2026-11-20'), zone).toBe('2026-11-24');
      }
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
  });

  it('are counted from any date in both directions', () => {
    expect(calendar.addBusinessDays('2026-12-28', 1)).toBe('2027-01-04');
    expect(calendar.addBusinessDays('2027-01-04', -1)).toBe('2026-12-28');
    expect(calendar.addBusinessDays('2026-11-21', 0)).toBe('2026-11-21');
    expect(calendar.addBusinessDays('2026-11-21', 3)).toBe('2026-11-26');
  });

  it('agree with a count day by day', () => {
    fc.assert(
      fc.property(dates, fc.integer({ min: 1, max: 30 }), (date, days) => {
        const after = calendar.addBusinessDays(date, days);
        expect(calendar.isBusinessDay(after)).toBe(true);
        let counted = 0;
        for (let day = addDays(date, 1); day <= after; day = addDays(day, 1)) {
          if (calendar.isBusinessDay(day)) counted += 1;
        }
        expect(counted).toBe(days);
        const back = calendar.addBusinessDays(after, -days);
        expect(back <= date).toBe(true);
        if (calendar.isBusinessDay(date)) expect(back).toBe(date);
      }),
    );
  });

  it('move a date only when it must, and only in the direction of the rule', () => {
    fc.assert(
      fc.property(dates, fc.constantFrom(...BUSINESS_DAY_RULES), (date, rule) => {
        const moved = calendar.applyRule(date, rule);
        if (rule === 'none' || calendar.isBusinessDay(date)) expect(moved).toBe(date);
        else if (rule === 'next') expect(moved).toBe(calendar.nextBusinessDay(date));
        else expect(moved).toBe(calendar.previousBusinessDay(date));
      }),
    );
  });
});

describe('the holiday data', () => {
  it('has a New Year’s Day in every year that it is said to cover', () => {
    const first = Number(coveredDates.from.slice(0, 4));
    const last = Number(coveredDates.to.slice(0, 4));
    expect(last).toBeGreaterThan(2030);
    for (let year = first; year <= last; year += 1) {
      expect(openAtYearEnd.isBusinessDay(`${year}-01-01`), String(year)).toBe(false);
    }
  });

  it('is not guessed beyond its edge', () => {
    const beyond = addDays(coveredDates.to, 1);
    expect(() => calendar.isBusinessDay(beyond)).toThrow(UnknownCalendarError);
    expect(() => calendar.nextBusinessDay(coveredDates.to)).toThrow(UnknownCalendarError);
    expect(() => calendar.previousBusinessDay(coveredDates.from)).toThrow(UnknownCalendarError);
    // The rule that asks for no business day needs no data.
    expect(calendar.applyRule(beyond, 'none')).toBe(beyond);
  });
});
