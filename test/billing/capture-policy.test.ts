import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBusinessCalendar } from '../../billing/business-calendar.ts';
import { addDays } from '../../billing/business-date.ts';
import {
  type CaptureFacts,
  captureDateOf,
  captureRuleAt,
  nextCaptureWave,
} from '../../billing/capture-policy.ts';
import { type CaptureDay, captureSettingsSchema } from '../../billing/capture-settings.ts';

/** 2026-11-20 15:00 in Japan. */
const now = '2026-11-20T06:00:00.000Z';
const facts = (more: Partial<CaptureFacts> = {}): CaptureFacts => ({
  policy: 'on-shipment',
  waveAt: '10:00',
  ready: 1,
  requested: 0,
  lastWaveAt: null,
  ...more,
});

describe('captures leave', () => {
  test('never, where nothing is ready', () => {
    expect(nextCaptureWave(facts({ ready: 0 }), now)).toBeNull();
    expect(nextCaptureWave(facts({ policy: 'immediate', ready: 0 }), now)).toBeNull();
  });
  test.each(['immediate', 'manual'] as const)('at once by the policy %s', (policy) => {
    expect(nextCaptureWave(facts({ policy, lastWaveAt: now }), now)).toBe(now);
  });
  test('at once when a person asked', () => {
    expect(nextCaptureWave(facts({ requested: 1, lastWaveAt: now }), now)).toBe(now);
  });
  test.each(['on-shipment', 'on-date'] as const)(
    '%s: the first at once, then once a day at the time of the wave',
    (policy) => {
      expect(nextCaptureWave(facts({ policy }), now)).toBe(now);
      // Yesterday's wave, or today's before ten: this one may go.
      const lastWaveAt = '2026-11-20T00:59:59.000Z';
      expect(nextCaptureWave(facts({ policy, lastWaveAt }), now)).toBe(now);
      // Today's wave has left: the next is tomorrow's at ten in Japan.
      const left = facts({ policy, lastWaveAt: '2026-11-20T01:00:00.000Z' });
      expect(nextCaptureWave(left, now)).toBe('2026-11-21T01:00:00.000Z');
    },
  );
  test('before the time of the wave, it is the day before that counts', () => {
    const early = '2026-11-20T00:30:00.000Z';
    expect(nextCaptureWave(facts({ lastWaveAt: '2026-11-19T02:00:00.000Z' }), early)).toBe(
      '2026-11-20T01:00:00.000Z',
    );
    expect(nextCaptureWave(facts({ lastWaveAt: '2026-11-18T02:00:00.000Z' }), early)).toBe(early);
  });
});

const calendar = createBusinessCalendar();
const monthly = (day: number, businessDayRule: CaptureDay['businessDayRule'] = 'none') =>
  ({ count: 'day-of-month', day, businessDayRule }) as const;
const daysAfter = (days: number, businessDayRule: CaptureDay['businessDayRule'] = 'none') =>
  ({ count: 'days-after-authorization', days, businessDayRule }) as const;

describe('the date of capture', () => {
  test.each([
    ['2026-11-20', monthly(25), '2026-11-25'],
    ['2026-11-25', monthly(25), '2026-11-25'],
    ['2026-11-26', monthly(25), '2026-12-25'],
    // The last day of a month, whatever its number.
    ['2027-02-01', monthly(31), '2027-02-28'],
    ['2026-12-31', monthly(31), '2026-12-31'],
    // 2026-11-23 is a holiday on a Monday.
    ['2026-11-20', monthly(22, 'next'), '2026-11-24'],
    ['2026-11-20', monthly(22, 'previous'), '2026-11-20'],
    ['2026-11-20', daysAfter(0), '2026-11-20'],
    ['2026-11-20', daysAfter(3, 'next'), '2026-11-24'],
    ['2026-11-20', daysAfter(3), '2026-11-23'],
  ])('authorized on %s, %o: %s', (authorizedOn, day, date) => {
    expect(captureDateOf(authorizedOn, day, calendar)).toBe(date);
  });

  const onDate = (day: CaptureDay) =>
    captureSettingsSchema.parse({ policy: 'on-date', onDate: day });
  test('comes with the wave of its day', () => {
    const through = (at: string) =>
      captureRuleAt(onDate(daysAfter(2)), calendar, at).authorizedThrough;
    // 09:59 and 10:00 in Japan.
    expect(through('2026-11-20T00:59:59.999Z')).toBe('2026-11-17');
    expect(through('2026-11-20T01:00:00.000Z')).toBe('2026-11-18');
  });

  test('parts what leaves from what waits by one date of authorization', () => {
    const dates = fc.integer({ min: 0, max: 700 }).map((days) => addDays('2026-01-01', days));
    const rules = fc.constantFrom('none', 'next', 'previous');
    const days = fc.oneof(
      fc.tuple(fc.integer({ min: 1, max: 31 }), rules).map(([day, rule]) => monthly(day, rule)),
      fc.tuple(fc.integer({ min: 0, max: 45 }), rules).map(([day, rule]) => daysAfter(day, rule)),
    );
    fc.assert(
      fc.property(dates, dates, days, (today, authorizedOn, day) => {
        // 15:00 in Japan: the wave of the day has come.
        const rule = captureRuleAt(onDate(day), calendar, `${today}T06:00:00.000Z`);
        const leaves = captureDateOf(authorizedOn, day, calendar) <= today;
        const past = authorizedOn <= today;
        expect(past && authorizedOn <= (rule.authorizedThrough ?? '')).toBe(past && leaves);
      }),
    );
  });
});
