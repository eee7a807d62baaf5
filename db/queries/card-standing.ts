import { type RawBuilder, sql } from 'kysely';
import { businessDateOf } from '../../billing/business-date.ts';
import type { Db } from '../database.ts';

/**
 * The one question about the cards behind charges: customer_number, standing, of customers whose cards
 * have been imported. A customer without a row is unknown, and unknown is never taken for good. A card
 * is good until its month of expiry is over in Japan; one good card of several is enough. Nothing locks
 * a card before the card refresh does (spec 4): `locked` comes with it, here.
 *
 * @param now ISO instant
 */
export const cardStandings = (merchantId: number, now: string): RawBuilder<unknown> => sql`
  select u.customer_number,
         case when bool_or(k.expiry >= ${businessDateOf(now).slice(0, 7)}) then 'ok'
              else 'expired' end as standing
    from customers u
    join cards k on k.merchant_id = u.merchant_id and k.customer_id = u.customer_id
                and k.deleted_at is null
   where u.merchant_id = ${merchantId} and u.deleted_at is null
   group by u.customer_number`;

/** Whether any card of the merchant was imported: without one, all of them are unknown. */
export async function knowsCards(db: Db, merchantId: number): Promise<boolean> {
  const { rows } = await sql<{ known: boolean }>`
    select exists (select from cards where merchant_id = ${merchantId}) as known`.execute(db);
  return rows[0]?.known ?? false;
}
