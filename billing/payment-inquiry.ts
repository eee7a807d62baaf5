import type { RowsAndYen } from './cycle.ts';

/**
 * What the PSP's own list of payments (情報照会) says of an attempt, set against what is on record.
 * Every pair has one answer, so that a person and the database judge alike.
 */

/** What a 決済ステータス means to us; `unknown`: none that we know. */
export const PAYMENT_STANDINGS = [
  'pending',
  'declined',
  'authorized',
  'voided',
  'expired',
  'captured',
  'refunded',
  'unknown',
] as const;
export type PaymentStanding = (typeof PAYMENT_STANDINGS)[number];

/** What is on record for an attempt and what was done with its authorization. */
export const RECORDED_STANDINGS = [
  /** Sent, or perhaps sent: it has no outcome. */
  'open',
  'authorized',
  'capture_open',
  'void_open',
  'captured',
  'voided',
  'expired',
  'declined',
  'rejected',
  'not_sent',
] as const;
export type RecordedStanding = (typeof RECORDED_STANDINGS)[number];

/** What a row of the list is to us, in the order in which operators read them. */
export const INQUIRY_CLASSES = [
  'contradicts',
  'amount_differs',
  'unsent',
  'elsewhere',
  'settles',
  'differs',
  'unknown_status',
  'unreadable',
  'blocked',
  'behind',
  'waits',
  'duplicate',
  'known',
  'agrees',
  'other_month',
  'not_ours',
] as const;
export type InquiryClass = (typeof INQUIRY_CLASSES)[number];

/** What operators read. */
export const INQUIRY_CLASS_LABELS_JA: Readonly<Record<InquiryClass, string>> = {
  contradicts: '記録と矛盾(二重請求・取消もれの可能性)',
  amount_differs: '金額が記録と異なる',
  unsent: 'この月の請求だが、こちらからは送信していない決済',
  elsewhere: '画面などで処理済み(記録に追加)',
  settles: '結果待ち・不明だったものが確定',
  differs: 'ステータスが記録と異なる(請求には影響しない)',
  unknown_status: '決済ステータスが不明',
  unreadable: '読み取れない行',
  blocked: '要確認(矛盾)のため変更しない',
  behind: '記録より前の状態(CSVが古い可能性)',
  waits: 'PSPで処理待ち',
  duplicate: '同じ注文の終了済みの別決済',
  known: '確認済みの矛盾',
  agrees: '一致',
  other_month: '別の月の請求',
  not_ours: '当システムにない取引',
};

/** Classes whose rows change the record when the list is used. */
export const CHANGING_CLASSES: readonly InquiryClass[] = ['settles', 'elsewhere', 'contradicts'];

/** Rows of a list and their yen, of one class. */
export interface InquiryCount extends RowsAndYen {
  readonly class: InquiryClass;
}

/** What using a list would change, as a person confirms it. */
export function sumChanges(counts: readonly InquiryCount[]): RowsAndYen {
  const changing = counts.filter((count) => CHANGING_CLASSES.includes(count.class));
  return {
    rows: changing.reduce((sum, { rows }) => sum + rows, 0),
    yen: changing.reduce((sum, { yen }) => sum + yen, 0),
  };
}

/** Classes that change nothing and that somebody has to look at before the month closes. */
export const DIFFERING_CLASSES: readonly InquiryClass[] = ['amount_differs', 'unsent'];

/** What a row says, and which facts follow from it, in this order. */
export interface InquiryEffect {
  readonly class:
    | 'agrees'
    | 'waits'
    | 'settles'
    | 'elsewhere'
    | 'contradicts'
    | 'behind'
    | 'differs';
  /** The outcome of the authorization that was open. */
  readonly outcome: 'ok' | 'declined' | null;
  /** The result of the capture or void that was open. */
  readonly close: 'captured' | 'voided' | 'refused' | null;
  /** What somebody did with the authorization without a file of ours. */
  readonly claim: 'capture' | 'void' | 'expired' | null;
}

