import { sql } from 'kysely';
import type { Db } from './database.ts';

/** Fewer rows than this change no plan worth the look at the tables. */
const WORTH_ROWS = 10_000;

/**
 * What has grown by less than this share is counted well enough; the same share by which Postgres itself
 * goes, a minute later (autovacuum_analyze_scale_factor). A count reads 30,000 pages at most: beside the
 * tables of years every file of a month would wait for as many.
 */
const WORTH_SHARE = 0.1;

/**
 * Lets Postgres count tables anew after a bulk load, at once: until it does so by itself, plans over a
 * month of a hundred thousand rows are made for a few, and take seconds instead of moments. Before
 * Postgres 17 the application's role may not; then it is a warning there, and nothing here.
 *
 * @param rows that were just written, at least in one of the tables
 */
export async function refreshStatistics(
  db: Db,
  rows: number,
  tables: readonly string[],
): Promise<void> {
  if (rows < WORTH_ROWS) return;
  const { rows: outdated } = await sql<{ name: string }>`
    select c.relname as name from pg_class c
      left join pg_stat_all_tables s on s.relid = c.oid
     where c.oid = any(array[${sql.join(tables.map((table) => sql`${table}::regclass`))}]::oid[])
       and ${rows} + coalesce(s.n_mod_since_analyze, 0) > c.reltuples * ${WORTH_SHARE}::float8
     order by 1`.execute(db);
  if (outdated.length === 0) return;
  await sql`analyze ${sql.join(outdated.map(({ name }) => sql.id(name)))}`.execute(db);
}

/**
 * Lets the statements of a transaction that go through a whole month sort, hash and hand their rows to
 * triggers in memory: a million orders take some 100 MB, and would go to the disk and back.
 */
export async function allowMonthInMemory(trx: Db): Promise<void> {
  await sql`set local work_mem = '128MB'`.execute(trx);
}
