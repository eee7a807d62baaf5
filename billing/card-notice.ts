import { nextBillingMonth } from './billing-month.ts';
import { businessDateOf } from './business-date.ts';
import { nextContactAt } from './contact-hours.ts';
import type { ContactSettings } from './contact-settings.ts';

/** When mails about cards may leave that are posted now, and which cards run out by then. */
export interface CardNoticePlan {
  /** YYYY-MM in Japan. */
  readonly thisMonth: string;
  readonly nextMonth: string;
  /** Date in Japan and ISO instant at which the first may leave. */
  readonly firstOn: string;
  readonly firstAt: string;
  /** Time of day in Japan from which those of later days leave, HH:MM. */
  readonly opensAt: string;
}

/** By the hours in which customers of declined charges are mailed too. */
export function planCardNotices({ hours }: ContactSettings, now: string): CardNoticePlan {
  const thisMonth = businessDateOf(now).slice(0, 7);
  const firstAt = nextContactAt(now, hours);
  return {
    ...{ thisMonth, nextMonth: nextBillingMonth(thisMonth) },
    ...{ firstOn: businessDateOf(firstAt), firstAt, opensAt: hours.from },
  };
}

/** Why nothing is posted where customers get no mail of ours. */
export const CARD_NOTICES_OFF =
  '顧客へのメール送信が有効ではありません。何も送信していません。管理者が設定 ng.contact.enabled を有効にするか、ショップから顧客に連絡してください。';

/** Why nothing is posted where another number of customers was confirmed. */
export function explainUnconfirmed(confirmed: number, customers: number): string {
  return `確認した人数(${confirmed} 名)と、いま通知する人数(${customers} 名)が違います。何も送信していません。一覧を読み直し、人数を確かめてやり直してください。`;
}
