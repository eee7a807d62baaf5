import { type BillingMonth, nextBillingMonth, shiftBillingMonth } from './billing-month.ts';
import {
  addDays,
  type BusinessDate,
  businessDateOf,
  startOfBusinessDate,
} from './business-date.ts';

/**
 * The search of the send-error desk: its filter, its limits and its messages.
 *
 * Source: manual 003 (キャリア決済 CGI 送信エラー処理). What the manual leaves open is marked [assumed]
 * in docs/sources.md: the instant that a period means is that of the error; the eight months count
 * back from today in Japan; a month of which a part lies within them may be asked for.
 */

/** CGISendErr 条件: すべて / 未処理 (not sent again yet) / 処理済 (sent again, or needs no sending). */
export const SEND_ERROR_CONDITIONS = ['all', 'open', 'done'] as const;
export type SendErrorCondition = (typeof SEND_ERROR_CONDITIONS)[number];

/** 処理方式: one by one, or several at once. */
export const SEND_ERROR_MODES = ['individual', 'bulk'] as const;
export type SendErrorMode = (typeof SEND_ERROR_MODES)[number];

/** 検索キーワード, each in its own field; all that are filled in must match. */
export const SEND_ERROR_KEYWORDS = ['orderNumber', 'email', 'phone', 'sendId'] as const;
export type SendErrorKeyword = (typeof SEND_ERROR_KEYWORDS)[number];

/** 期間: 年月, 年月日, 今日, 昨日. */
export type SendErrorPeriod =
  | { readonly kind: 'month'; readonly month: BillingMonth }
  | { readonly kind: 'date'; readonly date: BusinessDate }
  | { readonly kind: 'today' }
  | { readonly kind: 'yesterday' };

/** What stands in the search form. */
export interface SendErrorFilter {
  /** The chosen IPコード; none chosen means all of them. */
  readonly ipCodes: readonly string[];
  readonly condition: SendErrorCondition;
  readonly keywords: Readonly<Partial<Record<SendErrorKeyword, string>>>;
  readonly period: SendErrorPeriod | null;
  readonly mode: SendErrorMode;
}

/** What is looked for: instants instead of words, keywords as they are stored. */
export interface SendErrorSearch {
  /** null = whatever the code: the merchant has named none in its settings. */
  readonly ipCodes: readonly string[] | null;
  readonly condition: SendErrorCondition;
  readonly keywords: Readonly<Partial<Record<SendErrorKeyword, string>>>;
  /** ISO instants: errors from `from` on and before `before`. */
  readonly from: string;
  readonly before: string;
}

export interface SendErrorFinding {
  /** The field of the form. */
  readonly field: 'ipCodes' | 'keywords' | 'period';
  readonly message: string;
}

/** How far back errors can be searched and sent again [manual]. */
export const SEND_ERROR_MONTHS = 8;

/** The manual's own sentences; the last is ours. */
export const sendErrorMessages = {
  nothingGiven: '期間または検索キーワードいずれか1つ以上の指定が必要です。',
  keywordNeeded:
    '複数のIPコードを選択し「期間」で年月指定をした場合は、「検索キーワード」の指定が必須です。',
  tooOld: '再送信できるデータは過去8ヶ月です。',
  unknownIpCode: '選択したIPコードは登録されていません。IPコードを選び直してください。',
} as const;

/**
 * What the form holds at first, and again after [リセット].
 *
 * @param ipCodes the merchant's; a single one is chosen at once [manual: only several are offered].
 */
export function initialSendErrorFilter(ipCodes: readonly string[]): SendErrorFilter {
  return {
    ipCodes: ipCodes.length === 1 ? ipCodes : [],
    condition: 'open',
    keywords: {},
    period: null,
    mode: 'individual',
  };
}

/** The first day whose errors can still be searched and sent again: today less eight months, JST. */
export function oldestSendErrorDate(now: string): BusinessDate {
  const today = businessDateOf(now);
  const month = shiftBillingMonth(today.slice(0, 7), -SEND_ERROR_MONTHS);
  const lastDay = addDays(`${nextBillingMonth(month)}-01`, -1);
  const sameDay = `${month}-${today.slice(8)}`;
  return sameDay < lastDay ? sameDay : lastDay;
}

