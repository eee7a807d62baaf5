import { randomUUID } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { CUSTOMER_MAIL } from '../../billing/mail/customer-templates.ts';
import type { CardNeed } from '../../billing/refresh-status.ts';
import { type Db, lockMerchant, type Trx } from '../database.ts';
import { cardOccasion, watchedCards } from '../watched-cards.ts';
import type { CustomerMailAbout } from './customer-mail-facts.ts';
import { recordDecision } from './decisions.ts';

/** Mails to customers whose card a refresh refused or that runs out: one a customer and occasion. */

/** Whom a person chose, of those who were not told yet. */
export interface CardNoticeChoice {
  readonly need: CardNeed | 'any';
  /** The numbers in US-00010000; null: all. */
  readonly customerIds: readonly number[] | null;
  /** YYYY-MM in Japan. */
  readonly thisMonth: string;
  readonly nextMonth: string;
}

/** How many customers would be mailed, by the words that they get. */
export interface CardNoticeCount {
  readonly refused: number;
  readonly expiring: number;
}

export async function countCardNotices(
  db: Db,
  merchantId: number,
  choice: CardNoticeChoice,
): Promise<CardNoticeCount> {
  const { rows } = await sql<CardNoticeCount>`
    select count(*) filter (where kind = 'card_refused')::int as refused,
           count(*) filter (where kind = 'card_expiring')::int as expiring
      from (${freshMails(merchantId, choice, '')}) f`.execute(db);
  return rows[0] ?? { refused: 0, expiring: 0 };
}

/** A person's word that these customers are mailed. */
export interface CardNoticeAct extends CardNoticeChoice {
  /** How many customers the person saw; another number posts nothing. */
  readonly confirmed: number;
  readonly key: string;
  readonly actor: string;
  readonly reason: string | null;
  /** Date in Japan and ISO instant at which the first may leave. */
  readonly firstOn: string;
  readonly firstAt: string;
  /** Time of day in Japan from which those of later days leave, HH:MM. */
  readonly opensAt: string;
  readonly now: string;
}

/**
 * Writes what a person decided and posts the mails. Told again with the same key it posts nothing
 * more. The caller wakes the dispatcher after the commit.
 *
 * @returns how many customers there were to mail, and whether that is what the person confirmed
 * @throws IdempotencyConflict when the key was used for something else
 */
export async function notifyCardCustomers(
  trx: Trx,
  merchantId: number,
  act: CardNoticeAct,
): Promise<{ readonly customers: number; readonly confirmed: boolean }> {
  const { need, customerIds, confirmed, key, actor, reason, now } = act;
  await lockMerchant(trx, merchantId);
  const { fresh } = await recordDecision(trx, merchantId, {
    ...{ key, actor, reason, now, act: 'post-card-notices', workflowId: 'card-notices' },
    body: { need, customerIds, confirmed },
  });
  if (!fresh) return { customers: confirmed, confirmed: true };
  const { refused, expiring } = await countCardNotices(trx, merchantId, act);
  const customers = refused + expiring;
  if (customers !== confirmed) return { customers, confirmed: false };
  await postNotices(trx, merchantId, act);
  return { customers, confirmed: true };
}

