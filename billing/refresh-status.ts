import { type RefreshVerdict, refreshVerdictsJa } from './card-refresh.ts';

/** 洗替ステータス of a subscription (manual 004), and what a customer's card needs. */
export const REFRESH_STATUSES = ['ok', 'ng', 'mismatch', 'input_error', 'not_judged'] as const;
export type RefreshStatus = (typeof REFRESH_STATUSES)[number];

const byVerdict = ['ok', 'ng', 'mismatch', 'input_error'] as const;

/** @param verdict null: no refresh has said anything of the card as it is now */
export function refreshStatusOf(verdict: RefreshVerdict | null): RefreshStatus {
  return verdict === null ? 'not_judged' : byVerdict[verdict];
}

/** The verdict that a status stands for; null: none. */
export function verdictOf(status: RefreshStatus): RefreshVerdict | null {
  return status === 'not_judged' ? null : (byVerdict.indexOf(status) as RefreshVerdict);
}

export const refreshStatusLabels: Readonly<Record<RefreshStatus, string>> = {
  ok: refreshVerdictsJa[0],
  ng: refreshVerdictsJa[1],
  mismatch: refreshVerdictsJa[2],
  input_error: refreshVerdictsJa[3],
  not_judged: '未判定',
};

/** Why a customer has to act on a card. The first that holds. */
export const CARD_NEEDS = ['locked', 'expired', 'not_renewed'] as const;
export type CardNeed = (typeof CARD_NEEDS)[number];

export const cardNeedLabels: Readonly<Record<CardNeed, string>> = {
  locked: '洗替で使用不可と判定(カード利用停止中)',
  expired: '有効期限切れ',
  not_renewed: 'まもなく有効期限切れ(洗替で新しい情報なし)',
};
