/**
 * What a charge is. A state is never stored: the view `charge_states` tells it from the facts, in
 * this spelling, and the same words stand in the API, in the console and in files.
 */
export const CHARGE_STATES = [
  'planned',
  'sent',
  'unknown',
  'authorized',
  'declined',
  'capture_sent',
  'captured',
  'void_sent',
  'voided',
  'expired',
  'quarantined',
  'carried_over',
  'cancelled',
  'given_up',
] as const;

/**
 * - `planned`: the order is leased by its cycle and in no file; also again after an attempt that
 *   never reached the PSP (rejected, not sent) and after an operator released an ended charge.
 * - `sent`, `capture_sent`, `void_sent`: claimed for a file or list, no definite answer yet.
 * - `unknown`: it is not known what the PSP did, be it to the authorization, the capture or the
 *   void (the latest ending tells which). Nothing is sent again until it is settled.
 * - `quarantined`: the answer fits no sent line in every field, or contradicts a recorded one.
 *   The charge is blocked until an operator settles it.
 */
export type ChargeState = (typeof CHARGE_STATES)[number];

/** What operators read. 消込済 and オーソリ期限切れ are the words of the Paygent portal (manual 002). */
export const CHARGE_STATE_LABELS_JA = {
  planned: '請求予定',
  sent: 'オーソリ送信済',
  unknown: '結果不明',
  authorized: 'オーソリOK',
  declined: 'オーソリNG',
  capture_sent: '売上送信済',
  captured: '消込済',
  void_sent: '取消送信済',
  voided: '取消済',
  expired: 'オーソリ期限切れ',
  quarantined: '要確認（保留）',
  carried_over: '翌月繰越',
  cancelled: 'キャンセル',
  given_up: '請求断念',
} as const satisfies Record<ChargeState, string>;
