import type { BillingMonth } from './billing-month.ts';
import type { BusinessDate } from './business-date.ts';
import { DEADLINE_MARKS } from './capture-deadlines.ts';
import { type CsvValue, csvInstant } from './csv-writer.ts';
import type { RowsAndYen } from './cycle.ts';

/** What is still to be captured of one month, by the date on which its authorizations end. */
export interface DeadlineDay extends RowsAndYen {
  readonly month: BillingMonth;
  /** The first date in Japan on which they cannot be captured any more. */
  readonly expiresOn: BusinessDate;
  readonly daysLeft: number;
  /** When the last-day rule acts, or acted. */
  readonly lastDayAt: string;
  /** Of them, on hold: no machine captures those. */
  readonly held: RowsAndYen;
  /** Of them, returned by a capture file: a person has them put into another one. */
  readonly returned: RowsAndYen;
  /** Of them, in capture files that nobody has handed over yet, or on a list for the portal. */
  readonly inFiles: RowsAndYen;
}

/** What expires within so many days, in all. */
export interface DeadlinesWithin extends RowsAndYen {
  readonly days: (typeof DEADLINE_MARKS)[number];
}

/** The calendar's sums: each of the marks holds those that are nearer. */
export function sumDeadlines(days: readonly DeadlineDay[]): DeadlinesWithin[] {
  return DEADLINE_MARKS.map((mark) => {
    const near = days.filter(({ daysLeft }) => daysLeft <= mark);
    return {
      days: mark,
      rows: near.reduce((sum, { rows }) => sum + rows, 0),
      yen: near.reduce((sum, { yen }) => sum + yen, 0),
    };
  });
}

const calendarCsvHeader = [
  '請求月',
  '期限切れになる日',
  '残り日数',
  '件数',
  '金額',
  '保留件数',
  '保留金額',
  '差戻し件数',
  '差戻し金額',
  'アップロード待ち件数',
  'アップロード待ち金額',
  '期限前の自動処理',
] as const;

/** The calendar as CSV records: one line a month and date. */
export function deadlinesToCsv(days: readonly DeadlineDay[]): CsvValue[][] {
  return [
    [...calendarCsvHeader],
    ...days.map((day) => [
      day.month,
      day.expiresOn,
      day.daysLeft,
      day.rows,
      day.yen,
      day.held.rows,
      day.held.yen,
      day.returned.rows,
      day.returned.yen,
      day.inFiles.rows,
      day.inFiles.yen,
      csvInstant(day.lastDayAt),
    ]),
  ];
}
