import { expect, it } from 'vitest';
import {
  describeVerdict,
  type JudgedRun,
  type JudgedRuns,
  judgeCycles,
  ratiosOf,
} from '../../bench/cycle-judgement.ts';
import { formatTable, median, percentile, showRange } from '../../bench/figures.ts';

const good = {
  floor: { seconds: 20 },
  month: { seconds: 44, workerMb: 380, events: 900, files: 10, captured: 975_000, broken: [] },
};

function kind(
  orders: number,
  perFile: number,
  ...months: readonly Partial<JudgedRun['month']>[]
): JudgedRuns {
  return {
    orders,
    perFile,
    runs: months.map((month) => ({ ...good, month: { ...good.month, ...month } })),
  };
}

const failedOf = (kinds: readonly JudgedRuns[]): string[] =>
  judgeCycles(kinds)
    .filter(({ kept }) => !kept)
    .map(({ what }) => what.replace(/^.*: /, ''));

it('keeps what is promised, by the median of the runs', () => {
  const runs = kind(1_000_000, 200_000, { seconds: 44 }, { seconds: 80 }, { seconds: 49 });
  expect(failedOf([runs])).toEqual([]);
  expect(ratiosOf(runs)).toEqual({ median: 2.45, min: 2.2, max: 4 });
});

it.each([
  [{ seconds: 51 }, 'time'],
  [{ workerMb: 513 }, 'worker, peak'],
  [{ workerMb: Number.NaN }, 'worker, peak'],
  [{ events: 1201 }, 'Temporal events, 10 files'],
  [{ broken: ['rows'] }, 'not accounted for'],
  [{ captured: 0 }, 'not accounted for'],
])('refuses %o', (month, what) => {
  expect(failedOf([kind(1_000_000, 200_000, month)])).toEqual([what]);
});

it('judges one bad run of memory, and no time of another size', () => {
  expect(failedOf([kind(1_000_000, 200_000, {}, {}, { workerMb: 600 })])).toEqual(['worker, peak']);
  expect(failedOf([kind(10_000, 200_000, { seconds: 100 })])).toEqual([]);
});

it('lets each merchant have its own events', () => {
  const two = kind(100_000, 200_000, { files: 4, events: 800 });
  expect(failedOf([two])).toEqual(['Temporal events, 4 files']);
  expect(failedOf([{ ...two, merchants: 2 }])).toEqual([]);
});

it('holds a million against a hundred thousand, and many files against few', () => {
  const large = kind(1_000_000, 200_000, { seconds: 46 });
  expect(failedOf([kind(100_000, 200_000, { seconds: 4 }), large])).toEqual([]);
  expect(failedOf([kind(100_000, 200_000, { seconds: 3.9 }), large])).toEqual([
    'cost of an order at 1000000 against 100000',
  ]);
  const many = { files: 200, events: 20_200 };
  const within = kind(1_000_000, 10_000, { ...many, seconds: 46 + 0.4 * 190 });
  expect(failedOf([large, within])).toEqual([]);
  expect(failedOf([large, kind(1_000_000, 10_000, { ...many, seconds: 130 })])).toEqual([
    'each of 190 further files of 10000',
  ]);
});

it('holds a month after a year of months against the first one', () => {
  const first = kind(100_000, 25_000, { seconds: 20 });
  const late = (seconds: number) => ({ ...kind(100_000, 25_000, { seconds }), pastMonths: 12 });
  expect(failedOf([first, late(28)])).toEqual([]);
  expect(failedOf([first, late(29)])).toEqual([
    '100000 orders with 12 months before, against none',
  ]);
  expect(failedOf([late(29)]), 'nothing to hold it against').toEqual([]);
});

it('shows figures', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(percentile([1, 2, 3, 4], 0.95)).toBe(4);
  expect(showRange({ median: 1234.56, min: 1000, max: 2000 })).toBe('1,234.6 (1,000.0–2,000.0)');
  expect(showRange({ median: 2, min: 2, max: 2 }, 0)).toBe('2');
  expect(
    formatTable([
      ['', 'floor'],
      ['time', '1'],
    ]),
  ).toBe('      floor\ntime      1');
  expect(describeVerdict({ what: 'time', value: 2.6, limit: 2.5, unit: 'x', kept: false })).toBe(
    'FAILED  time: 2.60 x (limit 2.5)',
  );
});
