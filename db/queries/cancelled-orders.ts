import { sql } from 'kysely';
import type { Db, Trx } from '../database.ts';

/** Orders that an export cancels after they were charged: kept back from whatever a machine would do. */

/** Charges of one open month whose orders an export cancels. */
export interface CancelledOrders {
  readonly cycleId: number;
  readonly month: string;
  /** To be put on hold; in their yen, those too. */
  readonly orderNumbers: readonly string[];
  readonly yen: number;
  /** Of those: how many are on hold for another reason. */
  readonly heldAlready: number;
  /** Of others: they stand in capture files that are on their way. */
  readonly inFiles: number;
}

/** States from which a charge could still be authorized or captured without anybody's word. */
const HELD_BACK = ['planned', 'sent', 'unknown', 'quarantined', 'authorized', 'declined'];

/**
 * The charges of open months that read as cancelled in this export and that were never held for it: an
 * order that a person let go after that stays so. A hold for another reason counts for nothing: who
 * ends it need not know of the cancellation. Of this month or of an earlier one, because the next
 * month's export repeats old orders.
 */
export async function listCancelledOrders(
  db: Db,
  merchantId: number,
  of: { readonly collectionId: number; readonly act: string },
): Promise<CancelledOrders[]> {
  const { rows } = await sql<CancelledOrders>`
    with cancelled as materialized (
      select distinct c.id, c.cycle_id, c.order_number
        from orders o
        join cycles of_export on of_export.id = o.cycle_id
        join charges c on c.merchant_id = ${merchantId} and c.order_number = o.order_number
                      and c.identity_month in ('', of_export.billing_month)
        join cycles y on y.id = c.cycle_id and y.stage <> 'closed'
       where o.collection_id = ${of.collectionId}
         and o.exclusion in ('cancelled', 'cancelled_by_customer')
    ), found as (
      select k.cycle_id, k.order_number, s.amount_yen, s.state,
             exists (select from open_order_holds h
                      where h.merchant_id = ${merchantId} and h.order_number = k.order_number) as held
        from cancelled k
        cross join lateral (select * from charge_states v where v.charge_id = k.id offset 0) s
       where (s.state = any(${HELD_BACK}::text[]) or s.state = 'capture_sent')
         and not exists (select from order_holds h join decisions d on d.id = h.decision_id
                          where h.merchant_id = ${merchantId} and h.order_number = k.order_number
                            and d.act = ${of.act})
    )
    select f.cycle_id as "cycleId", y.billing_month as month,
           coalesce(array_agg(f.order_number order by f.order_number)
                      filter (where f.state <> 'capture_sent'), '{}') as "orderNumbers",
           coalesce(sum(f.amount_yen) filter (where f.state <> 'capture_sent'), 0)::float8 as yen,
           count(*) filter (where f.held and f.state <> 'capture_sent')::int as "heldAlready",
           count(*) filter (where f.state = 'capture_sent')::int as "inFiles"
      from found f join cycles y on y.id = f.cycle_id
     group by 1, 2 order by 2`.execute(db);
  return rows;
}

/** Whether any month of the merchant has charges and is open: else no export cancels anything. */
export async function hasOpenCharges(db: Trx, merchantId: number): Promise<boolean> {
  const { rows } = await sql<{ open: boolean }>`
    select exists (
      select from cycles y
       where y.merchant_id = ${merchantId} and y.stage <> 'closed'
         and exists (select from charges c
                      where c.merchant_id = ${merchantId} and c.cycle_id = y.id)) as open`.execute(
    db,
  );
  return rows[0]?.open ?? false;
}

/** The months in which orders were held by a decision of this key. */
export async function listHeldMonths(db: Db, merchantId: number, key: string): Promise<string[]> {
  const { rows } = await sql<{ month: string }>`
    select distinct y.billing_month as month
      from decisions d
      join order_holds h on h.decision_id = d.id
      join cycles y on y.id = h.cycle_id
     where d.merchant_id = ${merchantId} and d.idempotency_key = ${key}
     order by 1`.execute(db);
  return rows.map(({ month }) => month);
}
