import type { ColumnType } from 'kysely';
import type { MailState } from '../billing/mail/mail-states.ts';
import type { Fact, Id, Instant, Json, OptionalFact, OptionalInstant } from './column-types.ts';

/** The tables of mails that leave, of notices, and of mails that come in; see tables.ts. */

export interface MailOutboxTable {
  id: Id;
  merchant_id: Fact<number>;
  key: Fact<string>;
  message_id: Fact<string>;
  template: Fact<string>;
  recipients: Fact<string[]>;
  cc: OptionalFact<string[]>;
  parameters: Json;
  due_at: Instant;
  created_at: Instant;
  state: ColumnType<MailState, MailState | undefined, MailState>;
  /** When a waiting mail is tried; null in every other state. */
  next_due_at: ColumnType<string | null, string | null, string | null>;
}
export interface MailSendsTable {
  mail_id: Fact<number>;
  send_number: Fact<number>;
  merchant_id: Fact<number>;
  claimed_at: Instant;
}
export interface MailSendAnswersTable {
  mail_id: Fact<number>;
  send_number: Fact<number>;
  merchant_id: Fact<number>;
  answer: Fact<'sent' | 'refused' | 'not_sent' | 'withdrawn'>;
  detail: OptionalFact<string | null>;
  decision_id: OptionalFact<number | null>;
  retry_at: OptionalInstant;
  recorded_at: Instant;
}
export interface NoticesTable {
  id: Id;
  merchant_id: Fact<number>;
  key: Fact<string>;
  kind: Fact<string>;
  subject: Fact<string>;
  text: Fact<string>;
  link: OptionalFact<string | null>;
  posted_at: Instant;
}
export interface NoticeReadsTable {
  merchant_id: Fact<number>;
  actor: Fact<string>;
  notice_id: Fact<number>;
  read_at: Instant;
}
export interface MailboxMailsTable {
  id: Id;
  merchant_id: Fact<number>;
  mailbox: Fact<string>;
  uid_validity: Fact<number>;
  uid: Fact<number>;
  sha256: Fact<string>;
  message_id: OptionalFact<string | null>;
  subject: Fact<string>;
  file_id: OptionalFact<number | null>;
  refused: OptionalFact<'card_number' | 'too_long' | null>;
  duplicate_of: OptionalFact<number | null>;
  handler: OptionalFact<string | null>;
  taken_at: Instant;
}
export interface CompletionMailsTable {
  mail_id: Fact<number>;
  merchant_id: Fact<number>;
  acceptance_number: Fact<string>;
  transaction_kind: OptionalFact<string | null>;
  records: OptionalFact<number | null>;
  ng_count: OptionalFact<number | null>;
}
export interface CompletionMatchesTable {
  mail_id: Fact<number>;
  merchant_id: Fact<number>;
  exchange_id: Fact<number>;
  finding: OptionalFact<string | null>;
  matched_at: Instant;
}

export interface CustomerMailTemplatesTable {
  merchant_id: Fact<number>;
  kind: Fact<string>;
  version: Fact<number>;
  subject: Fact<string>;
  body: Fact<string>;
  set_at: Instant;
  set_by: Fact<string>;
}
export interface CustomerMailsTable {
  step_id: OptionalFact<number | null>;
  merchant_id: Fact<number>;
  mail_id: Fact<number>;
  case_id: OptionalFact<number | null>;
  customer_number: Fact<string>;
  kind: Fact<string>;
  template_version: Fact<number>;
  link_id: Fact<string>;
  planned_on: Fact<string>;
}
export interface CustomerMailTriesTable {
  mail_id: Fact<number>;
  send_number: Fact<number>;
  merchant_id: Fact<number>;
  address_hash: Fact<string>;
  link_expires_at: OptionalInstant;
  tried_at: Instant;
}
export interface CustomerMailBouncesTable {
  mail_id: Fact<number>;
  merchant_id: Fact<number>;
  status: Fact<string>;
  address_hash: OptionalFact<string | null>;
  report_id: OptionalFact<number | null>;
  recorded_at: Instant;
}
export interface CardNoticesTable {
  merchant_id: Fact<number>;
  customer_id: Fact<number>;
  occasion: Fact<string>;
  mail_id: Fact<number>;
}

export interface MailTables {
  card_notices: CardNoticesTable;
  customer_mail_templates: CustomerMailTemplatesTable;
  customer_mails: CustomerMailsTable;
  customer_mail_tries: CustomerMailTriesTable;
  customer_mail_bounces: CustomerMailBouncesTable;
  mail_outbox: MailOutboxTable;
  mail_sends: MailSendsTable;
  mail_send_answers: MailSendAnswersTable;
  notices: NoticesTable;
  notice_reads: NoticeReadsTable;
  mailbox_mails: MailboxMailsTable;
  completion_mails: CompletionMailsTable;
  completion_matches: CompletionMatchesTable;
}
