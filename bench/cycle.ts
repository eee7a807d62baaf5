// A whole month through the real services against the floor of the same run: decode, parse, COPY and
// merge by plain SQL. `npx tsx bench/cycle.ts --orders 1000000 --per-file 200000 --runs 3`; several
// sizes with commas between. Real Postgres, Temporal, worker, API; a PSP that answers at once. Fails
// when a limit of bench/cycle-judgement.ts is broken.
import { parseArgs } from 'node:util';
import { describeVerdict, judgeCycles, ratiosOf } from './cycle-judgement.ts';
import {
  type CycleKind,
  type CycleRun,
  describeKind,
  type MeasuredKind,
  measureKind,
  nameKind,
} from './cycle-runs.ts';
import { formatTable, rangeOf, showCount, showMb, showRange } from './figures.ts';
import { readCircumstances, saveResult } from './results.ts';

const { values: options } = parseArgs({
  options: {
    orders: { type: 'string', default: '10000,100000,1000000' },
    'per-file': { type: 'string', default: '200000' },
    runs: { type: 'string', default: '3' },
    hands: { type: 'string', default: '2' },
    workers: { type: 'string', default: '1' },
    merchants: { type: 'string', default: '1' },
    'past-months': { type: 'string', default: '0' },
    quoted: { type: 'boolean', default: false },
  },
});

const circumstances = readCircumstances();
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const measured: MeasuredKind[] = [];
for (const orders of numbers(options.orders)) {
  for (const perFile of numbers(options['per-file'])) {
    const kind: CycleKind = {
      ...{ orders, perFile, quoted: options.quoted, pastMonths: Number(options['past-months']) },
      ...{ workers: Number(options.workers), merchants: Number(options.merchants) },
      hands: Number(options.hands),
    };
    const result = await measureKind(kind, Number(options.runs), say);
    measured.push(result);
    console.log(`\n${describeKind(kind)}, ${result.runs.length} runs\n${tableOf(result)}`);
    console.log(saveResult(nameKind(kind), { ...circumstances, ...kept(result) }));
  }
}
const verdicts = judgeCycles(measured);
console.log(`\n${verdicts.map(describeVerdict).join('\n')}`);
process.exitCode = verdicts.every(({ kept }) => kept) ? 0 : 1;

function numbers(text: string): number[] {
  return text.split(',').map((part) => Number(part.replaceAll('_', '')));
}

function tableOf({ orders, merchants, runs }: MeasuredKind): string {
  const billed = orders * merchants;
  const range = (of: (run: CycleRun) => number) => rangeOf(runs.map(of));
  const both = (
    what: string,
    of: (figures: CycleRun['floor'] | CycleRun['month']) => number,
    show: (value: ReturnType<typeof range>) => string,
  ): string[] => {
    const ratio = range(({ floor, month }) => of(month) / of(floor));
    const floor = show(range((run) => of(run.floor)));
    return [what, floor, show(range((run) => of(run.month))), `${showRange(ratio, 2)} x`];
  };
  const only = (what: string, value: string): string[] => [what, '', value, ''];
  const middle = (of: (run: CycleRun) => number) => range(of).median;
  return formatTable([
    ['', 'floor', 'month', 'ratio'],
    both('time, s', ({ seconds }) => seconds, showRange),
    both('processor, s', ({ processorSeconds }) => processorSeconds, showRange),
    both(
      'orders a second',
      (figures) => ('steps' in figures ? orders : billed) / figures.seconds,
      (value) => showCount(value.median),
    ),
    both(
      'WAL',
      ({ walBytes }) => walBytes,
      (value) => showMb(value.median),
    ),
    both(
      'database',
      ({ databaseBytes }) => databaseBytes,
      (value) => showMb(value.median),
    ),
    only('seen as settled, s', showRange(range(({ month }) => month.settledSeconds))),
    only(
      'worker, peak MB',
      showRange(
        range(({ month }) => month.workerMb),
        0,
      ),
    ),
    only(
      'Temporal events',
      showRange(
        range(({ month }) => month.events),
        0,
      ),
    ),
    only('files', showCount(middle(({ month }) => month.files))),
    only('captured', showCount(middle(({ month }) => month.captured))),
    only('declined', showCount(middle(({ month }) => month.declined))),
  ]);
}

/** What is kept of the runs: each file's steps only where there are few. */
function kept(result: MeasuredKind): object {
  const runs = result.runs.map(({ floor, month }) => ({
    floor,
    month: {
      ...month,
      months: month.months.map((one) => (one.files > 20 ? { ...one, laps: [] } : one)),
    },
  }));
  return { ...result, ratio: ratiosOf(result), runs };
}