/** Whether an error of that instant can still be sent again. */
export function isWithinSendErrorMonths(failedAt: string, now: string): boolean {
  return businessDateOf(failedAt) >= oldestSendErrorDate(now);
}

/** The months that 年月 offers, newest first. */
export function selectableSendErrorMonths(now: string): BillingMonth[] {
  const newest = businessDateOf(now).slice(0, 7);
  return Array.from({ length: SEND_ERROR_MONTHS + 1 }, (_, back) =>
    shiftBillingMonth(newest, -back),
  );
}

/**
 * Turns the form into what is looked for, or says everything that is wrong with it.
 *
 * @param ipCodes the merchant's, from its settings.
 * @param now ISO instant on the merchant's clock.
 */
export function planSendErrorSearch(
  filter: SendErrorFilter,
  ipCodes: readonly string[],
  now: string,
):
  | { readonly kind: 'search'; readonly search: SendErrorSearch }
  | { readonly kind: 'refused'; readonly findings: readonly SendErrorFinding[] } {
  const keywords = cleanKeywords(filter.keywords);
  const hasKeyword = Object.keys(keywords).length > 0;
  const chosen = filter.ipCodes.length === 0 ? ipCodes : [...new Set(filter.ipCodes)];
  const findings: SendErrorFinding[] = [];
  if (chosen.some((code) => !ipCodes.includes(code))) {
    findings.push({ field: 'ipCodes', message: sendErrorMessages.unknownIpCode });
  }
  if (filter.period === null && !hasKeyword) {
    findings.push({ field: 'period', message: sendErrorMessages.nothingGiven });
  }
  if (chosen.length > 1 && filter.period?.kind === 'month' && !hasKeyword) {
    findings.push({ field: 'keywords', message: sendErrorMessages.keywordNeeded });
  }
  const days = daysOf(filter.period, now);
  if (days === null) findings.push({ field: 'period', message: sendErrorMessages.tooOld });
  if (days === null || findings.length > 0) return { kind: 'refused', findings };
  return {
    kind: 'search',
    search: {
      ipCodes: ipCodes.length === 0 ? null : chosen,
      condition: filter.condition,
      keywords,
      from: startOfBusinessDate(days.first),
      before: startOfBusinessDate(addDays(days.last, 1)),
    },
  };
}

/** The days of a period that lie within the eight months; null when none does. */
function daysOf(
  period: SendErrorPeriod | null,
  now: string,
): { first: BusinessDate; last: BusinessDate } | null {
  const today = businessDateOf(now);
  const oldest = oldestSendErrorDate(now);
  const asked = askedDays(period, today, oldest);
  if (asked.last < oldest || asked.first > today) return null;
  const days = { ...asked };
  if (days.first < oldest) days.first = oldest;
  if (days.last > today) days.last = today;
  return days;
}

function askedDays(period: SendErrorPeriod | null, today: BusinessDate, oldest: BusinessDate) {
  if (period === null) return { first: oldest, last: today };
  switch (period.kind) {
    case 'month': {
      const last = addDays(`${nextBillingMonth(period.month)}-01`, -1);
      return { first: `${period.month}-01`, last };
    }
    case 'date':
      return { first: period.date, last: period.date };
    case 'today':
      return { first: today, last: today };
    case 'yesterday':
      return { first: addDays(today, -1), last: addDays(today, -1) };
  }
}

/** Hyphens as they are typed, and what Japanese keyboards give in their place. */
const hyphens = /[-\u2010-\u2015\u2212\u30fc\uff0d\uff70]/g;

/** A 電話番号 as it is compared: half-width digits, no hyphens. */
export function cleanPhone(text: string): string {
  return text.normalize('NFKC').replace(hyphens, '').replace(/\s/g, '');
}

/** Blank fields are no keywords. */
function cleanKeywords(keywords: SendErrorFilter['keywords']): SendErrorSearch['keywords'] {
  const cleaned = Object.entries(keywords).map(([kind, text]) => [
    kind,
    kind === 'phone' ? cleanPhone(text) : text.trim(),
  ]);
  return Object.fromEntries(cleaned.filter(([, text]) => text !== ''));
}
