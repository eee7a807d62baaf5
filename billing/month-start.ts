import type { BillingMonth } from './billing-month.ts';
import { businessDateOf } from './business-date.ts';

/** What a fire of the schedule came to. */
export type MonthStart =
  | { readonly kind: 'due'; readonly months: readonly BillingMonth[] }
  /** The settings of now start no month on that date. */
  | { readonly kind: 'not_due' }
  /** A sandbox merchant whose clock was moved: its schedule would run in another time than its own. */
  | { readonly kind: 'moved_clock' };

const started = {
  cycle: { work: '請求', by: '請求サイクル' },
  refresh: { work: 'カード洗替', by: '洗替' },
} as const;

/** The same for whoever looks at the workflow. */
export function describeMonthStart(
  start: MonthStart,
  scheduledAt: string,
  what: keyof typeof started,
): string {
  const date = businessDateOf(scheduledAt);
  const { work, by } = started[what];
  switch (start.kind) {
    case 'due':
      return `${date} の予定により ${start.months.join('、')} の${work}を開始しました(開始済みの月はそのままです)。`;
    case 'not_due':
      return `現在の設定では ${date} は${work}の開始日ではありません。何も開始していません。開始する場合は、${by}を手動で開始してください。`;
    case 'moved_clock':
      return `この加盟店(サンドボックス)の時計は実時間とずれているため、予定による開始は行いません。${by}を手動で開始してください。`;
  }
}
