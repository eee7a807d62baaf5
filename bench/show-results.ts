// Writes what bench/results/*.json say into bench/README.md, and the ratios into README.md, between
// their marks: `npx tsx bench/show-results.ts`, after a run whose figures are to be kept.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutDir } from '../config.ts';
import { type CycleKind, describeKind } from './cycle-runs.ts';
import { median, rangeOf, showCount, showMb, showRange } from './figures.ts';
import type { Circumstances, Measurement } from './results.ts';

interface Run {
  readonly floor: { readonly seconds: number; readonly walBytes: number };
  readonly month: {
    readonly seconds: number;
    readonly workerMb: number;
    readonly walBytes: number;
    readonly databaseBytes: number;
    readonly events: number;
    readonly files: number;
  };
}

type Kind = CycleKind & { readonly runs: readonly Run[] };
type Cycle = Circumstances & Kind;
type Variants = Circumstances & { readonly measured: readonly Kind[] };
type Alternatives = Circumstances & {
  readonly compared: readonly {
    readonly what: string;
    readonly orders: number;
    readonly seconds: number;
    readonly ordersPerSecond: number;
    readonly timesFloor: number;
    readonly timesOurs: number;
  }[];
};
type Lists = Circumstances & {
  readonly charges: number;
  readonly answers: readonly {
    readonly path: string;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly judged: boolean;
  }[];
};

const folder = join(checkoutDir, 'bench', 'results');
const results = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

function read<Result>(pattern: RegExp): Result[] {
  return results
    .filter(({ name }) => pattern.test(name))
    .map(({ text }) => JSON.parse(text) as Result);
}

const cycles = read<Cycle>(/^cycle-\d/).sort(
  (one, other) => one.orders - other.orders || other.perFile - one.perFile,
);
const variants = read<Variants>(/^cycle-variants-/);
const alternatives = read<Alternatives>(/^alternatives\./);
const lists = read<Lists>(/^lists-/);
const others = read<Measurement>(/^(?:imports|refresh|ng-wave|carrier|offline-memory)\./);

replace('bench/README.md', 'results', [
  ...(cycles.length > 0 ? ['### The month', '', ...cycleTable(), ''] : []),
  ...variants.flatMap((one) => ['### In other circumstances', '', ...variantTable(one), '']),
  ...alternatives.flatMap((one) => ['### Instead', '', ...alternativeTable(one), '']),
  ...others.flatMap((one) => [`### ${one.title}`, '', ...measurementTable(one), '']),
  ...lists.flatMap((one) => [
    `### Lists over ${showCount(one.charges)} charges`,
    '',
    ...listTable(one),
    '',
  ]),
]);
// In the fewest files: the size and shape for which the promise is given.
const [largest] = cycles
  .filter(({ quoted, pastMonths, workers, merchants, hands }) =>
    [quoted, pastMonths > 0, workers > 1, merchants > 1, hands !== 2].every((other) => !other),
  )
  .toSorted((one, other) => other.orders - one.orders || other.perFile - one.perFile);
if (largest !== undefined) replace('README.md', 'ratios', ratios(largest));

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function cycleTable(): string[] {
  const head = ['month', 'date, commit, load', 'runs', 'floor, s', 'month, s', 'ratio'];
  const further = ['orders a second', 'worker MB', 'WAL, floor', 'database', 'events, files'];
  const rows = cycles.map((one) => {
    const range = (of: (run: Run) => number) => rangeOf(one.runs.map(of));
    return [
      describeKind(one),
      circumstancesOf(one),
      String(one.runs.length),
      showRange(range(({ floor }) => floor.seconds)),
      showRange(range(({ month }) => month.seconds)),
      `${showRange(
        range(({ floor, month }) => month.seconds / floor.seconds),
        2,
      )} x`,
      showCount((one.orders * one.merchants) / range(({ month }) => month.seconds).median),
      showCount(range(({ month }) => month.workerMb).max),
      `${showMb(range(({ month }) => month.walBytes).median)}, ${showMb(range(({ floor }) => floor.walBytes).median)}`,
      showMb(range(({ month }) => month.databaseBytes).median),
      `${showCount(range(({ month }) => month.events).max)}, ${range(({ month }) => month.files).max}`,
    ];
  });
  return table([...head, ...further], rows);
}

