import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { AT, type MoneyRecord } from './money-record.ts';

/** One customer of a migration, by what became of it. */
export interface MovedCustomer {
  /** Verdicts of the rows that came back. */
  readonly rows: readonly ('imported' | 'refused' | 'failed')[];
  /** Cards of the target service that are there now. */
  readonly cards: number;
  /** `next_month` and yen of live subscriptions. */
  readonly subscriptions: readonly (readonly [nextMonth: string | null, yen: number])[];
}

let migrations = 0;

/**
 * A migration to Yamato with a round that is done: customer 1, 2 … in the order given, and `strangers`
 * quarantined rows. Returns its ID.
 */
export async function insertMigration(
  db: Db,
  { merchantId, fileId }: MoneyRecord,
  customers: readonly MovedCustomer[],
  more: { strangers?: number; rehearsal?: boolean; stage?: string; importedAt?: string } = {},
): Promise<number> {
  migrations += 1;
  const { rows: found } = await sql<{ importId: number; migrationId: number; linkId: number }>`
    with i as (
      insert into imports (merchant_id, number, kind, file_id, file_name, request_key, stage,
                           registered_at, registered_by)
      values (${merchantId}, ${migrations}, 'cards', ${fileId}, 'c.csv', ${`i${migrations}`},
              'uploaded', ${AT}, 'test') returning id
    ), g as (
      insert into card_migrations (merchant_id, number, service, old_service, scope, rehearsal,
                                   request_key, stage, waits_since, started_at, started_by,
                                   finished_at)
      values (${merchantId}, ${migrations}, 'YAMATO', 'old', '{"kind":"all"}',
              ${more.rehearsal ?? false}, ${`m${migrations}`}, ${more.stage ?? 'covering'}, ${AT},
              ${AT}, 'test', ${['accepted', 'cancelled'].includes(more.stage ?? '') ? AT : null}) returning id
    ), f as (
      insert into migration_link_files (merchant_id, migration_id, n, file_id, file_name, customers,
                                        settings_version, released_at, released_by)
      select ${merchantId}, g.id, 1, ${fileId}, 'link.csv', ${Math.max(customers.length, 1)}, 1,
             ${AT}, 'test' from g returning id, migration_id
    )
    select i.id as "importId", f.migration_id as "migrationId", f.id as "linkId" from i, f`.execute(
    db,
  );
  const [ids] = found;
  if (ids === undefined) throw new Error('an insert gives its row');
  const { importId, migrationId, linkId } = ids;
  const { rows: rounds } = await sql<{ id: number }>`
    insert into migration_rounds (merchant_id, migration_id, link_file_id, n, file_id, file_name,
                                  addition, state, import_id, taken_at, taken_by, finished_at)
    values (${merchantId}, ${migrationId}, ${linkId}, 1, ${fileId}, 'r.csv', false, 'done',
            ${importId}, ${AT}, 'test', ${more.importedAt ?? AT}) returning id`.execute(db);
  const roundId = rounds[0]?.id ?? 0;
  for (const [at, customer] of customers.entries()) {
    await insertCustomer(db, merchantId, { id: at + 1, importId, linkId, customer });
    for (const verdict of customer.rows) {
      await insertRow(db, merchantId, { roundId, importId, customerId: at + 1, verdict });
    }
  }
  for (let n = 0; n < (more.strangers ?? 0); n += 1) {
    const customerId = 90_000_000 + n;
    await insertRow(db, merchantId, { roundId, importId, customerId, verdict: 'quarantined' });
  }
  return migrationId;
}

async function insertCustomer(
  db: Db,
  merchantId: number,
  of: { id: number; importId: number; linkId: number; customer: MovedCustomer },
): Promise<void> {
  const { id, importId, linkId, customer } = of;
  const { cards, subscriptions } = customer;
  await sql`
    insert into customers (merchant_id, customer_id, customer_number, import_id, created_at, updated_at)
    values (${merchantId}, ${id}, ${`c${id}`}, ${importId}, ${AT}, ${AT})
    on conflict do nothing`.execute(db);
  await sql`
    insert into migration_customers (link_file_id, customer_id, merchant_id)
    values (${linkId}, ${id}, ${merchantId})`.execute(db);
  await sql`
    insert into cards (merchant_id, customer_id, service, identity, last_digits, brand, expiry,
                       import_id, created_at, updated_at)
    select ${merchantId}, ${id}, 'YAMATO', ${`c${id}/`}::text || n, '111', 'JCB', '2029-12', ${importId},
           ${AT}::timestamptz, ${AT}::timestamptz
      from generate_series(1, ${cards}::int) n on conflict do nothing`.execute(db);
  for (const [n, [nextMonth, yen]] of subscriptions.entries()) {
    await sql`
      insert into subscriptions (merchant_id, subscription_number, customer_id, amount_yen, status,
                                 next_month, created_at, updated_at)
      values (${merchantId}, ${`s${id}-${n}`}, ${id}, ${yen}, 'active', ${nextMonth}, ${AT}, ${AT})
      on conflict do nothing`.execute(db);
  }
}

/** `refused`: it passed, and the import refused it. */
async function insertRow(
  db: Db,
  merchantId: number,
  of: { roundId: number; importId: number; customerId: number; verdict: string },
): Promise<void> {
  const { roundId, importId, customerId, verdict } = of;
  const passed = verdict === 'imported' || verdict === 'refused';
  const columns = passed ? [] : ['顧客ID'];
  const { rows } = await sql<{ record: number | null }>`
    insert into migration_rows (round_id, line, merchant_id, record, customer_id, verdict, columns,
                                errors)
    select ${roundId}, coalesce(max(line), 1) + 1, ${merchantId},
           case when ${passed}::boolean then coalesce(max(record), 0) + 1 end, ${customerId},
           ${passed ? 'passed' : verdict}, ${columns}::text[], ${columns}::text[]
      from migration_rows where round_id = ${roundId} returning record`.execute(db);
  if (verdict !== 'refused') return;
  await sql`
    insert into import_failures (import_id, record, line, merchant_id, columns, errors)
    values (${importId}, ${rows[0]?.record ?? 0}, 1, ${merchantId}, '{x}', '{x}')`.execute(db);
}
