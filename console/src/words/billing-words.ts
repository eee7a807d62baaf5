import { CHARGE_STATE_LABELS_JA } from '../../../billing/charge.ts';
import { correctionLabels } from '../../../billing/correction.ts';
import { findingLabels } from '../../../billing/preview.ts';
import { type ExclusionReason, exclusionLabels } from '../../../billing/select-orders.ts';
import { defineWords } from '../language.ts';

/** The field's words for stages and states, one for each code that the API answers with. */
export const useCycleStageWords = defineWords('cycle-stages', {
  ja: {
    collecting: '注文待ち',
    previewing: '確認中',
    awaiting_approval: '承認待ち',
    handing_over: 'ファイル作成中',
    awaiting_result: '結果待ち',
    reconciling: '照合中',
    capturing: '売上処理',
    working_ng: 'NG対応',
    closing: '締め処理中',
    closed: '締め済み',
    stopped: '停止',
  },
  en: {
    collecting: 'Awaiting orders',
    previewing: 'Previewing',
    awaiting_approval: 'Awaiting approval',
    handing_over: 'Building files',
    awaiting_result: 'Awaiting results',
    reconciling: 'Reconciling',
    capturing: 'Capturing',
    working_ng: 'Working declines',
    closing: 'Closing',
    closed: 'Closed',
    stopped: 'Stopped',
  },
});

export const useExchangeStageWords = defineWords('exchange-stages', {
  ja: {
    built: '順番待ち',
    handing_over: 'アップロード待ち',
    awaiting_result: '結果待ち',
    reconciling: '照合中',
    unknown: '送信不明',
    reconciled: '照合済み',
    rejected: '書式エラー',
    cancelled: '取り消し',
  },
  en: {
    built: 'Waiting its turn',
    handing_over: 'To upload',
    awaiting_result: 'Awaiting result',
    reconciling: 'Reconciling',
    unknown: 'Upload unclear',
    reconciled: 'Reconciled',
    rejected: 'Format errors',
    cancelled: 'Cancelled',
  },
});

export const useExchangeKindWords = defineWords('exchange-kinds', {
  ja: {
    auth: 'オーソリ',
    capture: '売上',
    retry: '再オーソリ',
    link: 'カード紐付け',
    refresh: '洗替',
  },
  en: {
    auth: 'Authorization',
    capture: 'Capture',
    retry: 'Retry',
    link: 'Card link',
    refresh: 'Card refresh',
  },
});

export const useChargeStateWords = defineWords('charge-states', {
  ja: CHARGE_STATE_LABELS_JA,
  en: {
    planned: 'Planned',
    sent: 'Authorization sent',
    unknown: 'Unknown',
    authorized: 'Authorized',
    declined: 'Declined',
    capture_sent: 'Capture sent',
    captured: 'Captured',
    void_sent: 'Void sent',
    voided: 'Voided',
    expired: 'Expired',
    quarantined: 'Quarantined',
    carried_over: 'Carried over',
    cancelled: 'Cancelled',
    given_up: 'Given up',
  },
});

export const useVerdictWords = defineWords('verdicts', {
  ja: { ok: 'OK', ng: 'NG', unknown: '不明', quarantined: '要確認', sent: '送信' },
  en: { ok: 'OK', ng: 'NG', unknown: 'Unknown', quarantined: 'Quarantined', sent: 'Sent' },
});

export const useFindingWords = defineWords('findings', {
  ja: findingLabels,
  en: {
    new: 'New this month',
    gone: 'Gone since last month',
    changed: 'Amount changed',
    over_ceiling: 'Above the ceiling',
    customer_repeated: 'Several of one customer',
    zero_amount: '0 yen: not billed',
    card_expired: 'Card expired',
    card_locked: 'Card locked',
    card_not_renewed: 'Card expiring, not renewed',
    card_not_migrated: 'No card since the migration',
    carried_over: 'With a carried-over charge',
  },
});

/** What is on record for a line of a file. */
export const useSettledWords = defineWords('settled', {
  ja: {
    ok: 'オーソリOK',
    declined: 'オーソリNG',
    rejected: '書式エラー',
    not_sent: '未送信',
    captured: '売上済',
    voided: '取消済',
    refused: '売上NG',
  },
  en: {
    ok: 'Authorized',
    declined: 'Declined',
    rejected: 'Format error',
    not_sent: 'Not sent',
    captured: 'Captured',
    voided: 'Voided',
    refused: 'Capture refused',
  },
});

/** What became known of a month after its close. */
export const useCorrectionKindWords = defineWords('correction-kinds', {
  ja: correctionLabels,
  en: {
    late_result: 'Result after the close',
    refund: 'Refund',
    chargeback: 'Chargeback',
    void_after_close: 'Void after the close',
    other: 'Other',
  },
});

/** Why an order is not billed, in the order of the rules. */
export const EXCLUSIONS = Object.keys(exclusionLabels) as ExclusionReason[];

export const useExclusionWords = defineWords('exclusions', {
  ja: exclusionLabels,
  en: {
    not_paygent: 'Not paid through Paygent',
    first_order: 'First order',
    delivery_completed: 'Subscription completed',
    cancelled: 'Cancelled',
    cancelled_by_customer: 'Cancelled by the customer',
    payment_failed: 'Payment failed',
    continuation_pending: 'Continuation to be confirmed',
    zero_amount: '0 yen to bill',
    already_billed: 'Billed already',
    card_locked: 'Card locked by the refresh',
    on_hold: 'On hold',
  },
});
