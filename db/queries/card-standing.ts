import { sql } from 'kysely';
import type { Db } from '../database.ts';

/** Whether any card of the merchant was imported: without one, all of them are unknown. */
export async function knowsCards(db: Db, merchantId: number): Promise<boolean> {
  const { rows } = await sql<{ known: boolean }>`
    select exists (select from cards where merchant_id = ${merchantId}) as known`.execute(db);
  return rows[0]?.known ?? false;
}
