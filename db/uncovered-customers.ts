import { type RawBuilder, sql } from 'kysely';

/** Pieces of SQL about migrations that are not accepted yet. */

/** Migrations that have brought cards which nobody has accepted yet: id, service. */
export const openCoverages = (merchantId: number): RawBuilder<unknown> => sql`
  select g.id, g.service from card_migrations g
   where g.merchant_id = ${merchantId} and not g.rehearsal
     and g.stage not in ('accepted', 'cancelled')
     and exists (select from migration_rounds r
                  where r.migration_id = g.id and r.state = 'done' and r.superseded_at is null)`;

/** The customers whom migrations have left without a card so far: customer_number. */
export const uncoveredCustomers = (merchantId: number): RawBuilder<unknown> => sql`
  select distinct c.customer_number
    from (${openCoverages(merchantId)}) g
    join migration_scope s on s.migration_id = g.id
    join customers c on c.merchant_id = ${merchantId} and c.customer_id = s.customer_id
   where not exists (select from cards k
     where k.merchant_id = ${merchantId} and k.customer_id = s.customer_id
       and k.service = g.service and k.deleted_at is null)`;
