import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planReminders } from '../../billing/reminders.ts';

// A Monday, 18:00 in Japan.
const since = '2026-11-23T09:00:00.000Z';
const jst = (text: string) => new Date(`${text}+09:00`).toISOString();

describe('reminders', () => {
  test('come after 1, 3 and 7 days and then every week, at nine in the morning', () => {
    const days: number[] = [];
    let now = since;
    for (let i = 0; i < 6; i += 1) {
      const { next } = planReminders(since, now);
      days.push(next.days);
      now = next.dueAt;
      expect(planReminders(since, now).due).toEqual(next);
    }
    expect(days).toEqual([1, 3, 7, 14, 21, 28]);
    expect(planReminders(since, since).next.dueAt).toBe(jst('2026-11-24T09:00:00'));
  });

  test('of a wait that nobody looked at are one, the latest', () => {
    const { due, next } = planReminders(since, jst('2026-12-05T12:00:00'));
    expect([due?.days, next.days]).toEqual([7, 14]);
    expect(planReminders(since, jst('2026-11-24T08:59:00')).due).toBeNull();
  });

  test('are few, whatever the wait: sixty days have eleven', () => {
    const instant = fc.integer({ min: 0, max: 60 * 24 * 60 });
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        const at = (minutes: number) =>
          new Date(Date.parse(since) + minutes * 60_000).toISOString();
        const [early, late] = [at(Math.min(a, b)), at(Math.max(a, b))];
        const first = planReminders(since, early);
        const second = planReminders(since, late);
        expect(first.next.dueAt > early).toBe(true);
        expect((second.due?.days ?? 0) >= (first.due?.days ?? 0)).toBe(true);
      }),
    );
    const asked = new Set<number>();
    for (let day = 0; day <= 60; day += 1) {
      const now = new Date(Date.parse(since) + day * 86_400_000).toISOString();
      const { due } = planReminders(since, now);
      if (due !== null) asked.add(due.days);
    }
    expect(asked.size).toBeLessThanOrEqual(11);
  });
});
