import { type CsvValue, csvInstant } from './csv-writer.ts';
import { formatCustomerId } from './customer-id.ts';
import type { MailState } from './mail/mail-states.ts';
import {
  type CardNeed,
  cardNeedLabels,
  type RefreshStatus,
  refreshStatusLabels,
} from './refresh-status.ts';

export const WATCHED_CARD_HEAD = [
  '顧客番号',
  '顧客ID',
  '氏名',
  '決済代行会社',
  'カード番号下桁',
  '有効期限',
  '対応',
  '洗替ステータス',
  '洗替の月',
  '通知メール',
  '通知日',
  '届かなかった日時',
] as const;

const mailStateLabels: Readonly<Record<MailState, string>> = {
  waiting: '送信待ち',
  sending: '送信中',
  sent: '送信済み',
  refused: '拒否された',
  unknown: '送信できたか不明',
  withdrawn: '取り下げ',
};

export function watchedCardRow(of: {
  readonly customerNumber: string;
  readonly customerId: number;
  readonly name: string | null;
  readonly service: string;
  readonly lastDigits: string;
  readonly expiry: string;
  readonly need: CardNeed | null;
  readonly status: RefreshStatus;
  readonly judgedMonth: string | null;
  readonly notice: {
    readonly state: MailState;
    readonly plannedOn: string;
    readonly bouncedAt: string | null;
  } | null;
}): CsvValue[] {
  const { notice } = of;
  return [
    of.customerNumber,
    formatCustomerId(of.customerId),
    of.name,
    of.service,
    of.lastDigits,
    of.expiry,
    of.need === null ? null : cardNeedLabels[of.need],
    refreshStatusLabels[of.status],
    of.judgedMonth,
    notice === null ? null : mailStateLabels[notice.state],
    notice?.plannedOn ?? null,
    csvInstant(notice?.bouncedAt ?? null),
  ];
}

export const SUBSCRIPTION_HEAD = [
  '定期受注番号',
  '顧客番号',
  '顧客ID',
  '金額',
  '状態',
  '次回請求月',
  '洗替ステータス',
  '洗替の月',
  'カード利用停止',
] as const;

const statusLabels = { active: '有効', paused: '停止中', ended: '終了' } as const;

export function subscriptionRow(of: {
  readonly subscriptionNumber: string;
  readonly customerNumber: string;
  readonly customerId: number;
  readonly amountYen: number;
  readonly status: keyof typeof statusLabels;
  readonly nextMonth: string | null;
  readonly refreshStatus: RefreshStatus;
  readonly judgedMonth: string | null;
  readonly locked: boolean;
}): CsvValue[] {
  return [
    of.subscriptionNumber,
    of.customerNumber,
    formatCustomerId(of.customerId),
    of.amountYen,
    statusLabels[of.status],
    of.nextMonth,
    refreshStatusLabels[of.refreshStatus],
    of.judgedMonth,
    of.locked ? '停止中' : null,
  ];
}
