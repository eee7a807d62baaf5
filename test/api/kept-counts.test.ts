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
  // Whoever comes then has it counted anew, and is told what was counted before.
  expect([await ask(), await ask()]).toEqual([1, 2]);
  const slow = () => counts.of(1, 'slow', true, () => count(20_000));
  await slow();
  pass(59_999);
  expect(await slow()).toBe(3);
  pass(1);
  expect([await slow(), await slow()]).toEqual([3, 4]);
});

it('tells nothing older than ten minutes, nor what was counted before an act', async () => {
  const { ask, pass, counts } = counting();
  expect(await ask()).toBe(1);
  pass(40_000 + 10 * 60_000);
  expect(await ask()).toBe(2);
  pass(40_000);
  counts.forget(1);
  expect(await ask()).toBe(3);
});

it('tells a count from before to all who ask while it is counted anew', async () => {
  const { ask, pass, counts } = counting();
  await ask();
  pass(40_000);
  let answer: (count: number) => void = () => {};
  const counted = new Promise<number>((done) => (answer = done));
  const again = () => counts.of(1, 'cycle', true, () => counted);
  expect([await again(), await ask()]).toEqual([1, 1]);
  answer(7);
  await counted;
  expect(await ask()).toBe(7);
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

it('tells whoever does not wait what is known, and has that counted anew when it is old', async () => {
  const { counts, pass, count } = counting();
  const ifKnown = (large = true) => counts.ifKnown(1, 'sums', large, () => count());
  expect(await ifKnown()).toBeNull();
  // Nothing was begun for somebody who was not there to be told.
  expect(await counts.of(1, 'sums', true, () => count())).toBe(1);
  expect(await ifKnown()).toBe(1);
  pass(40_000);
  expect([await ifKnown(), await ifKnown()]).toEqual([1, 2]);
  pass(40_000 + 10 * 60_000);
  expect(await ifKnown()).toBeNull();
  expect([await ifKnown(false), await ifKnown(false)]).toEqual([3, 4]);
});

it('does not have it waited for while it is counted for the first time, nor after a failure', async () => {
  const { counts } = counting();
  let fail: (error: Error) => void = () => {};
  const first = counts.of(1, 'sums', true, () => new Promise<number>((_, no) => (fail = no)));
  const ifKnown = () => counts.ifKnown(1, 'sums', true, async () => 7);
  expect(await ifKnown()).toBeNull();
  fail(new Error('no database'));
  await expect(first).rejects.toThrow('no database');
  expect(await ifKnown()).toBeNull();
});
