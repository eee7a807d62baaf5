import type { MailParameters, MailTemplate } from '../../../billing/mail/templates.ts';

const exchange = {
  month: '2026-11',
  kind: 'auth',
  number: 1,
  fileName: '202611-auth-001.csv',
  records: 2,
  amountYen: 11246,
} as const;

/** One for each template: a template without one does not compile. */
export const templateSamples: { readonly [Name in MailTemplate]: MailParameters<Name> } = {
  hand_over_waiting: { ...exchange, waitingDays: 1 },
  result_waiting: { ...exchange, acceptanceNumber: '0123', waitingDays: 3 },
  orders_waiting: { month: '2026-11', waitingDays: 0 },
  approval_waiting: {
    month: '2026-11',
    preview: 2,
    charges: 327,
    amountYen: 1_839_916,
    why: '件数が前月から大きく変わっています(250 件 → 327 件)。',
    again: true,
    waitingDays: 3,
  },
  attention: { month: '2026-11', sentence: '受付番号を記録してください。' },
  card_migration: {
    number: 1,
    subject: 'カードの移行 1 に確認が必要です',
    sentence: '7 日経過しています。返却ファイルを待っています。',
  },
  refused_step: { month: '2026-11', sentence: '設定が足りません。' },
  deadline_near: {
    month: '2026-11',
    expiresOn: '2027-01-20',
    days: 3,
    charges: 12,
    amountYen: 95_856,
    held: 1,
    inFiles: 8,
  },
  last_day: {
    month: '2026-11',
    expiresOn: '2027-01-20',
    rule: 'capture',
    charges: 12,
    amountYen: 95_856,
    held: 1,
    free: 11,
    freeYen: 87_868,
  },
  ng_given_up: { month: '2026-11', charges: 3, amountYen: 23_964 },
  file_import_done: { importNumber: 4, read: 10, imported: 8, errors: 2 },
  file_import_refused: {
    importNumber: 5,
    fileName: 'cards.csv',
    trouble: '1行目を読み取れません。何も取り込んでいません。',
  },
  send_errors_digest: { count: 3, oldestOn: '2026-11-20' },
  webhook_errors_digest: { endpoint: 'shop-hook', count: 3, oldestOn: '2026-11-20' },
  endpoint_down: { endpoint: 'shop-system', kind: 'carrier', failures: 10, pauseSeconds: 60 },
  completion_count_differs: { ...exchange, acceptanceNumber: '0123', mailRecords: 3 },
  completion_unmatched: { acceptanceNumber: '0124' },
  card_refresh_attention: { month: '2026-11', sentence: '結果が届いていません。' },
  card_refresh_done: { month: '2026-11', sentence: '結果を取り込みました。' },
};
