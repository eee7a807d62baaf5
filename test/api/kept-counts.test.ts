import { expect, it } from 'vitest';
import { createKeptCounts } from '../../api/kept-counts.ts';

/** Counts that take as long as the test says. */
function counting() {
  let nowMs = 0;
  let counted = 0;
  const counts = createKeptCounts(() => nowMs);
  const count = async (tookMs = 4000) => {
    nowMs += tookMs;
    counted += 1;
    return counted;
  };
  return {
    counts,
    pass: (ms: number) => {
      nowMs += ms;
    },
    ask: (name = 'cycle', large = true) => counts.of(1, name, large, () => count()),
    count,
  };
}

it('keeps what took long for ten times as long, a minute at most', async () => {
  const { ask, pass, counts, count } = counting();
  expect([await ask(), await ask()]).toEqual([1, 1]);
  pass(39_999);
  expect(await ask()).toBe(1);
  pass(1);
  expect(await ask()).toBe(2);
  await counts.of(1, 'slow', true, () => count(20_000));
  pass(59_999);
  expect(await counts.of(1, 'slow', true, () => count())).toBe(3);
  pass(1);
  expect(await counts.of(1, 'slow', true, () => count())).toBe(4);
});

it('counts small months each time, and each thing on its own', async () => {
  const { ask } = counting();
  expect([await ask('cycle', false), await ask('cycle', false)]).toEqual([1, 2]);
  expect([await ask('orders'), await ask('report'), await ask('orders')]).toEqual([3, 4, 3]);
});

it('counts once for all who ask at the same time', async () => {
  const { ask } = counting();
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
});

it('counts anew after an act, also what was being counted then', async () => {
  const { counts, ask } = counting();
  let answer: (count: number) => void = () => {};
  const before = counts.of(1, 'cycle', true, () => new Promise<number>((done) => (answer = done)));
  counts.forget(1);
  expect(await ask()).toBe(1);
  answer(99);
  expect([await before, await ask()]).toEqual([99, 1]);
});

it('keeps no failure, and nothing of another merchant', async () => {
  const { counts, ask } = counting();
  const failing = counts.of(1, 'cycle', true, () => Promise.reject(new Error('no database')));
  await expect(failing).rejects.toThrow('no database');
  expect(await ask()).toBe(1);
  expect(await counts.of(2, 'cycle', true, async () => 'other')).toBe('other');
  counts.forget(2);
  expect(await ask()).toBe(1);
});
