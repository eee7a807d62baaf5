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

/** A hold as somebody saw it: a later hold of the same order is another one, with a reason of its own. */
export interface SeenHold {
  readonly orderNumber: string;
  readonly n: number;
}

/**
 * Ends the holds of orders. The caller holds the merchant's lock and rolls back when any is refused.
 *
 * @returns the order numbers that are not on hold, and those that are by another hold than was seen
 */
export async function releaseHolds(
  db: Db,
  merchantId: number,
  release: {
    orderNumbers: readonly string[];
    seen?: readonly SeenHold[] | undefined;
    decisionId: number;
    now: string;
  },
): Promise<{ absent: string[]; replaced: string[] }> {
  const { orderNumbers, seen = [], decisionId, now } = release;
  const { rows } = await sql<{ order_number: string; absent: boolean }>`
    with asked as (
      select u.order_number, h.n,
             exists (select from unnest(${seen.map((hold) => hold.orderNumber)}::text[],
                                        ${seen.map((hold) => hold.n)}::int[]) as s (order_number, n)
                      where s.order_number = u.order_number and s.n <> h.n) as replaced
        from (select distinct order_number
                from unnest(${orderNumbers}::text[]) as v (order_number)) u
        left join open_order_holds h on h.merchant_id = ${merchantId}
                                    and h.order_number = u.order_number
    ), released as (
      insert into order_hold_releases (merchant_id, order_number, n, decision_id, released_at)
      select ${merchantId}, order_number, n, ${decisionId}, ${now}
        from asked where n is not null and not replaced order by order_number
    )
    select order_number, n is null as absent from asked
     where n is null or replaced order by order_number`.execute(db);
  const numbersOf = (absent: boolean) =>
    rows.filter((row) => row.absent === absent).map((row) => row.order_number);
  return { absent: numbersOf(true), replaced: numbersOf(false) };
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

export interface Hold extends SeenHold {
  /** The month in which it was put on hold. */
  readonly month: string;
  readonly heldAt: string;
  readonly heldBy: string;
  readonly reason: string | null;
  /** Of the hold that this one took the place of, when the order was cancelled. */
  readonly earlierReason: string | null;
  /** The newest export that holds the order has it as cancelled. */
  readonly cancelled: boolean;
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
    select h.order_number as "orderNumber", h.n, c.billing_month as month, h.held_at as "heldAt",
           d.actor as "heldBy", d.reason, e.reason as "earlierReason",
           coalesce(o.exclusion in ('cancelled', 'cancelled_by_customer'), false) as cancelled,
           s.state
      from open_order_holds h
      join cycles c on c.id = h.cycle_id
      join decisions d on d.id = h.decision_id
      left join charge_states s on s.merchant_id = h.merchant_id and s.cycle_id = h.cycle_id
                               and s.order_number = h.order_number
      left join charges g on g.id = s.charge_id
      left join lateral (
        select n.exclusion
          from orders n join cycles y on y.id = n.cycle_id
         where n.merchant_id = h.merchant_id and n.order_number = h.order_number
           and coalesce(g.identity_month, '') in ('', y.billing_month)
         order by n.collection_id desc, n.record desc limit 1) o on true
      left join order_hold_releases r
        on r.merchant_id = h.merchant_id and r.order_number = h.order_number
       and r.n = h.n - 1 and r.decision_id = h.decision_id
      left join order_holds p
        on p.merchant_id = r.merchant_id and p.order_number = r.order_number and p.n = r.n
      left join decisions e on e.id = p.decision_id
     where h.merchant_id = ${merchantId}
       and (${page.cycleId}::bigint is null or h.cycle_id = ${page.cycleId})
       and h.order_number > ${page.afterOrder}
     order by h.order_number limit ${page.limit}`.execute(db);
  return rows;
}
