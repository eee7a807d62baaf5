/**
 * Where a mail of the outbox stands. `unknown`: it may have left; only a person can tell. `withdrawn`:
 * it did not leave and will not.
 */
export const MAIL_STATES = [
  'waiting',
  'sending',
  'sent',
  'refused',
  'unknown',
  'withdrawn',
] as const;
export type MailState = (typeof MAIL_STATES)[number];

/** What became of a mail of the mailbox: matched to a file, waiting for its 受付番号 … */
export const MAILBOX_MAIL_STATES = [
  'matched',
  'waiting',
  'handled',
  'not_understood',
  'duplicate',
  'refused',
] as const;
export type MailboxMailState = (typeof MAILBOX_MAIL_STATES)[number];
