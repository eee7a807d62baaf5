import { sql } from 'kysely';
import type { Trx } from './database.ts';
import { type ExportTables, recordTables } from './queries/order-export.ts';

const stage: ExportTables = { orders: 'staged_orders', quarantined: 'staged_quarantined' };

/** Tables of this transaction alone, for an export that is compared with what the month knows. */
export async function createStage(trx: Trx): Promise<ExportTables> {
  for (const [table, like] of [
    [stage.orders, recordTables.orders],
    [stage.quarantined, recordTables.quarantined],
  ] as const) {
    await sql`create temp table ${sql.id(table)} (like ${sql.id(like)} including defaults)
              on commit drop`.execute(trx);
  }
  return stage;
}
