import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { CUSTOMER_MAIL, type CustomerMailKind } from '../../billing/mail/customer-templates.ts';
import type { MailState } from '../../billing/mail/mail-states.ts';
import type { Db, Trx } from '../database.ts';
import { readCardNotice } from './card-notices.ts';

/** Mails to customers whose charge was declined. Nothing personal stands in the outbox. */

/**
 * Posts a mail for every step `contact` that was noted at this instant and has none: one a customer
 * and day, those beyond on the days after. Once: a step has one mail. The caller holds the merchant
 * and wakes the dispatcher after its commit.
 *
 * @returns how many were posted
 */
export async function postCustomerMails(
  trx: Trx,
  merchantId: number,
  of: {
    /** ISO instant at which the steps were noted. */
    readonly now: string;
    /** Date in Japan and ISO instant at which the first may leave. */
    readonly firstOn: string;
    readonly firstAt: string;
    /** Time of day in Japan from which those of later days leave, HH:MM. */
    readonly opensAt: string;
  },
): Promise<number> {
  const { now, firstOn, firstAt, opensAt } = of;
  const fresh = freshContacts(merchantId, now, randomUUID());
  // Two statements, joined by the mail's key: within one, Postgres takes the new rows for a few and
  // compares each with each.
  await sql`
    with fresh as materialized (${fresh}), placed as materialized (
      select f.*, greatest(${firstOn}::date, coalesce(
               (select max(x.planned_on) + 1 from customer_mails x
                 where x.merchant_id = ${merchantId} and x.customer_number = f.customer_number),
               ${firstOn}::date)) + f.behind::int as planned_on
        from fresh f
    ), due as (
      select p.*, case when p.planned_on = ${firstOn}::date then ${firstAt}::timestamptz
                       else (p.planned_on + ${opensAt}::time) at time zone 'Asia/Tokyo' end as due_at
        from placed p
    )
    insert into mail_outbox (merchant_id, key, message_id, template, recipients, cc, parameters,
                             due_at, next_due_at, created_at)
    select ${merchantId}, key, '<' || name || '@mail.tsukigime>', ${CUSTOMER_MAIL}, '{}', '{}', '{}',
           due_at, due_at, ${now}
      from due order by step_id`.execute(trx);
  const result = await sql`
    with fresh as materialized (${fresh})
    insert into customer_mails (step_id, merchant_id, mail_id, case_id, customer_number, kind,
                                template_version, link_id, planned_on)
    select f.step_id, ${merchantId}, o.id, f.case_id, f.customer_number, f.kind,
           coalesce((select max(v.version) from customer_mail_templates v
                      where v.merchant_id = ${merchantId} and v.kind = f.kind), 0),
           f.link_id, (o.due_at at time zone 'Asia/Tokyo')::date
      from fresh f join mail_outbox o on o.merchant_id = ${merchantId} and o.key = f.key
     order by o.id`.execute(trx);
  return Number(result.numAffectedRows ?? 0n);
}

/** Steps `contact` of an instant without a mail, with the names that theirs get under one salt. */
const freshContacts = (merchantId: number, now: string, salt: string) => sql`
  select t.id as step_id, k.id as case_id, c.customer_number,
         case when k.next_step = 'carry_over' or k.limit_kind = 'monthly'
              then 'carry_over' else k.class end as kind,
         row_number() over (partition by c.customer_number order by t.id) - 1 as behind,
         md5(${`mail:${salt}:`}::text || t.id)::uuid as name,
         md5(${`link:${salt}:`}::text || t.id)::uuid as link_id,
         'ng_contact:' || m.billing_month || ':' || md5(${`mail:${salt}:`}::text || t.id)::uuid as key
    from ng_case_steps t
    join ng_cases k on k.id = t.case_id and k.closed_at is null
    join charges c on c.id = k.charge_id
    join cycles m on m.id = k.cycle_id
   where t.merchant_id = ${merchantId} and t.kind = 'contact' and t.taken_at = ${now}
     and not exists (select from customer_mails x where x.step_id = t.id)`;

/** Takes back what waits for these cases' customers. @returns the cases of which something waited */
export async function withdrawWaiting(
  trx: Trx,
  merchantId: number,
  caseIds: readonly number[],
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    update mail_outbox o set state = 'withdrawn', next_due_at = null
      from customer_mails x
     where x.merchant_id = ${merchantId} and x.case_id = any(${caseIds}::bigint[])
       and o.id = x.mail_id and o.state = 'waiting'
    returning x.case_id as id`.execute(trx);
  return rows.map(({ id }) => id);
}

/** Of these cases, those with a mail that has neither left for sure nor come to an end. */
export async function listWaitingMails(
  db: Db,
  merchantId: number,
  caseIds: readonly number[],
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select distinct x.case_id as id
      from customer_mails x join mail_outbox o on o.id = x.mail_id
     where x.merchant_id = ${merchantId} and x.case_id = any(${caseIds}::bigint[])
       and o.state in ('waiting', 'sending', 'unknown')`.execute(db);
  return rows.map(({ id }) => id);
}

