import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { AT } from './money-record.ts';

/** Orders of a month as a collection and a selection leave them, without reading an export. */

export interface CollectedMonth {
  readonly merchantId: number;
  readonly cycleId: number;
  readonly fileId: number;
}

/** An export of the month without rows; returns its ID. */
export async function insertCollection(db: Db, month: CollectedMonth): Promise<number> {
  const { merchantId, cycleId, fileId } = month;
  const { rows } = await sql<{ id: number }>`
    insert into order_collections (merchant_id, cycle_id, n, file_id, settings_version, encoding,
      records, quarantined, collected_at, complete, added, changed, unchanged, gone)
    select ${merchantId}, ${cycleId}, count(*) + 1, ${fileId}, count(*) + 1, 'utf-8', 0, 0, ${AT},
           true, 0, 0, 0, 0
      from order_collections where cycle_id = ${cycleId}
    returning id`.execute(db);
  return rows[0]?.id ?? 0;
}

/** `count` orders, two a minute, every tenth excluded, then `broken` rows that cannot be read. */
export async function insertOrders(
  db: Db,
  month: CollectedMonth,
  { count, prefix = '', broken = 0 }: { count: number; prefix?: string; broken?: number },
): Promise<void> {
  const { merchantId, cycleId } = month;
  const collectionId = await insertCollection(db, month);
  await sql`
    insert into orders (collection_id, record, line, merchant_id, cycle_id, order_number,
      customer_number, ordered_at, payment_method, cycle_count, previous_order_number, amount_yen,
      shipment, status, customer_name, email, phone, exclusion)
    select ${collectionId}, i, i + 1, ${merchantId}, ${cycleId}, ${prefix}::text || i, 9000000 + i,
           timestamptz '2026-10-01 00:00+09' + make_interval(mins => i / 2), 'クレジットカード', 2, '1',
           1000 + i % 5000, 'unknown', '新規受付', '月極　花子' || i, 'Hanako' || i || '@example.jp',
           '000-' || lpad((i / 10000)::text, 4, '0') || '-' || lpad((i % 10000)::text, 4, '0'),
           case when i % 10 = 0 then 'first_order' end
      from generate_series(1, ${count}) i`.execute(db);
  await sql`
    insert into quarantined_orders (collection_id, record, line, merchant_id, cycle_id,
      order_number, column_name, value, reason_code, reason_ja, reason_en)
    select ${collectionId}, ${count} + i, ${count} + i + 1, ${merchantId}, ${cycleId}, null,
           '購入金額', 'x', 'amount', '読めません', 'unreadable'
      from generate_series(1, ${broken}) i`.execute(db);
  await sql`
    insert into selection_rows (selection_id, collection_id, cycle_id, record, version, merchant_id,
      order_number, amount_yen, verdict, reason)
    select 1, collection_id, cycle_id, record, 1, merchant_id, order_number, amount_yen,
           case when exclusion is null then 'selected' else 'excluded' end, exclusion
      from orders where collection_id = ${collectionId}
    union all
    select 1, collection_id, cycle_id, record, null, merchant_id, null, null, 'quarantined', 'amount'
      from quarantined_orders where collection_id = ${collectionId}`.execute(db);
}
