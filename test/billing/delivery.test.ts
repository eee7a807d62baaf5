import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  admittedBy,
  type Circuit,
  circuitAfter,
  DELIVERY_OUTCOMES,
  decideAfterAttempt,
  digestInstant,
  hasJustOpened,
  triesOf,
} from '../../billing/delivery.ts';

const now = '2026-11-22T00:00:00.000Z';
const later = (seconds: number) => new Date(Date.parse(now) + seconds * 1000).toISOString();

describe('after an attempt', () => {
  const policy = { backOffSeconds: [10, 60] };

  test('that failed the schedule says when, and after its last wait it is given up', () => {
    expect(triesOf(policy)).toBe(3);
    expect([2, 1, 0].map((left) => decideAfterAttempt('refused', left, policy, now))).toEqual([
      { state: 'due', dueAt: later(10) },
      { state: 'due', dueAt: later(60) },
      { state: 'failed' },
    ]);
  });

  test('a delivered result is delivered, whatever is left', () => {
    expect(decideAfterAttempt('delivered', 0, policy, now)).toEqual({ state: 'delivered' });
  });

  test('every failing delivery comes to an end, whatever the schedule becomes meanwhile', () => {
    const outcome = fc.constantFrom(...DELIVERY_OUTCOMES.filter((one) => one !== 'delivered'));
    const schedule = fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 5 });
    fc.assert(
      fc.property(outcome, fc.nat(5), schedule, (failed, tries, backOffSeconds) => {
        let left = tries;
        for (;;) {
          const next = decideAfterAttempt(failed, left, { backOffSeconds }, now);
          if (next.state === 'failed') break;
          expect(next.state === 'due' && next.dueAt > now).toBe(true);
          left -= 1;
          expect(left).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

describe('the circuit', () => {
  const policy = { circuitFailures: 3, circuitPauseSeconds: 60 };
  const closed: Circuit = { failuresInARow: 0, openUntil: null };
  const down = { outcome: 'timed_out', status: null } as const;
  const following = (circuit: Circuit, ...attempts: Parameters<typeof circuitAfter>[1][]) =>
    attempts.reduce((state, attempt) => circuitAfter(state, attempt, policy, now), circuit);

  test('opens after failures one after the other', () => {
    expect(following(closed, down, down)).toEqual({ failuresInARow: 2, openUntil: null });
    const open = following(closed, down, down, down);
    expect(open.openUntil).toBe(later(60));
    // People are told of the first, not of each try that fails.
    expect(hasJustOpened(following(closed, down, down), open)).toBe(true);
    expect(hasJustOpened(open, circuitAfter(open, down, policy, later(60)))).toBe(false);
    expect(hasJustOpened(open, closed)).toBe(false);
  });

  test('is closed by an answer, even by a refusal of one result', () => {
    const open = following(closed, down, down, down);
    expect(following(open, { outcome: 'delivered', status: 200 })).toEqual(closed);
    expect(following(open, { outcome: 'refused', status: 404 })).toEqual(closed);
  });

  test.each([
    ['refused', 500],
    ['refused', 503],
    ['refused', 429],
    ['cut_off', null],
    ['not_connected', null],
  ] as const)('takes %s %s for trouble of the endpoint', (outcome, status) => {
    expect(following(closed, { outcome, status }).failuresInARow).toBe(1);
  });

  test('lets nothing pass while it is open, then one, then all', () => {
    const open = following(closed, down, down, down);
    expect(admittedBy(open, later(59), 100)).toBe(0);
    expect(admittedBy(open, later(60), 100)).toBe(1);
    expect(admittedBy(closed, now, 100)).toBe(100);
    expect(circuitAfter(open, down, policy, later(60)).openUntil).toBe(later(120));
  });
});

describe('the mail about send errors', () => {
  test('waits for the flock, and is one an hour at most', () => {
    expect(digestInstant(null, null)).toBeNull();
    expect(digestInstant(now, null)).toBe(later(600));
    expect(digestInstant(now, later(-60))).toBe(later(3540));
    expect(digestInstant(now, later(-7200))).toBe(later(600));
  });
});
