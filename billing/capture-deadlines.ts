import type { BusinessCalendar } from './business-calendar.ts';
import { addDays, type BusinessDate, businessDateOf, instantAt } from './business-date.ts';
import type { CaptureSettings, LastDayRule } from './capture-settings.ts';
import type { RowsAndYen } from './cycle.ts';

/**
 * Authorizations end at 00:00 in Japan of a date, many on the same one. What is told of them is told
 * of each such date: marks before it, and what the last-day rule does.
 */

/** Days before the end of a window at which people are told, besides the day of the last-day rule. */
export const DEADLINE_MARKS = [14, 7, 3, 1] as const;
export type DeadlineMarkName = (typeof DEADLINE_MARKS)[number] | 'last-day';

/** The hour in Japan at which mails go out, as that of reminders. */
const MARK_TIME = '09:00';

/** The authorizations of a month that end at one instant and that neither left in a file nor stand on a list. */
export interface OpenDeadline extends RowsAndYen {
  /** ISO instant, 00:00 in Japan: from then on they cannot be captured. */
  readonly captureBefore: string;
  /** Of them, what a person keeps out of every file. */
  readonly held: number;
  /** Of them, in capture files that nobody has handed over; told from the first mark on. */
  readonly inFiles: number;
  /** Of them, neither held nor ever in a capture file: what a machine may take. */
  readonly free: RowsAndYen;
}

/** Something to tell people of one date of expiry. */
export interface DeadlineMark extends RowsAndYen {
  readonly mark: DeadlineMarkName;
  /** The first date in Japan on which they cannot be captured any more. */
  readonly expiresOn: BusinessDate;
  /** From today's date on. */
  readonly daysLeft: number;
  readonly held: number;
  readonly inFiles: number;
  readonly free: RowsAndYen;
}

/** What the last-day rule has to do now. */
export interface LastDay extends RowsAndYen {
  readonly rule: LastDayRule;
  /** The first of the dates of expiry that are so near; null while none is. */
  readonly expiresOn: BusinessDate | null;
}

export interface DeadlinePlan {
  /** The latest mark of each date of expiry: who was away for two weeks is told once. */
  readonly marks: readonly DeadlineMark[];
  readonly lastDay: LastDay;
  /** When a mark or the last-day rule is due next; null = of nothing. */
  readonly nextAt: string | null;
}

/** When the last-day rule acts on authorizations that end at `captureBefore`. */
export function lastDayAt(
  captureBefore: string,
  settings: Pick<CaptureSettings, 'lastDayLeadDays' | 'waveAt'>,
  calendar: BusinessCalendar,
): string {
  const expiresOn = businessDateOf(captureBefore);
  return instantAt(calendar.addBusinessDays(expiresOn, -settings.lastDayLeadDays), settings.waveAt);
}

/**
 * What is due by now of the windows that are still open, and when something is due next.
 *
 * @param open the month's open deadlines, in whatever order
 */
export function planDeadlines(
  open: readonly OpenDeadline[],
  settings: Pick<CaptureSettings, 'lastDay' | 'lastDayLeadDays' | 'waveAt'>,
  calendar: BusinessCalendar,
  now: string,
): DeadlinePlan {
  const marks: DeadlineMark[] = [];
  const later: string[] = [];
  const near: OpenDeadline[] = [];
  const alive = open
    .filter(({ captureBefore }) => Date.parse(captureBefore) > Date.parse(now))
    .sort((one, other) => Date.parse(one.captureBefore) - Date.parse(other.captureBefore));
  for (const deadline of alive) {
    const actsAt = lastDayAt(deadline.captureBefore, settings, calendar);
    if (Date.parse(actsAt) <= Date.parse(now)) near.push(deadline);
    const instants = markInstants(deadline.captureBefore, actsAt);
    const due = instants.filter(({ at }) => Date.parse(at) <= Date.parse(now));
    later.push(...instants.filter((instant) => !due.includes(instant)).map(({ at }) => at));
    if (deadline.rows === 0) continue;
    for (const mark of latestOf(due)) marks.push(markOf(deadline, mark, now));
  }
  return {
    marks,
    lastDay: {
      rule: settings.lastDay,
      rows: near.reduce((sum, { free }) => sum + free.rows, 0),
      yen: near.reduce((sum, { free }) => sum + free.yen, 0),
      expiresOn: near[0] === undefined ? null : businessDateOf(near[0].captureBefore),
    },
    nextAt: later.sort((one, other) => Date.parse(one) - Date.parse(other))[0] ?? null,
  };
}

interface MarkInstant {
  readonly mark: DeadlineMarkName;
  readonly at: string;
}

function markInstants(captureBefore: string, actsAt: string): MarkInstant[] {
  const expiresOn = businessDateOf(captureBefore);
  return [
    ...DEADLINE_MARKS.map((mark) => ({
      mark,
      at: instantAt(addDays(expiresOn, -mark), MARK_TIME),
    })),
    { mark: 'last-day', at: actsAt },
  ];
}

/** The latest of the marks by days, and the last day's, which says something else. */
function latestOf(due: readonly MarkInstant[]): DeadlineMarkName[] {
  const byDays = due.filter(({ mark }) => mark !== 'last-day').at(-1);
  const lastDay = due.find(({ mark }) => mark === 'last-day');
  return [byDays, lastDay].flatMap((instant) => (instant === undefined ? [] : [instant.mark]));
}

function markOf(deadline: OpenDeadline, mark: DeadlineMarkName, now: string): DeadlineMark {
  const { captureBefore, rows, yen, held, inFiles, free } = deadline;
  const expiresOn = businessDateOf(captureBefore);
  return { mark, expiresOn, daysLeft: daysUntil(expiresOn, now), rows, yen, held, inFiles, free };
}

/** Days from the date in Japan at `now` to a date. */
export function daysUntil(date: BusinessDate, now: string): number {
  return (Date.parse(date) - Date.parse(businessDateOf(now))) / 86_400_000;
}

/** Names a mark of a month, so that people are told once. */
export function deadlineMarkKey(month: string, { mark, expiresOn }: DeadlineMark): string {
  return `deadline:${month}:${expiresOn}:${mark === 'last-day' ? mark : `d${mark}`}`;
}
