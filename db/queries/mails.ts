import { sql } from 'kysely';
import type { MailState } from '../../billing/mail/mail-states.ts';
import type { Db } from '../database.ts';

/** Mails of the outbox, as people look at them. */

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
  /** When a mail to a customer came back, and its status code. */
  readonly bouncedAt: string | null;
  readonly bounceStatus: string | null;
  /** Of a mail to a customer; null = it is for operators. */
  readonly customer: MailCustomer | null;
}

/** To whom a mail went that names nobody; no month and order where it is about a card alone. */
export interface MailCustomer {
  readonly customerNumber: string;
  readonly month: string | null;
  readonly orderNumber: string | null;
}

const mails = sql`
  select o.id, o.key, o.template, o.parameters, o.recipients, o.cc, o.message_id as "messageId",
         o.state, o.next_due_at as "nextDueAt", o.created_at as "createdAt",
         coalesce(s.send_number, 0) as sends, s.claimed_at as "lastSendAt",
         a.recorded_at as "lastAnswerAt", a.detail as "lastDetail",
         b.recorded_at as "bouncedAt", b.status as "bounceStatus",
         case when x.mail_id is not null then jsonb_build_object(
           'customerNumber', x.customer_number, 'month', m.billing_month,
           'orderNumber', c.order_number) end as customer
    from mail_outbox o
    left join lateral (select send_number, claimed_at from mail_sends
      where mail_id = o.id order by send_number desc limit 1) s on true
    left join mail_send_answers a on a.mail_id = o.id and a.send_number = s.send_number
    left join customer_mails x on x.mail_id = o.id
    left join customer_mail_bounces b on b.mail_id = o.id
    left join ng_cases k on k.id = x.case_id
    left join charges c on c.id = k.charge_id
    left join cycles m on m.id = k.cycle_id`;

/** Newest first; `before` is the key of the last one on the page before. */
export async function listMails(
  db: Db,
  merchantId: number,
  page: {
    readonly state: MailState | null;
    /** Only mails to customers that came back. */
    readonly bouncedOnly?: boolean;
    readonly before: string | null;
    readonly limit: number;
  },
): Promise<Mail[]> {
  const { rows } = await sql<Mail & { id: number }>`
    ${mails}
     where o.merchant_id = ${merchantId}
       and (${page.state}::text is null or o.state = ${page.state})
       and (not ${page.bouncedOnly ?? false} or b.mail_id is not null)
       and (${page.before}::text is null or o.id < (
             select id from mail_outbox where merchant_id = ${merchantId} and key = ${page.before}))
     order by o.id desc limit ${page.limit}`.execute(db);
  return rows.map(withoutId);
}

/** One try of a mail, and what became of it. */
export interface MailTry {
  readonly n: number;
  readonly claimedAt: string;
  /** Null: no answer came. */
  readonly answer: 'sent' | 'refused' | 'not_sent' | 'withdrawn' | null;
  readonly answeredAt: string | null;
  readonly detail: string | null;
  readonly retryAt: string | null;
  /** Whoever said so in the server's place, and why. */
  readonly decidedBy: string | null;
  readonly reason: string | null;
}

/** A mail with all its tries, oldest first; undefined = no such mail. */
export async function readMail(
  db: Db,
  merchantId: number,
  key: string,
): Promise<(Mail & { readonly tries: readonly MailTry[] }) | undefined> {
  const { rows } = await sql<Mail & { id: number }>`
    ${mails} where o.merchant_id = ${merchantId} and o.key = ${key}`.execute(db);
  const [found] = rows;
  if (found === undefined) return undefined;
  const tries = await sql<MailTry>`
    select s.send_number as n, s.claimed_at as "claimedAt", a.answer, a.recorded_at as "answeredAt",
           a.detail, a.retry_at as "retryAt", d.actor as "decidedBy", d.reason
      from mail_sends s
      left join mail_send_answers a on a.mail_id = s.mail_id and a.send_number = s.send_number
      left join decisions d on d.id = a.decision_id
     where s.merchant_id = ${merchantId} and s.mail_id = ${found.id}
     order by s.send_number`.execute(db);
  return { ...withoutId(found), tries: tries.rows };
}

function withoutId({ id: _, ...mail }: Mail & { readonly id: number }): Mail {
  return mail;
}
