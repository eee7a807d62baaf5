import { randomUUID } from 'node:crypto';
import { requireMailKey } from '../../billing/mail/mail-key.ts';
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
