import { type RawBuilder, sql } from 'kysely';

/**
 * Pieces of SQL that ask whether a card is locked. Each is a set of its own, which Postgres reads once
 * and hashes, however many orders are asked about: locks are few.
 */

/** Cards of the merchant that are out of billing: card_id. */
export const standingLocks = (merchantId: number): RawBuilder<unknown> => sql`
  select l.card_id from open_card_locks l where l.merchant_id = ${merchantId}`;

/** Whether the charge with this ID would be asked of a locked card. */
export const isChargeLocked = (
  merchantId: number,
  chargeId: RawBuilder<unknown>,
): RawBuilder<boolean> => sql`
  (${chargeId} in (select x.charge_id from locked_charges x where x.merchant_id = ${merchantId}))`;

/** Whether an order would be: `order` names a row with customer_number, collection_id and record. */
export function isOrderLocked(merchantId: number, order: 'o' | 's'): RawBuilder<boolean> {
  const of = (column: string) => sql.ref(`${order}.${column}`);
  return sql`
    (${of('customer_number')} in (select l.customer_number from billing_card_locks l
                                   where l.merchant_id = ${merchantId})
     and exists (select from billing_card_locks l
                  where l.merchant_id = ${merchantId}
                    and l.customer_number = ${of('customer_number')}
                    and order_charges_service(${merchantId}, ${of('collection_id')},
                                              ${of('record')}, l.service)))`;
}

/**
 * Whether a lock came or went that the verdicts of a month do not show, compared as they are. Merchants
 * that never had a lock are asked nothing more.
 */
export const locksDiffer = (merchantId: number, cycleId: number): RawBuilder<boolean> => sql`
  case when exists (select from card_locks x where x.merchant_id = ${merchantId}) then
    exists (select from order_verdicts v
              join orders o on o.collection_id = v.collection_id and o.record = v.record
             where v.cycle_id = ${cycleId} and v.verdict = 'excluded' and v.reason = 'card_locked'
               and not ${isOrderLocked(merchantId, 'o')})
    or exists (select from (select distinct customer_number from billing_card_locks
                             where merchant_id = ${merchantId}) l
                 join orders o on o.cycle_id = ${cycleId} and o.customer_number = l.customer_number
                 join order_verdicts v on v.collection_id = o.collection_id
                                      and v.record = o.record and v.verdict = 'selected'
                where ${isOrderLocked(merchantId, 'o')}
                  and not exists (select from charges c
                    where c.cycle_id = ${cycleId} and c.order_number = o.order_number))
  else false end`;
