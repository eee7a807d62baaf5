import { sql } from 'kysely';
import type { CopyRows, CopyValue } from '../copy-rows.ts';
import type { Db } from '../database.ts';

/** A collection of orders: one export, read under one version of the merchant's settings. */
export interface Collection {
  readonly id: number;
  readonly n: number;
  readonly records: number;
  readonly quarantined: number;
}

/** The collection of this file under these settings, when it was read before. */
export async function findCollection(
  db: Db,
  merchantId: number,
  of: { cycleId: number; fileId: number; settingsVersion: number },
): Promise<Collection | undefined> {
  return await db
    .selectFrom('order_collections')
    .select(['id', 'n', 'records', 'quarantined'])
    .where('merchant_id', '=', merchantId)
    .where('cycle_id', '=', of.cycleId)
    .where('file_id', '=', of.fileId)
    .where('settings_version', '=', of.settingsVersion)
    .executeTakeFirst();
}

/** Reserves the ID under which the rows of a new collection are written. */
export async function reserveCollection(db: Db, merchantId: number): Promise<number> {
  const {
    rows: [row],
  } = await sql<{ id: string | number }>`
    select nextval(pg_get_serial_sequence('order_collections', 'id')) as id from merchants
     where id = ${merchantId}`.execute(db);
  if (row === undefined) throw new Error('the merchant of a collection must exist');
  return Number(row.id);
}

/** Writes the row of a collection last: one that exists is whole. */
export async function recordCollection(
  db: Db,
  merchantId: number,
  collection: {
    id: number;
    cycleId: number;
    fileId: number;
    settingsVersion: number;
    encoding: string;
    records: number;
    quarantined: number;
    now: string;
  },
): Promise<Collection> {
  const {
    rows: [row],
  } = await sql<Collection>`
    insert into order_collections (id, merchant_id, cycle_id, n, file_id, settings_version, encoding,
                                   records, quarantined, collected_at)
    select ${collection.id}, ${merchantId}, ${collection.cycleId}, coalesce(max(n), 0) + 1,
           ${collection.fileId}, ${collection.settingsVersion}, ${collection.encoding},
           ${collection.records}, ${collection.quarantined}, ${collection.now}
      from order_collections where cycle_id = ${collection.cycleId}
    returning id, n, records, quarantined`.execute(db);
  if (row === undefined) throw new Error('an aggregate always yields a row');
  return row;
}

export const ORDER_COLUMNS = [
  'collection_id',
  'record',
  'line',
  'merchant_id',
  'order_number',
  'customer_number',
  'ordered_at',
  'payment_method',
  'cycle_count',
  'previous_order_number',
  'amount_yen',
  'shipment',
  'shipped_on',
  'status',
  'customer_name',
  'email',
  'phone',
  'exclusion',
] as const;

export const QUARANTINED_ORDER_COLUMNS = [
  'collection_id',
  'record',
  'line',
  'merchant_id',
  'order_number',
  'column_name',
  'value',
  'reason_code',
  'reason_ja',
  'reason_en',
] as const;

/** How many rows are held before they are sent on: two tables take turns on one connection. */
const BATCH_ROWS = 10_000;

/** A row of an export as its table takes it; which table, says its kind. */
export type CollectedRow =
  | { readonly kind: 'order'; readonly values: readonly CopyValue[] }
  | { readonly kind: 'quarantined'; readonly values: readonly CopyValue[] };

/** Streams the rows of an export into their two tables; returns how many went where. */
export async function copyCollectedRows(
  copyRows: CopyRows,
  rows: AsyncIterable<CollectedRow>,
): Promise<{ orders: number; quarantined: number }> {
  const counts = { orders: 0, quarantined: 0 };
  let orders: (readonly CopyValue[])[] = [];
  let quarantined: (readonly CopyValue[])[] = [];
  const flush = async () => {
    if (orders.length > 0) counts.orders += await copyRows('orders', ORDER_COLUMNS, orders);
    if (quarantined.length > 0) {
      counts.quarantined += await copyRows(
        'quarantined_orders',
        QUARANTINED_ORDER_COLUMNS,
        quarantined,
      );
    }
    orders = [];
    quarantined = [];
  };
  for await (const row of rows) {
    (row.kind === 'order' ? orders : quarantined).push(row.values);
    if (orders.length + quarantined.length >= BATCH_ROWS) await flush();
  }
  await flush();
  return counts;
}
