import { sql } from 'kysely';
import type { Db, Trx } from '../database.ts';

/**
 * Takes the days of shipment that an export tells over to the charges that it tells them of, of any
 * month that is still open: the next month's export repeats old orders, now shipped. The first news
 * counts. The caller holds the merchant's lock.
 */
export async function recordShipmentNews(
  trx: Trx,
  merchantId: number,
  of: { collectionId: number; now: string },
): Promise<void> {
  await sql`
      insert into shipments (charge_id, merchant_id, shipped_on, collection_id, recorded_at)
      select distinct on (c.id) c.id, ${merchantId}, o.shipped_on, ${of.collectionId}, ${of.now}
        from orders o
        join cycles of_export on of_export.id = o.cycle_id
        join charges c on c.merchant_id = ${merchantId} and c.order_number = o.order_number
                      and c.identity_month in ('', of_export.billing_month)
        join cycles y on y.id = c.cycle_id and y.stage <> 'closed'
       where o.collection_id = ${of.collectionId} and o.shipment = 'shipped'
         and not exists (select from shipments s where s.charge_id = c.id)
       order by c.id, o.record`.execute(trx);
}

/** The other months to whose charges an export told shipments. */
export async function listShippedMonths(
  db: Db,
  merchantId: number,
  collectionId: number,
): Promise<string[]> {
  const { rows } = await sql<{ billing_month: string }>`
    select distinct y.billing_month
      from shipments s join charges c on c.id = s.charge_id join cycles y on y.id = c.cycle_id
     where s.merchant_id = ${merchantId} and s.collection_id = ${collectionId}
       and y.id <> (select cycle_id from order_collections where id = ${collectionId})
     order by 1`.execute(db);
  return rows.map((row) => row.billing_month);
}

/**
 * Days of shipment that were told of orders before they became charges: by the row that is billed, or
 * by an export of another month that came since this one began.
 */
export async function recordKnownShipments(
  trx: Trx,
  merchantId: number,
  of: { cycleId: number; now: string },
): Promise<void> {
  const since = sql`(select min(id) from order_collections where cycle_id = ${of.cycleId})`;
  const { rows } = await sql<{ others: boolean }>`
    select exists (select from order_collections k
                    where k.merchant_id = ${merchantId} and k.cycle_id <> ${of.cycleId}
                      and k.id >= ${since}) as others`.execute(trx);
  // Mostly no other month was told anything meanwhile: then each charge knows its row by the key.
  const told =
    rows[0]?.others === false
      ? sql`join orders o on o.collection_id = c.collection_id and o.record = c.record
                     and o.cycle_id = ${of.cycleId}`
      : sql`
      join orders o on o.merchant_id = c.merchant_id and o.order_number = c.order_number
        and o.collection_id >= ${since}
      join cycles told on told.id = o.cycle_id and c.identity_month in ('', told.billing_month)
        and (o.cycle_id <> c.cycle_id or (o.collection_id, o.record) = (c.collection_id, c.record))`;
  await sql`
    insert into shipments (charge_id, merchant_id, shipped_on, collection_id, recorded_at)
    select distinct on (c.id) c.id, ${merchantId}::bigint, o.shipped_on, o.collection_id,
           ${of.now}::timestamptz
      from charges c
      ${told}
     where c.merchant_id = ${merchantId} and c.cycle_id = ${of.cycleId} and o.shipment = 'shipped'
       and not exists (select from shipments s where s.charge_id = c.id)
     order by c.id, o.collection_id, o.record`.execute(trx);
}

/** A day of shipment that an operator or the shop's own system tells. */
export interface ShipmentNews {
  readonly orderNumber: string;
  /** JST, YYYY-MM-DD */
  readonly shippedOn: string;
}

/**
 * Records shipments of a month's charges; those that are known already keep their day.
 *
 * @returns the order numbers of which the month has no charge; the caller rolls back when there are any
 */