function variantTable({ measured, ...circumstances }: Variants): string[] {
  const speed = ({ orders, merchants, runs }: Kind) =>
    (orders * merchants) / median(runs.map(({ month }) => month.seconds));
  const [plain] = measured;
  const rows = measured.map((one) => [
    describeKind(one),
    String(one.runs.length),
    showRange(rangeOf(one.runs.map(({ month }) => month.seconds))),
    showCount(speed(one)),
    plain === undefined ? '' : `${(speed(one) / speed(plain)).toFixed(2)} x`,
  ]);
  const head = ['month', 'runs', 'time, s', 'orders a second', 'throughput'];
  return [`${circumstancesOf(circumstances)}.`, '', ...table(head, rows)];
}

function alternativeTable(of: Alternatives): string[] {
  const rows = of.compared.map((one) => [
    one.what,
    showCount(one.orders),
    one.seconds.toFixed(1),
    showCount(one.ordersPerSecond),
    `${one.timesFloor.toFixed(1)} x`,
    `${one.timesOurs.toFixed(1)} x`,
  ]);
  const head = [
    '',
    'orders',
    'time, s',
    'orders a second',
    'an order, of the floor',
    'of Tsukigime',
  ];
  return [`${circumstancesOf(of)}.`, '', ...table(head, rows)];
}

/** Its figures under their names, each to its first digits. */
function measurementTable({ measured, broken, ...circumstances }: Measurement): string[] {
  const head = [...new Set(measured.flatMap((line) => Object.keys(line)))];
  const show = (value: string | number | undefined): string => {
    if (typeof value !== 'number') return value ?? '';
    return value >= 100 || Number.isInteger(value) ? showCount(value) : value.toFixed(2);
  };
  const rows = measured.map((line) => head.map((name) => show(line[name])));
  const verdict = broken.length === 0 ? 'Every limit kept.' : `Broken: ${broken.join('; ')}.`;
  return [`${circumstancesOf(circumstances)}. ${verdict}`, '', ...table(head, rows)];
}

function listTable(of: Lists): string[] {
  const ms = (value: number) => `${showCount(value)} ms`;
  const rows = of.answers.map(({ path, p50, p95, p99, judged }) => [
    `\`${path}\`${judged ? '' : ' (told only)'}`,
    ...[p50, p95, p99].map(ms),
  ]);
  return [`${circumstancesOf(of)}.`, '', ...table(['list', 'p50', 'p95', 'p99'], rows)];
}

function circumstancesOf({ startedAt, commit, load }: Circumstances): string {
  return `${startedAt.slice(0, 10)}, ${commit}, ${load[0]}`;
}

/** What README says: the largest month, and what else one would pick. */
function ratios(cycle: Cycle): string[] {
  const range = rangeOf(cycle.runs.map(({ floor, month }) => month.seconds / floor.seconds));
  const seconds = median(cycle.runs.map(({ month }) => month.seconds));
  const month = ['Tsukigime', showCount(cycle.orders / seconds), `${showRange(range, 2)} x`];
  const alternativesTo = alternatives.flatMap(({ compared }) =>
    compared
      .filter(({ what }) => what !== 'Tsukigime' && !what.startsWith('floor'))
      .map((one) => [one.what, showCount(one.ordersPerSecond), `${one.timesFloor.toFixed(0)} x`]),
  );
  return [
    ...table(
      ['a month of orders', 'orders a second', 'time, of the floor'],
      [month, ...alternativesTo],
    ),
    '',
    `${showCount(cycle.orders)} orders, ${cycle.machine}, ${cycle.startedAt.slice(0, 10)}, ${cycle.runs.length} run(s), load ${cycle.load[0]} when it began.`,
  ];
}

function replace(page: string, mark: string, lines: readonly string[]): void {
  const path = join(checkoutDir, page);
  const text = readFileSync(path, 'utf8');
  const [start, end] = [`<!-- ${mark}:start -->`, `<!-- ${mark}:end -->`];
  const [before, rest] = text.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${page} has no ${start} … ${end}`);
  writeFileSync(path, `${before}${start}\n${lines.join('\n').trim()}\n${end}${after}`);
  console.log(`${page}: ${mark}`);
}
