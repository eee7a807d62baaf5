import { median, type Range, rangeOf } from './figures.ts';

/** What the limits of a month are held against: the runs of one kind of month. */
export interface JudgedRuns {
  /** What kind of month it is, where its size does not say all. */
  readonly name?: string;
  readonly orders: number;
  readonly perFile: number;
  /** That bill at once; one, where it is left out. */
  readonly merchants?: number;
  /** That lie in the tables before; none, where it is left out. */
  readonly pastMonths?: number;
  readonly runs: readonly JudgedRun[];
}

export interface JudgedRun {
  readonly floor: { readonly seconds: number };
  readonly month: {
    readonly seconds: number;
    readonly workerMb: number;
    readonly events: number;
    readonly files: number;
    readonly captured: number;
    readonly broken: readonly string[];
  };
}

export interface Verdict {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
  readonly kept: boolean;
}

/** Of issue 13. Times are judged at the size for which they are promised, everything else always. */
export const cycleLimits = {
  ratio: { orders: 1_000_000, perFile: 200_000, limit: 2.5 },
  workerMb: 512,
  eventsPerFile: 100,
  eventsBesides: 200,
  /** Cost per order at a million against that at a hundred thousand. */
  growth: { small: 100_000, large: 1_000_000, limit: 1.15 },
  secondsPerFurtherFile: 0.4,
  /** With a year of months of its size in the tables, against the first one: they are compared, too. */
  withPastMonths: 1.4,
} as const;

/** Every limit that these kinds of month can be held against. */
export function judgeCycles(kinds: readonly JudgedRuns[]): Verdict[] {
  return [
    ...kinds.flatMap(judgeKind),
    ...judgeGrowth(kinds),
    ...judgeFiles(kinds),
    ...judgePastMonths(kinds),
  ];
}

/** How often the floor: of each run, because both were measured in it. */
export function ratiosOf(kind: JudgedRuns): Range {
  return rangeOf(kind.runs.map(({ floor, month }) => month.seconds / floor.seconds));
}

const secondsOf = ({ runs }: JudgedRuns): number => median(runs.map(({ month }) => month.seconds));

function judgeKind(kind: JudgedRuns): Verdict[] {
  const { orders, perFile, merchants = 1, runs } = kind;
  const { name = `${orders} orders in files of ${perFile}` } = kind;
  const { ratio, workerMb, eventsPerFile, eventsBesides } = cycleLimits;
  const worst = (of: (run: JudgedRun) => number) => Math.max(...runs.map(of));
  const files = worst(({ month }) => month.files);
  const verdicts = [
    verdict(
      `${name}: worker, peak`,
      worst(({ month }) => month.workerMb),
      workerMb,
      'MB',
    ),
    verdict(
      `${name}: Temporal events, ${files} files`,
      worst(({ month }) => month.events),
      eventsPerFile * files + eventsBesides * merchants,
      'events',
    ),
    verdict(`${name}: not accounted for`, worst(countUnaccounted), 0, 'things'),
  ];
  if (orders === ratio.orders && perFile === ratio.perFile) {
    verdicts.unshift(verdict(`${name}: time`, ratiosOf(kind).median, ratio.limit, 'x floor'));
  }
  return verdicts;
}

/** A month that captured nothing has kept no promise either. */
const countUnaccounted = ({ month }: JudgedRun): number =>
  month.broken.length + (month.captured > 0 ? 0 : 1);

function judgeGrowth(kinds: readonly JudgedRuns[]): Verdict[] {
  const { small, large, limit } = cycleLimits.growth;
  return kinds.flatMap((of) => {
    if (of.orders !== large) return [];
    const less = kinds.find((one) => one.orders === small && one.perFile === of.perFile);
    if (less === undefined) return [];
    const growth = secondsOf(of) / large / (secondsOf(less) / small);
    return [verdict(`cost of an order at ${large} against ${small}`, growth, limit, 'x')];
  });
}

function judgeFiles(kinds: readonly JudgedRuns[]): Verdict[] {
  return kinds.flatMap((many) => {
    const few = kinds
      .filter((one) => one.orders === many.orders && one.perFile > many.perFile)
      .reduce<JudgedRuns | undefined>(
        (most, one) => (most === undefined || one.perFile > most.perFile ? one : most),
        undefined,
      );
    if (few === undefined) return [];
    const further = filesOf(many) - filesOf(few);
    const seconds = (secondsOf(many) - secondsOf(few)) / further;
    const what = `${many.orders} orders: each of ${further} further files of ${many.perFile}`;
    return [verdict(what, seconds, cycleLimits.secondsPerFurtherFile, 's')];
  });
}

/** Against the first kind of its size without any: the plain one. */
function judgePastMonths(kinds: readonly JudgedRuns[]): Verdict[] {
  return kinds.flatMap((late) => {
    if (!late.pastMonths) return [];
    const sameSize = (one: JudgedRuns) =>
      one.orders === late.orders && one.perFile === late.perFile;
    const first = kinds.find((one) => !one.pastMonths && sameSize(one));
    if (first === undefined) return [];
    const what = `${late.orders} orders with ${late.pastMonths} months before, against none`;
    return [verdict(what, secondsOf(late) / secondsOf(first), cycleLimits.withPastMonths, 'x')];
  });
}

const filesOf = ({ runs }: JudgedRuns): number => Math.max(...runs.map(({ month }) => month.files));

/** A figure that could not be measured (NaN) keeps no limit. */
function verdict(what: string, value: number, limit: number, unit: string): Verdict {
  return { what, value, limit, unit, kept: value <= limit };
}

/** As a line of the summary. */
export function describeVerdict({ what, value, limit, unit, kept }: Verdict): string {
  const rounded = Math.abs(value) < 10 ? value.toPrecision(3) : String(Math.round(value));
  return `${kept ? 'ok    ' : 'FAILED'}  ${what}: ${rounded} ${unit} (limit ${limit})`;
}
