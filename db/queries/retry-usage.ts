import { sql } from 'kysely';
import type { CardBrand } from '../../billing/card-service.ts';
import type { RetryUsage } from '../../billing/retry-budget.ts';
import type { Db } from '../database.ts';

export interface CustomerUsage {
  readonly customerNumber: string;
  /** Null: the customer has no card on record, or cards of several brands. */
  readonly brand: CardBrand | null;
  readonly usage: RetryUsage;
}

/** Longer than every budget's window and the time a result may take besides. */
const LOOK_BACK_DAYS = 90;

/**
 * What the cards of customers were asked within the budgets' windows, over all months of the merchant.
 * Attempts that never reached the PSP are none; one without an answer is pending, and so is a retry
 * that was asked for and stands in no file yet.
 */
export async function readRetryUsage(
  db: Db,
  merchantId: number,
  of: { readonly customerNumbers: readonly string[]; readonly now: string },
): Promise<Map<string, CustomerUsage>> {
  const { rows } = await sql<{
    customerNumber: string;
    brand: CardBrand | null;
    reattempts: string[];
    declines: string[];
    pending: number;
  }>`
    with asked as (
      select distinct u.customer_number
        from unnest(${of.customerNumbers}::text[]) as u (customer_number)
    ), tries as (
      select c.customer_number, a.n, o.outcome,
             coalesce(o.processed_at, o.recorded_at) as at
        from asked u
        join charges c on c.merchant_id = ${merchantId} and c.customer_number = u.customer_number
        join attempts a on a.charge_id = c.id and a.kind = 'authorization'
                       and a.claimed_at > ${of.now}::timestamptz
                                          - make_interval(days => ${LOOK_BACK_DAYS})
        left join outcomes o on o.charge_id = a.charge_id and o.n = a.n
    ), counted as (
      select customer_number,
             array_agg(at) filter (where n > 1 and outcome in ('ok', 'declined')) as reattempts,
             array_agg(at) filter (where outcome = 'declined') as declines,
             count(*) filter (where outcome is null)::int as pending
        from tries group by customer_number
    ), requested as (
      select u.customer_number, count(*)::int as pending
        from asked u
        join charges c on c.merchant_id = ${merchantId} and c.customer_number = u.customer_number
        join authorization_requests q on q.charge_id = c.id and q.kind = 'retry'
       where not exists (select from attempts a where a.charge_id = q.charge_id and a.n = q.n + 1)
       group by u.customer_number
    ), brands as (
      select u.customer_number, min(d.brand) as brand
        from asked u
        join customers p on p.merchant_id = ${merchantId} and p.customer_number = u.customer_number
        join cards d on d.merchant_id = p.merchant_id and d.customer_id = p.customer_id
                    and d.deleted_at is null
       where p.deleted_at is null
       group by u.customer_number having count(distinct d.brand) = 1
    )
    select u.customer_number as "customerNumber", b.brand,
           coalesce(to_jsonb(t.reattempts), '[]') as reattempts,
           coalesce(to_jsonb(t.declines), '[]') as declines,
           coalesce(t.pending, 0) + coalesce(r.pending, 0) as pending
      from asked u
      left join counted t on t.customer_number = u.customer_number
      left join requested r on r.customer_number = u.customer_number
      left join brands b on b.customer_number = u.customer_number`.execute(db);
  return new Map(
    rows.map(({ customerNumber, brand, ...usage }) => [
      customerNumber,
      { customerNumber, brand, usage },
    ]),
  );
}
