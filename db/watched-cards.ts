import { type RawBuilder, sql } from 'kysely';
import { nextBillingMonth } from '../billing/billing-month.ts';
import { businessDateOf } from '../billing/business-date.ts';
import { judgementOf, newestJudgement } from './card-judgement.ts';
import { standingLocks } from './locked-cards.ts';

/** Pieces of SQL about cards that expire or need their customer. */

/** Few customers are deleted: an index of theirs leaves their cards out before the others' rows are read. */
const livingCards = (merchantId: number): RawBuilder<unknown> => sql`
  cards k
   where k.merchant_id = ${merchantId} and k.deleted_at is null
     and not exists (select from customers d where d.merchant_id = k.merchant_id
                       and d.customer_id = k.customer_id and d.deleted_at is not null)`;

const theirCustomers = sql`
  join customers c on c.merchant_id = k.merchant_id and c.customer_id = k.customer_id`;

/**
 * Living cards, with why the customer has to act (`need`) and what was said of them last.
 *
 * @param of `thisMonth` and `nextMonth`: YYYY-MM in Japan; `among`: which of the cards `k`, without it those
 *   that expire until then or are locked; `judging`: whether what was said of a card is looked up of `each`,
 *   or only `where-it-decides` that the customer has to act
 */
export const watchedCards = (
  merchantId: number,
  of: {
    readonly thisMonth: string;
    readonly nextMonth: string;
    readonly among?: RawBuilder<unknown>;
    /** Begins with `and`. */
    readonly where?: RawBuilder<unknown>;
    readonly judging?: 'each' | 'where-it-decides';
  },
): RawBuilder<unknown> => sql`
  select k.*, c.customer_number, c.name, j.verdict, j.month as judged_month,
         case when k.id in (${standingLocks(merchantId)}) then 'locked'
              when k.expiry < ${of.thisMonth} then 'expired'
              when j.outcome = 'no_newer_data' and k.expiry <= ${of.nextMonth} then 'not_renewed'
              end as need
    from (select k.* from ${livingCards(merchantId)}
             and ${
               of.among ??
               sql`k.id = any(array(
                     select x.id from cards x
                      where x.merchant_id = ${merchantId} and x.deleted_at is null
                        and x.expiry <= ${of.nextMonth}
                     union all ${standingLocks(merchantId)}))`
             }
             ${of.where ?? sql``}) k
    ${theirCustomers}
    left join lateral (${
      of.judging === 'where-it-decides'
        ? judgementOf(sql`k.expiry between ${of.thisMonth} and ${of.nextMonth}`)
        : newestJudgement
    }) j on true`;

/**
 * Customers all of whose living cards run out, the latest this month or the next, with no newer data at
 * their issuer: customer_number. Of what runs out later, or of which no refresh spoke, nothing is said.
 */
export function notRenewedCustomers(merchantId: number, now: string): RawBuilder<unknown> {
  const thisMonth = businessDateOf(now).slice(0, 7);
  const nextMonth = nextBillingMonth(thisMonth);
  return sql`
    select distinct c.customer_number
      from (select k.* from ${livingCards(merchantId)}
               and k.expiry between ${thisMonth} and ${nextMonth}) k
      ${theirCustomers}
      join lateral (${newestJudgement}) j on j.outcome = 'no_newer_data'
     where not exists (select from cards other
             where other.merchant_id = k.merchant_id and other.customer_id = k.customer_id
               and other.deleted_at is null and other.expiry > ${nextMonth})`;
}

/** What the customer of a watched card `w` is told of it: its lock, else its expiry. */
export const cardOccasion: RawBuilder<string> = sql`
  case when w.need = 'locked'
       then 'lock:' || (select max(l.id) from open_card_locks l where l.card_id = w.id)
       else 'expiry:' || w.expiry end`;
