import { expect, test } from 'vitest';
import { createBusinessCalendar } from '../../billing/business-calendar.ts';
import {
  planRefreshSchedule,
  refreshMonthsStartingAt,
  refreshRequestAt,
} from '../../billing/card-refresh-schedule.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { describeMonthStart } from '../../billing/month-start.ts';

const { cardRefresh, calendar } = merchantSettingsSchema.parse({
  cardRefresh: { enabled: true, requestDay: 1, checkDaysBefore: 5 },
});
const days = createBusinessCalendar(calendar.closedDays);

test('a month is started so many days before its request leaves, and on the day at the latest', () => {
  // 2026-11-26 05:00 in Japan.
  const starts = refreshMonthsStartingAt('2026-11-25T20:00:00.000Z', cardRefresh, days);
  expect(starts).toEqual(['2026-12']);
  expect(refreshMonthsStartingAt('2026-11-26T20:00:00.000Z', cardRefresh, days)).toEqual([]);
  // Switched on, or moved to a nearer day, since the start that was planned first.
  expect(refreshMonthsStartingAt('2026-11-30T20:00:00.000Z', cardRefresh, days)).toEqual(starts);
  expect(refreshMonthsStartingAt('2026-12-01T20:00:00.000Z', cardRefresh, days)).toEqual([]);
  expect(refreshRequestAt('2026-12', cardRefresh, days)).toBe('2026-11-30T20:00:00.000Z');
});

test('whoever looks at a start reads that it was one of a refresh, and of which months', () => {
  const at = '2026-11-25T20:00:00.000Z';
  const due = { kind: 'due', months: ['2026-12'] } as const;
  expect(describeMonthStart(due, at, 'refresh')).toContain(
    '2026-11-26 の予定により 2026-12 のカード洗替を開始しました',
  );
  expect(describeMonthStart({ kind: 'not_due' }, at, 'refresh')).not.toContain('請求');
  expect(describeMonthStart(due, at, 'cycle')).toContain('2026-12 の請求を開始しました');
});

test('a request day that is moved by the business-day rule moves its start', () => {
  const moved = { ...cardRefresh, businessDayRule: 'next' } as const;
  // The first business day of 2027 for this shop is the 4th of January.
  expect(refreshRequestAt('2027-01', moved, days)).toBe('2027-01-03T20:00:00.000Z');
  expect(refreshMonthsStartingAt('2026-12-29T20:00:00.000Z', moved, days)).toEqual(['2027-01']);
});

test('every instant of the Schedule starts the month for which it was planned', () => {
  const merchant = { slug: 'a-shop', clockOffsetMs: 0 };
  const { starts, what, at } = planRefreshSchedule(
    merchant,
    { cardRefresh, calendar },
    '2026-11-22T00:00:00.000Z',
  );
  expect([what, at]).toEqual(['refresh', '05:00']);
  expect(starts.slice(2, 4)).toEqual([
    { month: '2026-11', date: '2026-10-27' },
    { month: '2026-11', date: '2026-11-01' },
  ]);
  expect(starts.length).toBeGreaterThan(24);
  expect(new Set(starts.map(({ date }) => date)).size).toBe(starts.length);
  for (const { month, date } of starts) {
    const started = refreshMonthsStartingAt(`${date}T03:00:00.000Z`, cardRefresh, days);
    expect(started).toEqual([month]);
  }
});

test('no Schedule where it is switched off or the clock was moved', () => {
  const off = { cardRefresh: { ...cardRefresh, enabled: false }, calendar };
  const now = '2026-11-22T00:00:00.000Z';
  expect(planRefreshSchedule({ slug: 'a-shop', clockOffsetMs: 0 }, off, now).starts).toEqual([]);
  const on = { cardRefresh, calendar };
  expect(planRefreshSchedule({ slug: 'a-shop', clockOffsetMs: 1 }, on, now).starts).toEqual([]);
});
