import { declineLabels } from '../../../billing/decline.ts';
import { ngNextStepLabels, ngOutcomeLabels } from '../../../billing/ng-case.ts';
import { defineWords } from '../language.ts';

/** The words of the NG desk, one for each code that the API answers with. */

export const useDeclineWords = defineWords('decline-classes', {
  ja: declineLabels,
  en: {
    card_expired: 'Card expired or wrong',
    card_cancelled: 'Card invalid',
    limit_exceeded: 'Limit exceeded',
    insufficient_funds: 'Insufficient funds',
    held: 'Held by the issuer',
    system: 'Issuer or network failure',
    bad_request: 'Wrong data',
    authentication: 'Wrong PIN or code',
    unknown: 'Unknown',
  },
});

export const useNgStepWords = defineWords('ng-next-steps', {
  ja: ngNextStepLabels,
  en: {
    plan: 'Awaits its plan',
    retry: 'Authorize again',
    contact: 'Tell the customer',
    carry_over: 'Carry over',
    await_order: 'Awaits the next order',
    give_up: 'Give up',
    decide: 'A person decides',
    fix_data: 'Data to be put right',
    await_result: 'Awaits a result',
    none: 'Closed',
  },
});

export const useNgOutcomeWords = defineWords('ng-outcomes', {
  ja: ngOutcomeLabels,
  en: {
    paid: 'Paid',
    replaced: 'Paid by another order',
    carried_over: 'Carried over',
    cancelled: 'Cancelled',
    given_up: 'Given up',
    voided: 'Voided',
    expired: 'Expired',
  },
});

export const useNgRecoveryWords = defineWords('ng-recoveries', {
  ja: {
    retry: '計画どおりの再オーソリ',
    retry_now: '担当者による再オーソリ',
    new_card: '新しいカード',
    limit_raised: '限度額の引き上げ',
    replaced: '別の注文',
    other: 'その他',
  },
  en: {
    retry: 'Planned retry',
    retry_now: 'Retry by a person',
    new_card: 'New card',
    limit_raised: 'Raised limit',
    replaced: 'Another order',
    other: 'Other',
  },
});

export const useNgHistoryWords = defineWords('ng-history', {
  ja: {
    opened: 'NG発生',
    declined_again: '再度NG',
    planned: '計画',
    retry: '再オーソリ',
    retry_now: '再オーソリ(担当者)',
    contact: '顧客への連絡',
    new_card: '新しいカード',
    limit_raised: '限度額の引き上げ',
    classified: '分類',
    replaced: '別の注文で支払済み',
    carry_over: '翌月へ繰越',
    given_up: '請求断念',
    cancelled: 'キャンセル',
    closed: '完了',
  },
  en: {
    opened: 'Declined',
    declined_again: 'Declined again',
    planned: 'Planned',
    retry: 'Retry',
    retry_now: 'Retry by a person',
    contact: 'Customer told',
    new_card: 'New card',
    limit_raised: 'Limit raised',
    classified: 'Classified',
    replaced: 'Paid by another order',
    carry_over: 'Carried over',
    given_up: 'Given up',
    cancelled: 'Cancelled',
    closed: 'Closed',
  },
});

export const useMailStateWords = defineWords('mail-states', {
  ja: {
    waiting: '送信待ち',
    sending: '送信中',
    sent: '送信済み',
    refused: '拒否された',
    unknown: '送信できたか不明',
    withdrawn: '取り下げ',
  },
  en: {
    waiting: 'Waiting',
    sending: 'Being sent',
    sent: 'Sent',
    refused: 'Refused',
    unknown: 'Unclear',
    withdrawn: 'Withdrawn',
  },
});
