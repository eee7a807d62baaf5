import { sql } from 'kysely';
import type { BillingOutcome, CanaryBilling } from '../../billing/migration-canary.ts';
import type { Db } from '../database.ts';

/**
 * How the first month ended that billed a migration's customers after their cards were in: of its
 * charges that were first authorized since then, the first definite answer. Those of everybody else in
 * that month stand beside it. Charges that were asked for before belong to the old PSP.
 */
export async function readCanary(
  db: Db,
  merchantId: number,
  { migrationId }: { readonly migrationId: number },
): Promise<CanaryBilling> {
  const { rows } = await sql<BillingOutcome & { month: string; migrated: boolean }>`
    with imported as (
      select min(finished_at) as at from migration_rounds
       where merchant_id = ${merchantId} and migration_id = ${migrationId} and state = 'done'
    ), moved as (
      select distinct c.customer_number
        from migration_results r
        join customers c on c.merchant_id = ${merchantId} and c.customer_id = r.customer_id
       where r.merchant_id = ${merchantId} and r.migration_id = ${migrationId}
         and r.result = 'imported'
    ), begun as (
      select c.id, c.cycle_id, c.customer_number, m.customer_number is not null as migrated
        from charges c
        left join moved m on m.customer_number = c.customer_number
       where c.merchant_id = ${merchantId}
         and (select min(t.claimed_at) from attempts t
               where t.charge_id = c.id and t.kind = 'authorization') >= (select at from imported)
    ), first_month as (
      select y.id, y.billing_month from cycles y
       where y.merchant_id = ${merchantId}
         and exists (select from begun b where b.cycle_id = y.id and b.migrated)
       order by y.billing_month limit 1
    ), answered as (
      select b.migrated, f.billing_month,
             (select o.outcome from outcomes o
               where o.charge_id = b.id and o.outcome in ('ok', 'declined')
               order by o.n limit 1) as outcome
        from begun b join first_month f on f.id = b.cycle_id
    )
    select billing_month as month, migrated, count(*)::int as billed,
           count(*) filter (where outcome = 'ok')::int as authorized,
           count(*) filter (where outcome = 'declined')::int as declined,
           count(*) filter (where outcome is null)::int as open
      from answered group by 1, 2`.execute(db);
  const of = (migrated: boolean): BillingOutcome => {
    const found = rows.find((row) => row.migrated === migrated);
    if (found === undefined) return { billed: 0, authorized: 0, declined: 0, open: 0 };
    const { billed, authorized, declined, open } = found;
    return { billed, authorized, declined, open };
  };
  return { month: rows[0]?.month ?? null, migrated: of(true), others: of(false) };
}
