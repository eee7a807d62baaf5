import { type RawBuilder, sql } from 'kysely';
import type { CardService } from '../../billing/card-service.ts';
import type { MailState } from '../../billing/mail/mail-states.ts';
import type { CardNeed } from '../../billing/refresh-status.ts';
import type { Db } from '../database.ts';
import { standingLocks } from '../locked-cards.ts';
import { cardOccasion, watchedCards } from '../watched-cards.ts';

/** How many living cards expire in a month. */
export interface ExpiryCount {
  /** YYYY-MM. */
  readonly month: string;
  readonly cards: number;
  readonly customers: number;
  /** Of the cards, those that are out of billing already. */
  readonly locked: number;
}

/** The calendar of expiring cards: months from one to another, those without a card left out. */
export async function countExpiries(
  db: Db,
  merchantId: number,
  of: { readonly from: string; readonly to: string },
): Promise<ExpiryCount[]> {
  const inMonths = sql`
    k.merchant_id = ${merchantId} and k.deleted_at is null and k.expiry between ${of.from} and ${of.to}
    and not exists (select from customers c where c.merchant_id = k.merchant_id
                       and c.customer_id = k.customer_id and c.deleted_at is not null)`;
  // Counted along an index that holds all it takes, in its order; the locked ones, which are few, by key.
  const { rows } = await sql<ExpiryCount>`
    select m.month, m.cards, m.customers, coalesce(l.locked, 0) as locked
      from (select k.expiry as month, count(*)::int as cards,
                   count(distinct k.customer_id)::int as customers
              from cards k where ${inMonths} group by k.expiry) m
      left join (select k.expiry as month, count(*)::int as locked from cards k
                  where ${inMonths} and k.id = any(array(${standingLocks(merchantId)}))
                  group by k.expiry) l on l.month = m.month
     order by m.month`.execute(db);
  return rows;
}

/** A card that needs its customer, or one that expires. */
export interface WatchedCard {
  /** The number in US-00010000. */
  readonly customerId: number;
  readonly customerNumber: string;
  readonly name: string | null;
  readonly service: CardService;
  /** Tells the customer's cards apart. */
  readonly identity: string;
  readonly lastDigits: string;
  readonly expiry: string;
  readonly need: CardNeed | null;
  /** What the refresh of which month said last of it. */
  readonly verdict: 0 | 1 | 2 | 3 | null;
  readonly judgedMonth: string | null;
  /** The mail that told the customer so; null: none was posted. */
  readonly notice: {
    readonly state: MailState;
    /** Date in Japan. */
    readonly plannedOn: string;
    readonly lastTriedAt: string | null;
    readonly bouncedAt: string | null;
    /** Of the mail server, like 5.1.1. */
    readonly bounceStatus: string | null;
  } | null;
}

/** Behind a card in the lists: by customer, then by card. */
export interface WatchedAfter {
  readonly customerId: number;
  readonly identity: string;
}

/**
 * Cards by customer, a page at a time: those that expire in a month, or those on which the customer
 * has to act.
 *
 * @param page `thisMonth` and `nextMonth`: YYYY-MM in Japan
 */
export async function listWatchedCards(
  db: Db,
  merchantId: number,
  page: {
    readonly expiry: string | null;
    readonly need: CardNeed | 'any' | null;
    readonly thisMonth: string;
    readonly nextMonth: string;
    readonly after: WatchedAfter;
    readonly limit: number;
  },
): Promise<WatchedCard[]> {
  const { after } = page;
  const behind = sql`and (k.customer_id, k.identity) > (${after.customerId}, ${after.identity})`;
  const cut = sql`order by k.customer_id, k.identity limit ${page.limit}`;
  // Each part in its own order and no longer than the page: each has a way of its own to its cards. Where
  // that tells all, the page is cut before anybody looks up what refreshes said of its cards.
  const parts = waysTo(merchantId, page).map(({ among, tellsAll }) => {
    const where = tellsAll ? sql`${behind} ${cut}` : behind;
    return sql`
      (select * from (${watchedCards(merchantId, { ...page, among, where })}) w
        where ${page.need}::text is null or w.need = ${page.need}
           or (${page.need} = 'any' and w.need is not null)
        order by w.customer_id, w.identity limit ${page.limit})`;
  });
  const { rows } = await sql<WatchedCard>`
    select w.customer_id as "customerId", w.customer_number as "customerNumber", w.name, w.service,
           w.identity, w.last_digits as "lastDigits", w.expiry, w.need, w.verdict,
           w.judged_month as "judgedMonth",
           (select jsonb_build_object('state', o.state, 'plannedOn', x.planned_on,
                     'lastTriedAt', ${isoInstant(sql`t.tried_at`)},
                     'bouncedAt', ${isoInstant(sql`b.recorded_at`)}, 'bounceStatus', b.status)
              from card_notices n
              join customer_mails x on x.mail_id = n.mail_id
              join mail_outbox o on o.id = n.mail_id
              left join lateral (select tried_at from customer_mail_tries t
                where t.mail_id = n.mail_id order by t.send_number desc limit 1) t on true
              left join customer_mail_bounces b on b.mail_id = n.mail_id
             where n.merchant_id = ${merchantId} and n.customer_id = w.customer_id
               and n.occasion = ${cardOccasion}) as notice
      from (select * from (${sql.join(parts, sql` union all `)}) w
             order by w.customer_id, w.identity limit ${page.limit}) w
     order by w.customer_id, w.identity`.execute(db);
  return rows;
}

/**
 * Conditions on a card `k`, of which one holds for every card that a list may show, and never two;
 * `tellsAll`: the list shows each card that meets it.
 */
function waysTo(
  merchantId: number,
  { expiry, need, thisMonth, nextMonth }: Parameters<typeof listWatchedCards>[2],
): readonly { readonly among: RawBuilder<unknown>; readonly tellsAll: boolean }[] {
  const locked = sql`array(${standingLocks(merchantId)})`;
  if (expiry !== null) return [{ among: sql`k.expiry = ${expiry}`, tellsAll: need === null }];
  if (need === 'locked') return [{ among: sql`k.id = any(${locked})`, tellsAll: true }];
  if (need === 'expired') {
    return [{ among: sql`k.expiry < ${thisMonth} and k.id <> all(${locked})`, tellsAll: true }];
  }
  // Whether they are renewed is asked of each: not of all cards, but of those two months.
  if (need === 'not_renewed') {
    const soon = sql`k.id = any(array(select x.id from cards x
      where x.merchant_id = ${merchantId} and x.deleted_at is null
        and x.expiry between ${thisMonth} and ${nextMonth}))`;
    return [{ among: soon, tellsAll: false }];
  }
  return [
    { among: sql`k.expiry <= ${nextMonth}`, tellsAll: false },
    { among: sql`k.expiry > ${nextMonth} and k.id = any(${locked})`, tellsAll: need === 'any' },
  ];
}

const isoInstant = (at: RawBuilder<unknown>) =>
  sql`to_char(${at} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
