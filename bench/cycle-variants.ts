// The month of one size in other circumstances, against the plain one: with quoted line breaks, with
// twelve months in the tables, with two and four workers, with two merchants at once.
// `npx tsx bench/cycle-variants.ts --orders 100000 --runs 3`; judges memory, events and conservation.
import { parseArgs } from 'node:util';
import { describeVerdict, judgeCycles } from './cycle-judgement.ts';
import { type CycleKind, describeKind, type MeasuredKind, measureKind } from './cycle-runs.ts';
import { formatTable, median, rangeOf, showCount, showRange } from './figures.ts';
import { readCircumstances, saveResult } from './results.ts';

const { values: options } = parseArgs({
  options: {
    orders: { type: 'string', default: '100000' },
    'per-file': { type: 'string', default: '25000' },
    runs: { type: 'string', default: '3' },
    'past-months': { type: 'string', default: '12' },
  },
});

const plain: CycleKind = {
  ...{ orders: Number(options.orders), perFile: Number(options['per-file']), quoted: false },
  ...{ pastMonths: 0, workers: 1, merchants: 1, hands: 2 },
};
const kinds: readonly CycleKind[] = [
  plain,
  { ...plain, quoted: true },
  { ...plain, pastMonths: Number(options['past-months']) },
  { ...plain, hands: 4 },
  { ...plain, workers: 2 },
  { ...plain, workers: 4 },
  { ...plain, merchants: 2 },
  { ...plain, merchants: 2, workers: 2 },
];
const circumstances = readCircumstances();
const measured: MeasuredKind[] = [];
for (const kind of kinds) {
  measured.push(
    await measureKind(kind, Number(options.runs), (line) => process.stderr.write(`${line}\n`)),
  );
}

const ordersPerSecond = ({ orders, merchants, runs }: MeasuredKind): number =>
  (orders * merchants) / median(runs.map(({ month }) => month.seconds));
const [first] = measured;
const base = first === undefined ? Number.NaN : ordersPerSecond(first);
console.log(
  formatTable([
    ['', 'time, s', 'orders a second', 'throughput', 'x floor', 'worker MB'],
    ...measured.map((one) => [
      describeKind(one),
      showRange(rangeOf(one.runs.map(({ month }) => month.seconds))),
      showCount(ordersPerSecond(one)),
      `${(ordersPerSecond(one) / base).toFixed(2)} x`,
      showRange(
        rangeOf(one.runs.map(({ floor, month }) => month.seconds / one.merchants / floor.seconds)),
        2,
      ),
      showCount(Math.max(...one.runs.map(({ month }) => month.workerMb))),
    ]),
  ]),
);
console.log(saveResult(`cycle-variants-${plain.orders}`, { ...circumstances, measured }));
const verdicts = judgeCycles(measured.map((one) => ({ ...one, name: describeKind(one) })));
console.log(`\n${verdicts.map(describeVerdict).join('\n')}`);
process.exitCode = verdicts.every(({ kept }) => kept) ? 0 : 1;
