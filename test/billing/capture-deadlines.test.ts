import { describe, expect, test } from 'vitest';
import { createBusinessCalendar } from '../../billing/business-calendar.ts';
import {
  deadlineMarkKey,
  lastDayAt,
  type OpenDeadline,
  planDeadlines,
} from '../../billing/capture-deadlines.ts';

const calendar = createBusinessCalendar();
const settings = { lastDay: 'ask', lastDayLeadDays: 3, waveAt: '10:00' } as const;
/** The window ends with the first instant of 2027-01-19 (Tuesday) in Japan. */
const captureBefore = '2027-01-18T15:00:00.000Z';
const deadline = (more: Partial<OpenDeadline> = {}): OpenDeadline => ({
  captureBefore,
  rows: 3,
  yen: 3000,
  held: 1,
  inFiles: 0,
  free: { rows: 2, yen: 2000 },
  ...more,
});
const plan = (now: string, open: readonly OpenDeadline[] = [deadline()]) =>
  planDeadlines(open, settings, calendar, now);
const marksAt = (now: string) => plan(now).marks.map(({ mark, daysLeft }) => [mark, daysLeft]);

describe('the last-day rule acts', () => {
  test('so many business days before the date of expiry, at the time of the wave', () => {
    // Monday 18, Friday 15, Thursday 14.
    expect(lastDayAt(captureBefore, settings, calendar)).toBe('2027-01-14T01:00:00.000Z');
    expect(lastDayAt(captureBefore, { ...settings, lastDayLeadDays: 1 }, calendar)).toBe(
      '2027-01-18T01:00:00.000Z',
    );
  });
  test('on what nobody holds and no file has carried', () => {
    const early = plan('2027-01-14T00:59:59.999Z').lastDay;
    expect(early).toEqual({ rule: 'ask', rows: 0, yen: 0, expiresOn: null });
    const due = plan('2027-01-14T01:00:00.000Z').lastDay;
    expect(due).toEqual({ rule: 'ask', rows: 2, yen: 2000, expiresOn: '2027-01-19' });
  });
  test('no more once the window has closed', () => {
    expect(plan(captureBefore)).toEqual({
      marks: [],
      lastDay: { rule: 'ask', rows: 0, yen: 0, expiresOn: null },
      nextAt: null,
    });
  });
});

describe('marks', () => {
  test('come at nine in Japan, 14, 7, 3 and 1 days before', () => {
    expect(marksAt('2027-01-04T23:59:59.999Z')).toEqual([]);
    expect(plan('2027-01-04T00:00:00.000Z').nextAt).toBe('2027-01-05T00:00:00.000Z');
    expect(marksAt('2027-01-05T00:00:00.000Z')).toEqual([[14, 14]]);
    expect(plan('2027-01-05T00:00:00.000Z').nextAt).toBe('2027-01-12T00:00:00.000Z');
    expect(marksAt('2027-01-12T00:00:00.000Z')).toEqual([[7, 7]]);
    expect(plan('2027-01-12T00:00:00.000Z').nextAt).toBe('2027-01-14T01:00:00.000Z');
    expect(marksAt('2027-01-16T00:00:00.000Z')).toEqual([
      [3, 3],
      ['last-day', 3],
    ]);
    expect(marksAt('2027-01-18T00:00:00.000Z')).toEqual([
      [1, 1],
      ['last-day', 1],
    ]);
    expect(plan('2027-01-18T00:00:00.000Z').nextAt).toBeNull();
  });
  test('of a window that was short from the start say how many days are left', () => {
    expect(marksAt('2027-01-10T00:00:00.000Z')).toEqual([[14, 9]]);
  });
  test('are told of what lies in files, and planned for what may', () => {
    const none = { rows: 0, yen: 0, held: 0, free: { rows: 0, yen: 0 } };
    const early = plan('2027-01-04T00:00:00.000Z', [deadline(none)]);
    expect([early.marks, early.nextAt]).toEqual([[], '2027-01-05T00:00:00.000Z']);
    const lying = [deadline({ ...none, rows: 2, yen: 2000, inFiles: 2 })];
    expect(plan('2027-01-05T00:00:00.000Z', lying).marks).toMatchObject([{ mark: 14, inFiles: 2 }]);
  });
  test('are one for each date of expiry, the next one first', () => {
    const { marks, nextAt } = plan('2027-01-05T00:00:00.000Z', [
      deadline({ captureBefore: '2027-01-19T15:00:00.000Z' }),
      deadline({ captureBefore: '2027-01-10T15:00:00.000Z' }),
      deadline(),
    ]);
    expect(marks.map((mark) => deadlineMarkKey('2026-11', mark))).toEqual([
      'deadline:2026-11:2027-01-11:d7',
      'deadline:2026-11:2027-01-19:d14',
    ]);
    expect(nextAt).toBe('2027-01-06T00:00:00.000Z');
  });
});
