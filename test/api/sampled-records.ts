import { sql } from 'kysely';
import { openDatabase } from '../../db/database.ts';
import { insertOrders } from '../db/collected-orders.ts';
import { insertCycle } from '../db/money-record.ts';
import type { RunningApi } from './running-api.ts';

/** What the samples of the routes name: the month with orders, and customers. */
export async function insertSampledRecords(
  api: Pick<RunningApi, 'ownerUrl'>,
  merchantId: number,
  customerNumbers: readonly string[],
): Promise<void> {
  const owner = openDatabase(api.ownerUrl, { maxConnections: 1 });
  const cycleId = await insertCycle(owner, merchantId, '2026-10');
  const { rows } = await sql<{ id: number }>`
    insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
    values (${merchantId}, repeat('b', 64), 'o.csv', 'order-export', 'inbound', 0, 0, now(), 'test')
    returning id`.execute(owner);
  await insertOrders(owner, { merchantId, cycleId, fileId: rows[0]?.id ?? 0 }, { count: 20 });
  await sql`
    insert into customers (merchant_id, customer_id, customer_number, name, kana, phone, import_id,
                           created_at, updated_at)
    select ${merchantId}, i, number, '見本', 'ミホン', '0985000000', 1, now(), now()
      from unnest(${customerNumbers}::text[]) with ordinality as t (number, i)`.execute(owner);
  await owner.destroy();
}
