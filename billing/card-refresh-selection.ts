import { type BillingMonth, nextBillingMonth } from './billing-month.ts';
import { startOfBusinessDate } from './business-date.ts';
import type { RefreshWhy } from './card-refresh.ts';
import type { CardService } from './card-service.ts';
import { type CsvValue, writeCsv } from './csv-writer.ts';
import { formatCustomerId } from './customer-id.ts';

/**
 * Which cards a month's refresh asks for (manual 004). The database chooses them by the same rule in
 * one statement (db/queries/card-refresh-targets.ts); a test compares the two.
 */

/** What the rule looks at. */
export interface RefreshCandidate {
  readonly service: CardService;
  readonly customerDeleted: boolean;
  readonly cardDeleted: boolean;
  /** ISO instants of registration with us. */
  readonly customerRegisteredAt: string;
  readonly cardRegisteredAt: string;
  /** 会員ID. */
  readonly memberId: string;
  /** カード登録連番 */
  readonly sequence: string | null;
  /** YYYY-MM */
  readonly expiry: string;
  /** An earlier refresh refused the card, and nothing has lifted that. */
  readonly locked: boolean;
}

export interface RefreshRule {
  /** Of the result. */
  readonly month: BillingMonth;
  /** The merchant's first refresh covers all cards. */
  readonly first: boolean;
}

/** Why a card is left out, in the order in which it is asked. */
export const refreshExclusions = [
  'other_service',
  'customer_deleted',
  'card_deleted',
  'unfit_keys',
  'locked',
  'customer_registered_late',
  'card_registered_late',
  'expired_before',
  'expires_later',
] as const;
export type RefreshExclusion = (typeof refreshExclusions)[number];
export type RefreshReason = RefreshWhy | RefreshExclusion;

/** Printable ASCII without quote, comma and space: what a request can carry without a doubt. */
export const refreshKeyPattern = '^[\\x21\\x23-\\x2b\\x2d-\\x7e]+$';
const refreshKey = new RegExp(refreshKeyPattern);
/** Characters that fit [assumed]. */
export const maxRefreshKeyLengths = { memberId: 60, sequence: 100 } as const;

/** The instant before which cards and customers of a month's refresh were registered. */
export function refreshCutOff(month: BillingMonth): string {
  return startOfBusinessDate(`${month}-01`);
}

/** Why a card is in, or why it is left out. */
export function judgeRefreshCard(card: RefreshCandidate, rule: RefreshRule): RefreshReason {
  if (card.service !== 'GMO') return 'other_service';
  if (card.customerDeleted) return 'customer_deleted';
  if (card.cardDeleted) return 'card_deleted';
  if (!fits(card.memberId, maxRefreshKeyLengths.memberId)) return 'unfit_keys';
  if (!fits(card.sequence ?? '', maxRefreshKeyLengths.sequence)) return 'unfit_keys';
  if (card.locked) return 'locked';
  if (rule.first) return 'first_refresh';
  const cutOff = Date.parse(refreshCutOff(rule.month));
  if (Date.parse(card.customerRegisteredAt) >= cutOff) return 'customer_registered_late';
  if (Date.parse(card.cardRegisteredAt) >= cutOff) return 'card_registered_late';
  if (card.expiry < rule.month) return 'expired_before';
  if (card.expiry === rule.month) return 'expires_this_month';
  return card.expiry === nextBillingMonth(rule.month) ? 'expires_next_month' : 'expires_later';
}

function fits(key: string, maxLength: number): boolean {
  return key.length <= maxLength && refreshKey.test(key);
}

/** 会員ID of a card: what the card file gave as SEND ID, else our 顧客ID [assumed]. */
export function refreshMemberId(card: {
  readonly customerId: number;
  readonly sendId: string | null;
}): string {
  return card.sendId || formatCustomerId(card.customerId);
}

export function isRefreshTarget(reason: RefreshReason): reason is RefreshWhy {
  return !(refreshExclusions as readonly string[]).includes(reason);
}

/** The reason as operators read it; it says what can be done where something can. */
export function explainRefresh(reason: RefreshReason): string {
  return explanations[reason];
}

const explanations: Readonly<Record<RefreshReason, string>> = {
  first_refresh: '対象: 初回の洗替は、登録されているすべてのカードが対象です。',
  expires_this_month: '対象: 有効期限が当月（結果が届く月）です。',
  expires_next_month: '対象: 有効期限が次月（結果が届く月の翌月）です。',
  other_service: '対象外: GMOペイメントゲートウェイのカードではありません。',
  customer_deleted: '対象外: 顧客が削除されています。',
  card_deleted: '対象外: カードが削除されています。',
  unfit_keys:
    '対象外: 会員IDまたはカード登録連番（連番物理）が空か、依頼ファイルに書けない文字を含むか、長すぎます。カードを取り込み直してください。',
  locked:
    '対象外: 前回の洗替結果が有効性NG・照合エラー・入力データエラーです。カードまたは支払い方法の変更が必要です。',
  customer_registered_late: '対象外: 顧客が前月末より後に登録されています。',
  card_registered_late: '対象外: カードが前月末より後に登録されています。',
  expired_before:
    '対象外: 有効期限が当月より前に切れています。お客様に新しいカードを依頼してください。',
  expires_later: '対象外: 有効期限が次月より後です。',
};

/** A card in the preview of a month's refresh. */
export interface RefreshPreviewCard {
  readonly cardId: number;
  readonly customerId: number;
  /** 顧客番号 */
  readonly customerNumber: string;
  readonly memberId: string;
  readonly sequence: string | null;
  readonly lastDigits: string;
  readonly expiry: string;
  readonly included: boolean;
  readonly why: RefreshReason;
}

export const refreshPreviewHead = [
  '顧客番号',
  '顧客ID',
  '会員ID',
  'カード登録連番',
  'カード番号末尾',
  '有効期限',
  '対象',
  '理由',
] as const;

/** The preview as a spreadsheet, a piece of it at a time; the head stands before the first. */
export function refreshPreviewCsv(
  cards: readonly RefreshPreviewCard[],
  options: { readonly head: boolean },
): string {
  const rows = cards.map(refreshPreviewRow);
  return writeCsv(options.head ? [[...refreshPreviewHead], ...rows] : rows);
}

/** A card as its row in the spreadsheet, under `refreshPreviewHead`. */
export function refreshPreviewRow(card: RefreshPreviewCard): CsvValue[] {
  return [
    card.customerNumber,
    formatCustomerId(card.customerId),
    card.memberId,
    card.sequence,
    card.lastDigits,
    card.expiry,
    card.included ? '対象' : '対象外',
    explainRefresh(card.why),
  ];
}
