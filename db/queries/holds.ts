import { sql } from 'kysely';
import type { ChargeState } from '../../billing/charge.ts';
import type { Db } from '../database.ts';

/** States in which a charge may be put on hold: it is in no file, and there is something to hold. */
const HOLDABLE: readonly ChargeState[] = ['planned', 'declined', 'authorized', 'expired', 'voided'];

/**
 * Those of the named orders that cannot be put on hold by this month: it does not know them, or their
 * charge is in a file or at its end.
 */
export async function findUnholdable(
  db: Db,
  merchantId: number,
  of: { cycleId: number; orderNumbers: readonly string[] },
): Promise<string[]> {
  const { rows } = await sql<{ order_number: string }>`
    select u.order_number
      from unnest(${of.orderNumbers}::text[]) as u (order_number)
      left join charge_states s on s.merchant_id = ${merchantId} and s.cycle_id = ${of.cycleId}
                               and s.order_number = u.order_number
     where case when s.charge_id is not null then s.state <> all(${HOLDABLE}::text[])
                else not exists (select from orders o
                       where o.merchant_id = ${merchantId} and o.cycle_id = ${of.cycleId}
                         and o.order_number = u.order_number) end`.execute(db);
  return rows.map((row) => row.order_number);
}

/** Puts orders on hold; those that are already stay so. The caller holds the merchant's lock. */
export async function insertHolds(
  db: Db,
  merchantId: number,
  hold: { cycleId: number; orderNumbers: readonly string[]; decisionId: number; now: string },
): Promise<void> {
  await sql`
    insert into order_holds (merchant_id, order_number, n, cycle_id, decision_id, held_at)
    select ${merchantId}, u.order_number,
           coalesce((select max(h.n) from order_holds h where h.merchant_id = ${merchantId}
                        and h.order_number = u.order_number), 0) + 1,
           ${hold.cycleId}, ${hold.decisionId}, ${hold.now}
      from (select distinct order_number
              from unnest(${hold.orderNumbers}::text[]) as v (order_number)) u
     where not exists (select from open_order_holds h where h.merchant_id = ${merchantId}
                          and h.order_number = u.order_number)
     order by u.order_number`.execute(db);
}

/**
 * Ends the holds of orders. The caller holds the merchant's lock and rolls back when any is refused.
 *
 * @returns the order numbers that are not on hold
 */
export async function releaseHolds(
  db: Db,
  merchantId: number,
  release: { orderNumbers: readonly string[]; decisionId: number; now: string },
): Promise<string[]> {
  const { rows } = await sql<{ order_number: string }>`
    with released as (
      insert into order_hold_releases (merchant_id, order_number, n, decision_id, released_at)
      select h.merchant_id, h.order_number, h.n, ${release.decisionId}, ${release.now}
        from open_order_holds h
       where h.merchant_id = ${merchantId} and h.order_number = any(${release.orderNumbers})
       order by h.order_number
      returning order_number
    )
    select u.order_number from unnest(${release.orderNumbers}::text[]) as u (order_number)
     where not exists (select from released r where r.order_number = u.order_number)`.execute(db);
  return rows.map((row) => row.order_number);
}

/** The open months that orders belong to: those of their charges, and those that put them on hold. */
export async function listMonthsOfOrders(
  db: Db,
  merchantId: number,
  orderNumbers: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ month: string }>`
    select distinct m.billing_month as month
      from cycles m
      join (select cycle_id from charges
             where merchant_id = ${merchantId} and order_number = any(${orderNumbers}::text[])
            union
            select cycle_id from order_holds
             where merchant_id = ${merchantId} and order_number = any(${orderNumbers}::text[])) o
        on o.cycle_id = m.id
     where m.closed_at is null order by 1`.execute(db);
  return rows.map(({ month }) => month);
}

export interface Hold {
  readonly orderNumber: string;
  /** The month in which it was put on hold. */
  readonly month: string;
  readonly heldAt: string;
  readonly heldBy: string;
  readonly reason: string | null;
  /** The state of its charge in that month; null while it has none. */
  readonly state: ChargeState | null;
}

/** Orders on hold by order number, a page at a time; of one month, or of all. */
export async function listHolds(
  db: Db,
  merchantId: number,
  page: { cycleId: number | null; afterOrder: string; limit: number },
): Promise<Hold[]> {
  const { rows } = await sql<Hold>`
    select h.order_number as "orderNumber", c.billing_month as month, h.held_at as "heldAt",
           d.actor as "heldBy", d.reason, s.state
      from open_order_holds h
      join cycles c on c.id = h.cycle_id
      join decisions d on d.id = h.decision_id
      left join charge_states s on s.merchant_id = h.merchant_id and s.cycle_id = h.cycle_id
                               and s.order_number = h.order_number
     where h.merchant_id = ${merchantId}
       and (${page.cycleId}::bigint is null or h.cycle_id = ${page.cycleId})
       and h.order_number > ${page.afterOrder}
     order by h.order_number limit ${page.limit}`.execute(db);
  return rows;
}