async function postNotices(trx: Trx, merchantId: number, act: CardNoticeAct): Promise<void> {
  const { firstOn, firstAt, opensAt, now } = act;
  const salt = randomUUID();
  // Three statements, joined by the mail's key: the last ends what the first two choose by.
  await sql`
    with due as materialized (
      select f.*, greatest(${firstOn}::date, coalesce(
               (select max(x.planned_on) + 1 from customer_mails x
                 where x.merchant_id = ${merchantId} and x.customer_number = f.customer_number),
               ${firstOn}::date)) as planned_on
        from (${freshMails(merchantId, act, salt)}) f
    ), timed as (
      select *, case when planned_on = ${firstOn}::date then ${firstAt}::timestamptz
                     else (planned_on + ${opensAt}::time) at time zone 'Asia/Tokyo' end as due_at
        from due
    )
    insert into mail_outbox (merchant_id, key, message_id, template, recipients, cc, parameters,
                             due_at, next_due_at, created_at)
    select ${merchantId}, key, '<' || name || '@mail.tsukigime>', ${CUSTOMER_MAIL}, '{}', '{}', '{}',
           due_at, due_at, ${now}
      from timed order by customer_id`.execute(trx);
  await sql`
    with fresh as materialized (${freshMails(merchantId, act, salt)})
    insert into customer_mails (merchant_id, mail_id, customer_number, kind, template_version,
                                link_id, planned_on)
    select ${merchantId}, o.id, f.customer_number, f.kind,
           coalesce((select max(v.version) from customer_mail_templates v
                      where v.merchant_id = ${merchantId} and v.kind = f.kind), 0),
           f.link_id, (o.due_at at time zone 'Asia/Tokyo')::date
      from fresh f join mail_outbox o on o.merchant_id = ${merchantId} and o.key = f.key
     order by o.id`.execute(trx);
  await sql`
    with told as materialized (${freshOccasions(merchantId, act)})
    insert into card_notices (merchant_id, customer_id, occasion, mail_id)
    select ${merchantId}, t.customer_id, t.occasion, o.id
      from told t join mail_outbox o
        on o.merchant_id = ${merchantId} and o.key = ${mailKey(salt, sql`t.customer_id`)}
     order by o.id, t.occasion`.execute(trx);
}

/** What chosen customers were not told yet: a lock or an expiry. */
const freshOccasions = (merchantId: number, choice: CardNoticeChoice) => sql`
  select distinct w.customer_id, w.customer_number, w.need, w.occasion
    from (select *, ${cardOccasion} as occasion from (${watchedCards(merchantId, { ...choice, judging: 'where-it-decides' })}) w) w
   where w.need is not null and (${choice.need} = 'any' or w.need = ${choice.need})
     and (${choice.customerIds}::int[] is null or w.customer_id = any(${choice.customerIds}::int[]))
     and not exists (select from card_notices n
                      where n.merchant_id = ${merchantId} and n.customer_id = w.customer_id
                        and n.occasion = w.occasion)`;

/** One mail a customer; a refused card decides its words. */
const freshMails = (merchantId: number, choice: CardNoticeChoice, salt: string) => sql`
  select f.customer_id, f.customer_number,
         case when bool_or(f.need = 'locked') then 'card_refused' else 'card_expiring' end as kind,
         md5(${`mail:${salt}:`}::text || f.customer_id)::uuid as name,
         md5(${`link:${salt}:`}::text || f.customer_id)::uuid as link_id,
         ${mailKey(salt, sql`f.customer_id`)} as key
    from (${freshOccasions(merchantId, choice)}) f
   group by f.customer_id, f.customer_number`;

const mailKey = (salt: string, customerId: RawBuilder<unknown>) =>
  sql`'card_notice:' || md5(${`mail:${salt}:`}::text || ${customerId})::uuid`;

/** What a notice says and to whom it goes, as of now; closed: nothing of it holds any more. */
export async function readCardNotice(
  db: Db,
  merchantId: number,
  mailId: number,
): Promise<CustomerMailAbout> {
  const { rows } = await sql<{
    customerName: string;
    email: string | null;
    cardService: string | null;
    closed: boolean;
  }>`
    select coalesce(max(u.name), '') as "customerName", nullif(max(u.email), '') as email,
           (select r.service from cards r
             where r.merchant_id = ${merchantId} and r.customer_id = n.customer_id
               and r.deleted_at is null
             order by r.updated_at desc, r.id desc limit 1) as "cardService",
           not bool_or(u.customer_id is not null and (
             exists (select from open_card_locks l
                      where l.merchant_id = ${merchantId} and l.customer_id = n.customer_id
                        and 'lock:' || l.id = n.occasion)
             or exists (select from cards k
                         where k.merchant_id = ${merchantId} and k.customer_id = n.customer_id
                           and k.deleted_at is null and 'expiry:' || k.expiry = n.occasion)
           )) as closed
      from card_notices n
      left join customers u on u.merchant_id = n.merchant_id and u.customer_id = n.customer_id
        and u.deleted_at is null
     where n.merchant_id = ${merchantId} and n.mail_id = ${mailId}
     group by n.customer_id`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('a mail without a case is a card notice');
  const { email, ...facts } = row;
  const nothing = { month: null, orderNumber: null, amountYen: null, retryAt: null };
  return { ...nothing, ...facts, emails: email === null ? [] : [email] };
}