export async function recordShipments(
  trx: Trx,
  merchantId: number,
  of: { cycleId: number; decisionId: number; now: string },
  news: readonly ShipmentNews[],
): Promise<string[]> {
  const { rows } = await sql<{ order_number: string }>`
    with told as (
      select u.order_number, u.shipped_on, c.id
        from unnest(${news.map((one) => one.orderNumber)}::text[],
                    ${news.map((one) => one.shippedOn)}::date[]) as u (order_number, shipped_on)
        left join charges c on c.merchant_id = ${merchantId} and c.cycle_id = ${of.cycleId}
                           and c.order_number = u.order_number
    ), recorded as (
      insert into shipments (charge_id, merchant_id, shipped_on, decision_id, recorded_at)
      select distinct on (t.id) t.id, ${merchantId}, t.shipped_on, ${of.decisionId}, ${of.now}
        from told t
       where t.id is not null and not exists (select from shipments s where s.charge_id = t.id)
       order by t.id, t.shipped_on
    )
    select order_number from told where id is null`.execute(trx);
  return rows.map((row) => row.order_number);
}

/** What is captured of an order whose authorization is of more. */
export interface PartialAmount {
  readonly orderNumber: string;
  /** Whole yen, from 1. */
  readonly amountYen: number;
}

/**
 * Records that a person wants these authorized charges captured, whatever the policy says, or less than
 * was authorized of some of them. The caller holds the merchant's lock.
 *
 * @returns what was asked for, in the yen that are captured, and the order numbers that cannot be
 *   captured so now; the caller rolls back when there are any
 */
export async function requestCaptures(
  trx: Trx,
  merchantId: number,
  of: {
    cycleId: number;
    orderNumbers: readonly string[];
    partialAmounts?: readonly PartialAmount[];
    decisionId: number;
    now: string;
  },
): Promise<{ rows: number; yen: number; refused: string[] }> {
  const partial = of.partialAmounts ?? [];
  const { rows } = await sql<{ order_number: string; charge_id: number | null; yen: number }>`
    with asked as (
      select u.order_number, s.charge_id, s.n, coalesce(p.yen, s.amount_yen) as yen,
             nullif(p.yen, s.amount_yen) as amount_yen
        from (select distinct order_number from unnest(${of.orderNumbers}::text[]) as t (order_number)) u
        left join unnest(${partial.map((one) => one.orderNumber)}::text[],
                         ${partial.map((one) => one.amountYen)}::int[]) as p (order_number, yen)
          on p.order_number = u.order_number
        left join charge_states s on s.merchant_id = ${merchantId} and s.cycle_id = ${of.cycleId}
          and s.order_number = u.order_number and s.state = 'authorized' and s.k is null
          and s.capture_before > ${of.now} and coalesce(p.yen <= s.amount_yen, true)
          and not exists (select from open_order_holds h
                           where h.merchant_id = ${merchantId} and h.order_number = s.order_number)
          -- Asked for before, and of another amount: a file may be on its way.
          and not exists (select from capture_requests r
                           where r.charge_id = s.charge_id and r.n = s.n
                             and r.amount_yen is distinct from nullif(p.yen, s.amount_yen))
    ), requested as (
      insert into capture_requests (charge_id, n, merchant_id, amount_yen, decision_id, requested_at)
      select charge_id, n, ${merchantId}, amount_yen, ${of.decisionId}, ${of.now} from asked
       where charge_id is not null
         and not exists (select from capture_requests r
                          where r.charge_id = asked.charge_id and r.n = asked.n)
    )
    select order_number, charge_id, yen from asked`.execute(trx);
  const found = rows.filter((row) => row.charge_id !== null);
  return {
    rows: found.length,
    yen: found.reduce((total, row) => total + row.yen, 0),
    refused: rows.filter((row) => row.charge_id === null).map((row) => row.order_number),
  };
}
