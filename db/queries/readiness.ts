import { sql } from 'kysely';
import type { Db } from '../database.ts';

/** Resolves when Postgres answers at all. */
export async function askServer(db: Db): Promise<void> {
  await sql`select 1`.execute(db);
}
