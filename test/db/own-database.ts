import type { Pool } from 'pg';
import { afterAll } from 'vitest';
import { type Db, databaseOver, openPool } from '../../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

/** The database of one test file, open as the application. */
export interface OwnDatabase {
  readonly database: TestDatabase;
  /** Under `db`, for COPY. */
  readonly pool: Pool;
  readonly db: Db;
}

/**
 * For the head of a test file; it is dropped after the file's tests:
 *
 *     const { db } = await openOwnDatabase();
 */
export async function openOwnDatabase(maxConnections = 3): Promise<OwnDatabase> {
  const database = await createTestDatabase();
  const pool = openPool(database.appUrl, { maxConnections });
  const db = databaseOver(pool);
  afterAll(async () => {
    await db.destroy();
    await database.drop();
  });
  return { database, pool, db };
}
