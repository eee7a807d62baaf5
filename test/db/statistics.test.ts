import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { refreshStatistics } from '../../db/statistics.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

let database: TestDatabase;
let db: Db;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.ownerUrl, { maxConnections: 1 });
  await sql`create table counted (i int) with (autovacuum_enabled = false)`.execute(db);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

async function grow(rows: number): Promise<number> {
  await sql`insert into counted select generate_series(1, ${rows}::int)`.execute(db);
  // What a session knows of its own writes it tells within a second otherwise.
  await sql`select pg_stat_force_next_flush()`.execute(db);
  await refreshStatistics(db, rows, ['counted']);
  const { rows: known } = await sql<{ reltuples: number }>`
    select reltuples from pg_class where relname = 'counted'`.execute(db);
  return known[0]?.reltuples ?? Number.NaN;
}

test('a table is counted once it has grown by a share that changes plans', async () => {
  expect(await grow(9_000), 'too few to matter').toBe(-1);
  expect(await grow(11_000), 'never counted').toBe(20_000);
  expect(await grow(180_000)).toBe(200_000);
  expect(await grow(10_000), 'a twentieth of it').toBe(200_000);
  expect(await grow(10_000), 'a tenth since it was counted').toBe(220_000);
  expect(await grow(10_000)).toBe(220_000);
});
