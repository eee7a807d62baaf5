import { sql } from 'kysely';
import type { Db, Trx } from '../database.ts';

/** What waits in a merchant's outbox. */
export interface OutboxState {
  /** The earliest instant at which a mail is due; null = none waits. ISO, business clock. */
  readonly dueAt: string | null;
  /** Mails of which nobody knows whether they left: a person decides. */
  readonly unknown: number;
}

export async function readOutboxState(db: Db, merchantId: number): Promise<OutboxState> {
  const { rows } = await sql<OutboxState>`
    select (select min(next_due_at) from mail_outbox
             where merchant_id = ${merchantId} and state = 'waiting') as "dueAt",
           (select count(*) from mail_outbox
             where merchant_id = ${merchantId} and state = 'unknown') as unknown`.execute(db);
  return rows[0] ?? { dueAt: null, unknown: 0 };
}

/** When the merchant's latest mails were claimed: at most `limit`, newest first, after `since`. */
export async function listLatestClaims(
  db: Db,
  merchantId: number,
  latest: { readonly since: string; readonly limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('mail_sends')
    .select('claimed_at')
    .where('merchant_id', '=', merchantId)
    .where('claimed_at', '>', latest.since)
    .orderBy('claimed_at', 'desc')
    .limit(latest.limit)
    .execute();
  return rows.map((row) => row.claimed_at);
}

/** A mail that this process alone may send, once. */
export interface ClaimedMail {
  readonly id: number;
  readonly key: string;
  readonly messageId: string;
  readonly template: string;
  readonly recipients: readonly string[];
  readonly cc: readonly string[];
  readonly parameters: unknown;
  readonly sendNumber: number;
}

/**
 * Takes the mail that has been due longest and writes down that it may leave now. The caller commits
 * before the first byte does: from then on no machine sends this mail again by itself.
 */
export async function claimNextMail(
  trx: Trx,
  merchantId: number,
  now: string,
): Promise<ClaimedMail | undefined> {
  const { rows } = await sql<ClaimedMail>`
    with due as (
      select id from mail_outbox
       where merchant_id = ${merchantId} and state = 'waiting' and next_due_at <= ${now}
       order by next_due_at, id limit 1 for update skip locked
    ), taken as (
      update mail_outbox o set state = 'sending', next_due_at = null
        from due where o.id = due.id
      returning o.id, o.key, o.message_id, o.template, o.recipients, o.cc, o.parameters
    ), claimed as (
      insert into mail_sends (mail_id, send_number, merchant_id, claimed_at)
      select t.id, 1 + (select count(*) from mail_sends s where s.mail_id = t.id),
             ${merchantId}, ${now}
        from taken t
      returning mail_id, send_number
    )
    select t.id, t.key, t.message_id as "messageId", t.template, t.recipients, t.cc, t.parameters,
           c.send_number as "sendNumber"
      from taken t join claimed c on c.mail_id = t.id`.execute(trx);
  return rows[0];
}

export interface SendAnswer {
  readonly mailId: number;
  readonly sendNumber: number;
  readonly answer: 'sent' | 'refused' | 'not_sent' | 'withdrawn';
  /** Reply codes of the server (`550 5.1.1`), never its words, which quote addresses. */
  readonly detail: string | null;
  /** After `not_sent`: when it is tried again. ISO. */
  readonly retryAt: string | null;
  /** The decision of the person who said so; null = the server did. */
  readonly decisionId: number | null;
  readonly now: string;
}

/** Records what became of a send, once: the first answer stays. @returns whether it was the first */
export async function recordSendAnswer(
  trx: Trx,
  merchantId: number,
  answer: SendAnswer,
): Promise<boolean> {
  const row = await trx
    .insertInto('mail_send_answers')
    .values({
      mail_id: answer.mailId,
      send_number: answer.sendNumber,
      merchant_id: merchantId,
      answer: answer.answer,
      detail: answer.detail,
      decision_id: answer.decisionId,
      retry_at: answer.retryAt,
      recorded_at: answer.now,
    })
    .onConflict((conflict) => conflict.columns(['mail_id', 'send_number']).doNothing())
    .returning('mail_id')
    .executeTakeFirst();
  if (row === undefined) return false;
  await trx
    .updateTable('mail_outbox')
    .set({
      state: answer.answer === 'not_sent' ? 'waiting' : answer.answer,
      next_due_at: answer.retryAt,
    })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', answer.mailId)
    // An answer that comes late (its worker was thought dead) settles what was unknown till then.
    .where('state', 'in', ['sending', 'unknown'])
    .execute();
  return true;
}

/**
 * Sends without an answer, while nobody sends: whether these mails left, no machine can tell. They
 * become unknown.
 */
export async function markUnansweredSends(
  trx: Trx,
  merchantId: number,
): Promise<{ readonly key: string; readonly messageId: string; readonly sendNumber: number }[]> {
  const { rows } = await sql<{ key: string; messageId: string; sendNumber: number }>`
    update mail_outbox o set state = 'unknown'
     where o.merchant_id = ${merchantId} and o.state = 'sending'
    returning o.key, o.message_id as "messageId",
              (select count(*) from mail_sends s where s.mail_id = o.id) as "sendNumber"`.execute(
    trx,
  );
  return rows;
}

/** A mail by its key, with the number of its latest send (0 = none); undefined = no such mail. */
export async function findMail(
  db: Db,
  merchantId: number,
  key: string,
): Promise<{ id: number; state: string; sendNumber: number } | undefined> {
  const { rows } = await sql<{ id: number; state: string; sendNumber: number }>`
    select o.id, o.state,
           (select count(*) from mail_sends s where s.mail_id = o.id) as "sendNumber"
      from mail_outbox o where o.merchant_id = ${merchantId} and o.key = ${key}`.execute(db);
  return rows[0];
}
