import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inCopyTransaction } from '../../db/copy-rows.ts';
import { type Db, databaseOver, openDatabase, openPool } from '../../db/database.ts';
import { openLine } from '../campaign/line.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

/**
 * A connection that breaks while somebody holds it emits an `error` that, without a listener, ends
 * the process: vitest reports such an event as an unhandled error, which fails the run.
 */
let database: TestDatabase;
let witness: Db;
beforeAll(async () => {
  database = await createTestDatabase();
  witness = openDatabase(database.appUrl);
});
afterAll(async () => {
  await witness?.destroy();
  await database?.drop();
});

async function backendOf(db: Db): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
  return rows[0]?.pid ?? 0;
}

const cut = (pid: number) => sql`select pg_terminate_backend(${pid})`.execute(witness);

test('a connection cut between two statements of a transaction fails the transaction only', async () => {
  const db = openDatabase(database.appUrl, { maxConnections: 1 });
  const cutInside = db.transaction().execute(async (trx) => {
    await cut(await backendOf(trx));
    return await backendOf(trx);
  });
  await expect(cutInside).rejects.toThrow();
  expect(await backendOf(db)).toBeGreaterThan(0);
  await db.destroy();
});

test('a connection cut under a COPY fails the COPY only', async () => {
  const pool = openPool(database.appUrl, { maxConnections: 1 });
  const cutInside = inCopyTransaction(pool, async (trx, copyRows) => {
    const pid = await backendOf(trx);
    await copyRows(
      'result_strays',
      ['exchange_id', 'round', 'result_line', 'merchant_id'],
      (async function* () {
        yield [1, 1, 1, 1];
        await cut(pid);
        for (let line = 2; line < 100_000; line += 1) yield [1, 1, line, 1];
      })(),
    );
  });
  await expect(cutInside).rejects.toThrow();
  expect(await backendOf(databaseOver(pool))).toBeGreaterThan(0);
  await pool.end();
});

test('a reset line fails what is under way and nothing afterwards', async () => {
  const line = await openLine();
  const db = openDatabase(line.through(database.appUrl), { maxConnections: 1 });
  const cutInside = db.transaction().execute(async (trx) => {
    await backendOf(trx);
    const missed = line.cutUntilMissed(1);
    // Postgres is away for whoever comes now.
    await expect(
      openDatabase(line.through(database.appUrl)).selectFrom('cycles').select('id').execute(),
    ).rejects.toThrow();
    await missed;
    return await backendOf(trx);
  });
  await expect(cutInside).rejects.toThrow();
  expect(await backendOf(db)).toBeGreaterThan(0);
  await db.destroy();
  await line.close();
});
