import { type RawBuilder, sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { MigrationCoverage, UncoveredCustomer } from '../../billing/migration-coverage.ts';
import type { Db } from '../database.ts';
import { openCoverages } from '../uncovered-customers.ts';

/** Whose cards a migration has brought and whose not, set-based: a million customers take seconds. */

export interface OfCoverage {
  readonly migrationId: number;
  /** YYYY-MM: the month whose billing is at risk. */
  readonly month: string;
}

/** Live cards of the service to which a migration moves: customer_id. */
const targetCards = (merchantId: number, migrationId: number): RawBuilder<unknown> => sql`
  select distinct k.customer_id from cards k
   where k.merchant_id = ${merchantId} and k.deleted_at is null
     and k.service = (select g.service from card_migrations g where g.id = ${migrationId})`;

/**
 * The customers of a migration: customer_id, has_card, and whether any row (rows), any imported one
 * (imported) of theirs came back. A card that a rehearsal would have brought counts as there.
 */
const coveredScope = (merchantId: number, migrationId: number): RawBuilder<unknown> => sql`
  select s.customer_id, coalesce(r.rows, 0) as rows, coalesce(r.imported, 0) as imported,
         k.customer_id is not null or (g.rehearsal and coalesce(r.imported, 0) > 0) as has_card
    from migration_scope s
    join card_migrations g on g.id = s.migration_id
    left join (${targetCards(merchantId, migrationId)}) k on k.customer_id = s.customer_id
    left join (select customer_id, count(*) as rows,
                      count(*) filter (where result = 'imported') as imported
                 from migration_results
                where merchant_id = ${merchantId} and migration_id = ${migrationId}
                  and result <> 'quarantined'
                group by customer_id) r on r.customer_id = s.customer_id
   where s.merchant_id = ${merchantId} and s.migration_id = ${migrationId}`;

/** Live subscriptions: customer_id, due (rows), yen, later (rows). */
const liveSubscriptions = (merchantId: number, month: string): RawBuilder<unknown> => sql`
  select customer_id, count(*) filter (where next_month <= ${month}) as due,
         coalesce(sum(amount_yen) filter (where next_month <= ${month}), 0) as yen,
         count(*) filter (where next_month is null or next_month > ${month}) as later
    from subscriptions
   where merchant_id = ${merchantId} and status = 'active' and deleted_at is null
   group by customer_id`;

export async function readCoverage(
  db: Db,
  merchantId: number,
  { migrationId, month }: OfCoverage,
): Promise<MigrationCoverage> {
  const { rows: counted } = await sql<CountedScope>`
    with scope as (${coveredScope(merchantId, migrationId)}),
    live as (${liveSubscriptions(merchantId, month)})
    select count(*)::int as linked,
           count(*) filter (where s.rows > 0)::int as returned,
           count(*) filter (where has_card and imported > 0)::int as covered,
           count(*) filter (where has_card and imported = 0)::int as kept,
           count(*) filter (where not has_card)::int as uncovered,
           coalesce(sum(l.due), 0)::int as due, coalesce(sum(l.yen), 0)::float8 as yen,
           coalesce(sum(l.due) filter (where not has_card), 0)::int as "riskDue",
           coalesce(sum(l.yen) filter (where not has_card), 0)::float8 as "riskYen",
           coalesce(sum(l.later) filter (where not has_card), 0)::int as later,
           exists (select from subscriptions
                    where merchant_id = ${merchantId} and deleted_at is null) as known
      from scope s left join live l on l.customer_id = s.customer_id`.execute(db);
  const { rows: results } = await sql<MigrationCoverage['rows']>`
    select count(*)::int as returned,
           count(*) filter (where result = 'imported')::int as imported,
           count(*) filter (where result = 'failed')::int as failed,
           count(*) filter (where result = 'quarantined')::int as quarantined
      from migration_results
     where merchant_id = ${merchantId} and migration_id = ${migrationId}`.execute(db);
  const [customers] = counted;
  const [returned] = results;
  if (customers === undefined || returned === undefined)
    throw new Error('two aggregates, two rows');
  const { linked, covered, kept, uncovered, due, yen, riskDue, riskYen, later, known } = customers;
  return {
    month,
    customers: { linked, returned: customers.returned, covered, kept, uncovered },
    rows: returned,
    subscriptions: known
      ? { due: { rows: due, yen }, atRisk: { rows: riskDue, yen: riskYen }, later }
      : null,
  };
}

interface CountedScope {
  readonly linked: number;
  readonly returned: number;
  readonly covered: number;
  readonly kept: number;
  readonly uncovered: number;
  readonly due: number;
  readonly yen: number;
  readonly riskDue: number;
  readonly riskYen: number;
  readonly later: number;
  readonly known: boolean;
}

/** Customers without a card of the target service, by ID, a page at a time. */
export async function listUncovered(
  db: Db,
  merchantId: number,
  page: OfCoverage & {
    /** Customer ID behind which the page begins; 0 for the first. */
    readonly after: number;
    readonly limit: number;
  },
): Promise<UncoveredCustomer[]> {
  const { migrationId, month, after, limit } = page;
  // The page first: what came back and what is billed is looked up for its customers alone.
  const { rows } = await sql<Omit<UncoveredCustomer, 'due'> & RowsAndYen>`
    with page as (
      select s.customer_id from migration_scope s
       where s.merchant_id = ${merchantId} and s.migration_id = ${migrationId}
         and s.customer_id > ${after}
         and not exists (select from cards k
           where k.merchant_id = ${merchantId} and k.customer_id = s.customer_id
             and k.deleted_at is null
             and k.service = (select g.service from card_migrations g where g.id = ${migrationId}))
         and not exists (select from migration_results w
           join card_migrations g on g.id = w.migration_id and g.rehearsal
           where w.merchant_id = ${merchantId} and w.migration_id = ${migrationId}
             and w.customer_id = s.customer_id and w.result = 'imported')
       order by s.customer_id limit ${limit}
    )
    select p.customer_id as "customerId", c.customer_number as "customerNumber",
           case when c.deleted_at is not null then 'deleted'
                else coalesce(r.reason, 'missing') end as reason, l.due::int as rows, l.yen::float8 as yen,
           l.later::int as later
      from page p
      join customers c on c.merchant_id = ${merchantId} and c.customer_id = p.customer_id
     cross join lateral (
       select case when bool_or(result = 'imported') then 'removed'
                   when bool_or(result = 'failed') then 'failed' end as reason
         from migration_results r
        where r.merchant_id = ${merchantId} and r.migration_id = ${migrationId}
          and r.customer_id = p.customer_id) r
     cross join lateral (
       select count(*) filter (where next_month <= ${month}) as due,
              coalesce(sum(amount_yen) filter (where next_month <= ${month}), 0) as yen,
              count(*) filter (where next_month is null or next_month > ${month}) as later
         from subscriptions u
        where u.merchant_id = ${merchantId} and u.customer_id = p.customer_id
          and u.status = 'active' and u.deleted_at is null) l
     order by p.customer_id`.execute(db);
  return rows.map(({ rows: due, yen, ...customer }) => ({ ...customer, due: { rows: due, yen } }));
}

/**
 * Whether a migration has brought cards that nobody has accepted yet: only then may customers be left
 * without one. A preview asks this first, so that it costs nothing where no migration runs.
 */
export async function hasOpenCoverage(db: Db, merchantId: number): Promise<boolean> {
  const { rows } = await sql<{ open: boolean }>`
    select exists (${openCoverages(merchantId)}) as open`.execute(db);
  return rows[0]?.open ?? false;
}
