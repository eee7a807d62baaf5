import { INQUIRY_CLASS_LABELS_JA } from '../../../billing/payment-inquiry.ts';
import { defineWords } from '../language.ts';

/** What a row of the PSP's own list of payments is to us. */
export const useInquiryClassWords = defineWords('inquiry-classes', {
  ja: INQUIRY_CLASS_LABELS_JA,
  en: {
    contradicts: 'Contradicts the record (charged twice, or not voided?)',
    amount_differs: 'Another amount than on record',
    unsent: 'A charge of this month that we did not send',
    elsewhere: 'Done on the portal (to be added)',
    settles: 'Settles what waited or was unknown',
    differs: 'Another status than on record, without effect on billing',
    unknown_status: 'Unknown status',
    unreadable: 'Unreadable row',
    blocked: 'Not changed: it is quarantined',
    behind: 'Older than the record (an old list?)',
    waits: 'The PSP is still at it',
    duplicate: 'Another, finished payment of the order',
    known: 'A contradiction that was settled',
    agrees: 'Agrees',
    other_month: 'A charge of another month',
    not_ours: 'Not known here',
  },
});

/** What is on record for an attempt and its authorization. */
export const useRecordedWords = defineWords('inquiry-recorded', {
  ja: {
    open: '結果待ち・不明',
    authorized: 'オーソリOK',
    capture_open: '売上結果待ち',
    void_open: '取消結果待ち',
    captured: '消込済',
    voided: '取消済',
    expired: 'オーソリ期限切れ',
    declined: 'オーソリNG',
    rejected: '書式エラー',
    not_sent: '未送信',
  },
  en: {
    open: 'No result yet',
    authorized: 'Authorized',
    capture_open: 'Capture sent',
    void_open: 'To be voided',
    captured: 'Captured',
    voided: 'Voided',
    expired: 'Expired',
    declined: 'Declined',
    rejected: 'Format error',
    not_sent: 'Not sent',
  },
});
