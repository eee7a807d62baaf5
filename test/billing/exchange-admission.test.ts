import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  admitFiles,
  describeHeldBack,
  SEARCHABLE_UPLOADS,
} from '../../billing/exchange-admission.ts';

const files = (...cycleIds: (number | null)[]) =>
  cycleIds.map((cycleId, index) => ({ id: index + 1, cycleId, lockedLines: 0 }));
const inHand = (ofAccount = 0, ...byCycle: [number, number][]) => ({
  ofAccount,
  byCycle: new Map(byCycle),
});

test('files of a month are opened in the order they were built, up to its limit', () => {
  expect([...admitFiles(files(7, 7, 7), inHand(1, [7, 1]), 2).values()]).toEqual([
    null,
    'month',
    'month',
  ]);
});

test('a month that is full holds back no other month', () => {
  expect([...admitFiles(files(7, 8), inHand(4, [7, 4]), 4).values()]).toEqual(['month', null]);
});

test('with ten results unfetched in the account nothing more is opened, of whatever month', () => {
  expect([...admitFiles(files(7, null), inHand(9, [6, 9]), 4).values()]).toEqual([null, 'account']);
  expect([...admitFiles(files(8), inHand(10), 4).values()]).toEqual(['account']);
});

test('a file that bills a locked card is not opened, and keeps no other back', () => {
  const [first, second] = files(7, 7);
  const list = first && second ? [{ ...first, lockedLines: 1 }, second] : [];
  expect([...admitFiles(list, inHand(), 1).values()]).toEqual(['card_locks', null]);
});

test('a file says why it waits', () => {
  expect(describeHeldBack('card_locks')).toContain('注文を取り出す');
  expect(describeHeldBack('account')).toContain('直近 10 件');
  expect(describeHeldBack('month')).toContain('順番に');
});

describe('whatever waits and is in hand', () => {
  const waiting = fc.array(fc.option(fc.integer({ min: 1, max: 4 }), { nil: null }), {
    maxLength: 30,
  });
  const byCycle = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat({ max: 6 })), {
    maxLength: 4,
  });

  test('no limit is exceeded by opening, and nothing waits without a full limit', () => {
    fc.assert(
      fc.property(waiting, byCycle, fc.integer({ min: 1, max: 6 }), (cycles, open, atOnce) => {
        const counts = new Map(open);
        const ofAccount = [...counts.values()].reduce((sum, count) => sum + count, 0);
        const list = files(...cycles);
        const admissions = admitFiles(list, { byCycle: counts, ofAccount }, atOnce);
        const opened = list.filter(({ id }) => admissions.get(id) === null);
        expect(opened.length).toBeLessThanOrEqual(Math.max(0, SEARCHABLE_UPLOADS - ofAccount));
        for (const cycleId of [1, 2, 3, 4]) {
          const more = opened.filter((file) => file.cycleId === cycleId).length;
          const before = counts.get(cycleId) ?? 0;
          expect(more).toBeLessThanOrEqual(Math.max(0, atOnce - before));
          const full = before + more >= atOnce || ofAccount + opened.length >= SEARCHABLE_UPLOADS;
          const waits = list.some(
            (file) => file.cycleId === cycleId && admissions.get(file.id) !== null,
          );
          expect(waits && !full).toBe(false);
        }
      }),
    );
  });
});
