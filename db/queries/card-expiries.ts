import { sql } from 'kysely';
import type { CardService } from '../../billing/card-service.ts';
import type { CardNeed } from '../../billing/refresh-status.ts';
import { newestJudgement } from '../card-judgement.ts';
import type { Db } from '../database.ts';
import { standingLocks } from '../locked-cards.ts';

/** How many living cards expire in a month. */
export interface ExpiryCount {
  /** YYYY-MM. */
  readonly month: string;
  readonly cards: number;
  readonly customers: number;
  /** Of the cards, those that are out of billing already. */
  readonly locked: number;
}

const livingCards = (merchantId: number) => sql`
  cards k join customers c on c.merchant_id = k.merchant_id and c.customer_id = k.customer_id
                          and c.deleted_at is null
   where k.merchant_id = ${merchantId} and k.deleted_at is null`;

/** The calendar of expiring cards: months from one to another, those without a card left out. */
export async function countExpiries(
  db: Db,
  merchantId: number,
  of: { readonly from: string; readonly to: string },
): Promise<ExpiryCount[]> {
  const { rows } = await sql<ExpiryCount>`
    select k.expiry as month, count(*)::int as cards, count(distinct k.customer_id)::int as customers,
           count(*) filter (where k.id in (${standingLocks(merchantId)}))::int as locked
      from ${livingCards(merchantId)} and k.expiry between ${of.from} and ${of.to}
     group by k.expiry order by k.expiry`.execute(db);
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
  const { thisMonth, nextMonth, after } = page;
  const { rows } = await sql<WatchedCard>`
    select * from (
      select k.customer_id as "customerId", c.customer_number as "customerNumber", c.name,
             k.service, k.identity, k.last_digits as "lastDigits", k.expiry, j.verdict,
             j.month as "judgedMonth",
             case when k.id in (${standingLocks(merchantId)}) then 'locked'
                  when k.expiry < ${thisMonth} then 'expired'
                  when j.outcome = 'no_newer_data' and k.expiry <= ${nextMonth} then 'not_renewed'
                  end as need
        from (select k.*, c.customer_number, c.name from ${livingCards(merchantId)}
                 and (${page.expiry}::text is null or k.expiry = ${page.expiry})
                 and (${page.expiry}::text is not null or k.expiry <= ${nextMonth}
                      or k.id in (${standingLocks(merchantId)}))
                 and (k.customer_id, k.identity) > (${after.customerId}, ${after.identity})) k
        join customers c on c.merchant_id = k.merchant_id and c.customer_id = k.customer_id
        left join lateral (${newestJudgement}) j on true
    ) w
     where ${page.need}::text is null or w.need = ${page.need}
        or (${page.need} = 'any' and w.need is not null)
     order by w."customerId", w.identity limit ${page.limit}`.execute(db);
  return rows;
}