/** A mail of a case, as people look at it; without its address and its words. */
export interface CustomerMailView {
  readonly key: string;
  readonly kind: CustomerMailKind;
  readonly templateVersion: number;
  readonly state: MailState;
  /** Date in Japan. */
  readonly plannedOn: string;
  readonly nextDueAt: string | null;
  readonly lastTriedAt: string | null;
  readonly linkExpiresAt: string | null;
  readonly bouncedAt: string | null;
  readonly bounceStatus: string | null;
}

/** Oldest first. */
export async function listCustomerMails(
  db: Db,
  merchantId: number,
  caseId: number,
): Promise<CustomerMailView[]> {
  const { rows } = await sql<CustomerMailView>`
    select o.key, x.kind, x.template_version as "templateVersion", o.state,
           x.planned_on as "plannedOn", o.next_due_at as "nextDueAt", t.tried_at as "lastTriedAt",
           t.link_expires_at as "linkExpiresAt", b.recorded_at as "bouncedAt",
           b.status as "bounceStatus"
      from customer_mails x
      join mail_outbox o on o.id = x.mail_id
      left join lateral (select * from customer_mail_tries t
        where t.mail_id = x.mail_id order by t.send_number desc limit 1) t on true
      left join customer_mail_bounces b on b.mail_id = x.mail_id
     where x.merchant_id = ${merchantId} and x.case_id = ${caseId}
     order by x.mail_id`.execute(db);
  return rows;
}

/** What a link stands for, as the shop may know it. */
export async function findLinkedMail(
  db: Db,
  merchantId: number,
  linkId: string,
): Promise<LinkedMail | undefined> {
  const { rows } = await sql<LinkedMail & { mailId: number; caseId: number | null }>`
    select x.mail_id as "mailId", x.case_id as "caseId", m.billing_month as month,
           c.order_number as "orderNumber", x.customer_number as "customerNumber",
           k.amount_yen as "amountYen", k.closed_at is null as open
      from customer_mails x
      left join ng_cases k on k.id = x.case_id
      left join charges c on c.id = k.charge_id
      left join cycles m on m.id = k.cycle_id
     where x.merchant_id = ${merchantId} and x.link_id = ${linkId}`.execute(db);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { mailId, caseId, ...linked } = row;
  if (caseId !== null) return linked;
  return { ...linked, open: !(await readCardNotice(db, merchantId, mailId)).closed };
}

/** Of which mail a link is; no month, order or yen where it is about a card alone. */
export interface LinkedMail {
  readonly month: string | null;
  readonly orderNumber: string | null;
  readonly customerNumber: string;
  readonly amountYen: number | null;
  /** Whether the customer still has to act. */
  readonly open: boolean;
}

/**
 * Passes over the customer's next mail: a planned contact leaves the plan, a mail that waits is taken
 * back. What has left stays.
 *
 * @returns the cases in which there was something to pass over
 */
export async function skipContacts(
  trx: Trx,
  merchantId: number,
  of: {
    readonly ids: readonly number[];
    readonly decisionId: number;
    readonly actor: string;
    readonly now: string;
  },
): Promise<number[]> {
  const withdrawn = await withdrawWaiting(trx, merchantId, of.ids);
  const { rows } = await sql<{ id: number }>`
    with skipped as (
      update ng_cases k
         set next_step = case when planned then coalesce(k.plan->0->>'step', 'decide')
                              else k.next_step end,
             due_at = case when planned then (k.plan->0->>'dueAt')::timestamptz else k.due_at end,
             why = case when planned
                        then coalesce(k.plan->0->>'why', '次の対応を指示してください。')
                        else k.why end,
             plan = case when planned then k.plan - 0 else k.plan end, revision = k.revision + 1
        from (select id, next_step = 'contact' as planned from ng_cases
               where merchant_id = ${merchantId} and id = any(${of.ids}::bigint[])) f
       where k.id = f.id and k.closed_at is null
         and (planned or k.id = any(${withdrawn}::bigint[]))
      returning k.id, k.n
    )
    insert into ng_case_steps (case_id, merchant_id, kind, n, decision_id, actor, why, taken_at)
    select id, ${merchantId}, 'planned', n, ${of.decisionId}, ${of.actor},
           '担当者の指示により、顧客へのメールを送信しません。', ${of.now}
      from skipped order by id
    returning case_id as id`.execute(trx);
  return rows.map(({ id }) => id);
}
