import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { businessDateOf } from '../../billing/business-date.ts';
import { captureDeadline } from '../../billing/capture-window.ts';

describe('the deadline of a capture', () => {
  test.each([
    ['the last second of a day in Japan', '2026-11-20T14:59:59.999Z', '2027-01-18T15:00:00.000Z'],
    ['the first instant of the next', '2026-11-20T15:00:00.000Z', '2027-01-19T15:00:00.000Z'],
    ['noon', '2026-11-20T03:00:00.000Z', '2027-01-18T15:00:00.000Z'],
    ['over a leap day', '2028-01-15T00:00:00.000Z', '2028-03-14T15:00:00.000Z'],
    ['an instant in another zone', '2026-11-21T00:00:00+09:00', '2027-01-19T15:00:00.000Z'],
  ])('%s', (_, completedAt, deadline) => {
    expect(captureDeadline(completedAt, 60)).toBe(deadline);
  });

  test('a shorter window ends as many days earlier', () => {
    expect(captureDeadline('2026-11-20T03:00:00Z', 1)).toBe('2026-11-20T15:00:00.000Z');
    expect(captureDeadline('2026-11-20T03:00:00Z', 59)).toBe('2027-01-17T15:00:00.000Z');
  });

  test('is midnight in Japan, less than the window and more than the window less a day away', () => {
    const instants = fc.date({
      min: new Date('2020-01-01T00:00:00Z'),
      max: new Date('2060-01-01T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 60 }), (completed, days) => {
        const deadline = captureDeadline(completed.toISOString(), days);
        const awayMs = Date.parse(deadline) - completed.getTime();
        const justBefore = new Date(Date.parse(deadline) - 1).toISOString();
        expect(businessDateOf(justBefore)).not.toBe(businessDateOf(deadline));
        expect(awayMs).toBeLessThanOrEqual(days * 86_400_000);
        expect(awayMs).toBeGreaterThan((days - 1) * 86_400_000);
      }),
    );
  });

  test.each([
    ['yesterday', 60],
    ['', 60],
    ['2026-11-20T03:00:00Z', 0],
    ['2026-11-20T03:00:00Z', 61],
    ['2026-11-20T03:00:00Z', 1.5],
    ['2026-11-20T03:00:00Z', Number.NaN],
  ])('refuses %s with %s days', (completedAt, days) => {
    expect(() => captureDeadline(completedAt, days)).toThrow(RangeError);
  });
});
