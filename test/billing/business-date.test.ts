import { describe, expect, it } from 'vitest';
import {
  addDays,
  businessDateOf,
  formatCompactJstInstant,
  parseBusinessDate,
  parseCompactJstInstant,
  parseJstInstant,
  startOfBusinessDate,
} from '../../billing/business-date.ts';

describe('business date', () => {
  it('reads dates of the calendar only', () => {
    expect(parseBusinessDate('2026/11/03')).toBe('2026-11-03');
    expect(parseBusinessDate('2026/1/3')).toBe('2026-01-03');
    expect(parseBusinessDate('2028-02-29')).toBe('2028-02-29');
    for (const text of ['2026-02-29', '2026/13/01', '2026/11-03', '26/11/03', '20261103', '']) {
      expect(parseBusinessDate(text)).toBeNull();
    }
  });

  it('knows the same calendar as Date', () => {
    for (const year of [1899, 1900, 1999, 2000, 2023, 2024, 2100, 2400, 9999]) {
      for (let month = 0; month <= 13; month += 1) {
        for (let day = 0; day <= 32; day += 1) {
          const date = new Date(Date.UTC(year, month - 1, day));
          const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
          const expected = exists && year >= 1900 ? date.toISOString().slice(0, 10) : null;
          expect(parseBusinessDate(`${year}/${month}/${day}`)).toBe(expected);
        }
      }
    }
  });

  it('reads times as JST', () => {
    expect(parseJstInstant('2026/11/03 08:30')).toBe('2026-11-02T23:30:00.000Z');
    expect(parseJstInstant('2026-11-03T08:30:15')).toBe('2026-11-02T23:30:15.000Z');
    expect(parseJstInstant('2026/11/03')).toBe('2026-11-02T15:00:00.000Z');
    expect(parseJstInstant('2026/11/03 24:00')).toBeNull();
    expect(parseJstInstant('yesterday')).toBeNull();
  });

  it('reads and writes the PSP spelling', () => {
    expect(parseCompactJstInstant('20261103083015')).toBe('2026-11-02T23:30:15.000Z');
    expect(formatCompactJstInstant('2026-11-02T23:30:15.000Z')).toBe('20261103083015');
    for (const text of ['20261303083015', '20261103083060', '2026110308301', '']) {
      expect(parseCompactJstInstant(text)).toBeNull();
    }
  });

  it('knows the day in Japan', () => {
    expect(businessDateOf('2026-11-02T14:59:59.999Z')).toBe('2026-11-02');
    expect(businessDateOf('2026-11-02T15:00:00.000Z')).toBe('2026-11-03');
    expect(startOfBusinessDate('2026-11-03')).toBe('2026-11-02T15:00:00.000Z');
    expect(addDays('2026-12-31', 60)).toBe('2027-03-01');
  });
});
