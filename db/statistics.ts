import { sql } from 'kysely';
import type { Db } from './database.ts';

/** Fewer rows than this change no plan worth the look at the tables. */
const WORTH_ROWS = 10_000;

/**
 * Lets Postgres count tables anew after a bulk load, at once: until it does so by itself, plans over a
 * month of a hundred thousand rows are made for a few, and take seconds instead of moments. Before
 * Postgres 17 the application's role may not; then it is a warning there, and nothing here.
 */
export async function refreshStatistics(
  db: Db,
  rows: number,
  tables: readonly string[],
): Promise<void> {
  if (rows < WORTH_ROWS) return;
  await sql`analyze ${sql.join(tables.map((table) => sql.id(table)))}`.execute(db);
}

/**
 * Lets the statements of a transaction that go through a whole month sort, hash and hand their rows to
 * triggers in memory: a million orders take some 100 MB, and would go to the disk and back.
 */
export async function allowMonthInMemory(trx: Db): Promise<void> {
  await sql`set local work_mem = '128MB'`.execute(trx);
}
