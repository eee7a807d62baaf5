import { type RawBuilder, sql } from 'kysely';

/**
 * Pieces of SQL that ask whether a card is locked. Each is a set of its own, which Postgres reads once
 * and hashes, however many orders are asked about: locks are few. (`is true` and `case` keep it from
 * joining them, which it does by a nested loop while it has not counted the rows.)
 */

/** Cards of the merchant that are out of billing: card_id. */
export const standingLocks = (merchantId: number): RawBuilder<unknown> => sql`
  select l.card_id from open_card_locks l where l.merchant_id = ${merchantId}`;

/** Whether the charge with this ID would be asked of a locked card. */
export const isChargeLocked = (
  merchantId: number,
  chargeId: RawBuilder<unknown>,
): RawBuilder<boolean> => sql`
  ((${chargeId} in (select x.charge_id from locked_charges x
                     where x.merchant_id = ${merchantId})) is true)`;

/**
 * How many lines of an exchange `e` that has not left would bill a locked card. Few files are in hand at
 * a time; merchants that have no lock are asked nothing more.
 */
export const lockedLinesOf = (merchantId: number): RawBuilder<number> => sql`
  case when e.kind in ('auth', 'retry') and e.stage in ('built', 'handing_over')
            and exists (select from open_card_locks l where l.merchant_id = ${merchantId})
       then (select count(*)::int from locked_charges x
               join file_lines l on l.exchange_id = e.id and l.charge_id = x.charge_id
              where x.merchant_id = ${merchantId} and l.k is null)
       else 0 end`;

/** Whether an order would be: `order` names a row with customer_number, collection_id and record. */
export function isOrderLocked(merchantId: number, order: 'o' | 's'): RawBuilder<boolean> {
  const of = (column: string) => sql.ref(`${order}.${column}`);
  return sql`
    (case when ${of('customer_number')} in (select l.customer_number from billing_card_locks l
                                             where l.merchant_id = ${merchantId})
          then exists (select from billing_card_locks l
                        where l.merchant_id = ${merchantId}
                          and l.customer_number = ${of('customer_number')}
                          and order_charges_service(${merchantId}, ${of('collection_id')},
                                                    ${of('record')}, l.service))
          else false end)`;
}

/**
 * Whether a lock came or went that the verdicts of a month do not show, compared as they are. Merchants
 * that never had a lock are asked nothing more; the others about few orders, each by its key (`offset 0`
 * keeps Postgres from joining all verdicts of the month instead).
 *
 * @param billedWhole whether every selected order has its charge: then a lock that came takes none of them back
 */
export function locksDiffer(
  merchantId: number,
  cycleId: number,
  billedWhole: RawBuilder<boolean>,
): RawBuilder<boolean> {
  const stands = (verdict: RawBuilder<unknown>) => sql`
    exists (select from order_verdicts v
             where v.collection_id = o.collection_id and v.record = o.record and ${verdict} offset 0)`;
  return sql`
    case when exists (select from card_locks x where x.merchant_id = ${merchantId}) then
      exists (
        with freed as materialized (
          select o.collection_id, o.record
            from selection_rows r
            join orders o on o.collection_id = r.collection_id and o.record = r.record
           where r.cycle_id = ${cycleId} and r.verdict = 'excluded' and r.reason = 'card_locked'
             and not ${isOrderLocked(merchantId, 'o')})
        select from freed o where ${stands(sql`v.reason = 'card_locked'`)})
      or (not ${billedWhole} and exists (
        with caught as materialized (
          select o.collection_id, o.record
            from orders o
           where o.cycle_id = ${cycleId} and ${isOrderLocked(merchantId, 'o')}
             and exists (select from charges c where c.cycle_id = ${cycleId}
                            and c.order_number = o.order_number) is not true)
        select from caught o where ${stands(sql`v.verdict = 'selected'`)}))
    else false end`;
}
