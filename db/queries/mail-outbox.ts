import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { requireMailKey } from '../../billing/mail/mail-key.ts';
import type { MailState } from '../../billing/mail/mail-states.ts';
import type { MailParameters, MailTemplate } from '../../billing/mail/templates.ts';
import type { Db } from '../database.ts';

export interface NewMail<Name extends MailTemplate = MailTemplate> {
  /** What is told of whom at which occasion: `hand_over_waiting:2026-11:auth:1:d3`. */
  readonly key: string;
  readonly template: Name;
  readonly recipients: readonly string[];
  readonly cc?: readonly string[];
  readonly parameters: MailParameters<Name>;
  /** ISO instant on the business clock, from which it may leave. */
  readonly dueAt: string;
  /** ISO instant. */
  readonly now: string;
}

/**
 * Puts a mail into the outbox: all that a room does about mail. Once: the same key again changes
 * nothing, whatever it comes with. It leaves when the merchant's `mailDispatch` is woken, after the
 * commit (`deps.workflows.wakeMail`). A mail that is due later leaves even when its occasion has
 * gone by then: rather post it when it is due.
 *
 * @returns whether it is new
 */
export async function postMail<Name extends MailTemplate>(
  trx: Db,
  merchantId: number,
  mail: NewMail<Name>,
): Promise<boolean> {
  const row = await trx
    .insertInto('mail_outbox')
    .values({
      merchant_id: merchantId,
      key: requireMailKey(mail.key),
      // Fixed here, so that a mail which did arrive twice after all is recognised as one.
      message_id: `<${randomUUID()}@mail.tsukigime>`,
      template: mail.template,
      recipients: [...mail.recipients],
      cc: [...(mail.cc ?? [])],
      parameters: JSON.stringify(mail.parameters),
      due_at: mail.dueAt,
      next_due_at: mail.dueAt,
      created_at: mail.now,
    })
    .onConflict((conflict) => conflict.columns(['merchant_id', 'key']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export interface Mail {
  readonly key: string;
  readonly template: string;
  readonly parameters: unknown;
  readonly recipients: readonly string[];
  readonly cc: readonly string[];
  readonly messageId: string;
  readonly state: MailState;
  /** When a waiting mail is tried, first or again. */
  readonly nextDueAt: string | null;
  readonly createdAt: string;
  /** How often it was tried. */
  readonly sends: number;
  /** Of the latest try: when it was claimed, when it was answered, with which codes. */
  readonly lastSendAt: string | null;
  readonly lastAnswerAt: string | null;
  readonly lastDetail: string | null;
}

/** Newest first; `before` is the key of the last one on the page before. */
export async function listMails(
  db: Db,
  merchantId: number,
  page: {
    readonly state: MailState | null;
    readonly before: string | null;
    readonly limit: number;
  },
): Promise<Mail[]> {
  const { rows } = await sql<Mail>`
    select o.key, o.template, o.parameters, o.recipients, o.cc, o.message_id as "messageId", o.state,
           o.next_due_at as "nextDueAt", o.created_at as "createdAt",
           coalesce(s.send_number, 0) as sends, s.claimed_at as "lastSendAt",
           a.recorded_at as "lastAnswerAt", a.detail as "lastDetail"
      from mail_outbox o
      left join lateral (select send_number, claimed_at from mail_sends
        where mail_id = o.id order by send_number desc limit 1) s on true
      left join mail_send_answers a on a.mail_id = o.id and a.send_number = s.send_number
     where o.merchant_id = ${merchantId}
       and (${page.state}::text is null or o.state = ${page.state})
       and (${page.before}::text is null or o.id < (
             select id from mail_outbox where merchant_id = ${merchantId} and key = ${page.before}))
     order by o.id desc limit ${page.limit}`.execute(db);
  return rows;
}