type Facts = Partial<Pick<InquiryEffect, 'outcome' | 'close' | 'claim'>>;
const effect = (kind: InquiryEffect['class'], facts: Facts = {}): InquiryEffect => ({
  class: kind,
  outcome: null,
  close: null,
  claim: null,
  ...facts,
});

const agrees = effect('agrees');
const waits = effect('waits');
/** The list may have been downloaded before what is on record happened: it proves nothing. */
const behind = effect('behind');
const contradicts = effect('contradicts');
/** Worth a look, and nobody pays twice by it. */
const differs = effect('differs');

type Row = Readonly<Record<Exclude<PaymentStanding, 'unknown' | 'refunded'>, InquiryEffect>>;

/**
 * 売上取消済 stands for a refund, which no fact of ours can say: a person decides. What is final at the
 * PSP (declined, voided, expired) can never have been followed by what we recorded.
 */
const EFFECTS: Readonly<Record<RecordedStanding, Row>> = {
  open: {
    pending: waits,
    declined: effect('settles', { outcome: 'declined' }),
    authorized: effect('settles', { outcome: 'ok' }),
    voided: effect('settles', { outcome: 'ok', claim: 'void' }),
    expired: effect('settles', { outcome: 'ok', claim: 'expired' }),
    captured: effect('settles', { outcome: 'ok', claim: 'capture' }),
  },
  authorized: {
    pending: behind,
    declined: contradicts,
    authorized: agrees,
    voided: effect('elsewhere', { claim: 'void' }),
    expired: effect('elsewhere', { claim: 'expired' }),
    captured: effect('elsewhere', { claim: 'capture' }),
  },
  capture_open: {
    pending: waits,
    declined: contradicts,
    authorized: waits,
    voided: effect('elsewhere', { close: 'refused', claim: 'void' }),
    expired: effect('elsewhere', { close: 'refused', claim: 'expired' }),
    captured: effect('settles', { close: 'captured' }),
  },
  void_open: {
    pending: waits,
    declined: contradicts,
    authorized: waits,
    voided: effect('settles', { close: 'voided' }),
    expired: effect('elsewhere', { close: 'refused', claim: 'expired' }),
    captured: effect('elsewhere', { close: 'refused', claim: 'capture' }),
  },
  captured: {
    pending: behind,
    declined: contradicts,
    authorized: behind,
    voided: contradicts,
    expired: contradicts,
    captured: agrees,
  },
  voided: {
    pending: behind,
    declined: contradicts,
    authorized: behind,
    voided: agrees,
    expired: agrees,
    captured: contradicts,
  },
  expired: {
    pending: behind,
    declined: contradicts,
    authorized: behind,
    voided: agrees,
    expired: agrees,
    captured: contradicts,
  },
  declined: {
    pending: behind,
    declined: agrees,
    authorized: contradicts,
    voided: differs,
    expired: differs,
    captured: contradicts,
  },
  rejected: {
    pending: differs,
    declined: differs,
    authorized: contradicts,
    voided: differs,
    expired: differs,
    captured: contradicts,
  },
  not_sent: {
    pending: differs,
    declined: differs,
    authorized: contradicts,
    voided: differs,
    expired: differs,
    captured: contradicts,
  },
};

/** What a status means for an attempt of which this is on record. */
export function judgePayment(
  recorded: RecordedStanding,
  standing: Exclude<PaymentStanding, 'unknown'>,
): InquiryEffect {
  return standing === 'refunded' ? differs : EFFECTS[recorded][standing];
}

/** The whole table, for a judgement of many rows at once. */
export const INQUIRY_EFFECTS: readonly ({
  readonly recorded: RecordedStanding;
  readonly standing: PaymentStanding;
} & InquiryEffect)[] = RECORDED_STANDINGS.flatMap((recorded) =>
  PAYMENT_STANDINGS.flatMap((standing) =>
    standing === 'unknown' ? [] : [{ recorded, standing, ...judgePayment(recorded, standing) }],
  ),
);
