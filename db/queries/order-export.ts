import { sql } from 'kysely';
import { type CopyRows, type CopyValue, encodeRow } from '../copy-rows.ts';
import type { Db } from '../database.ts';
import type { ExportNews } from './order-news.ts';

/** A collection of orders: one export, read under one version of the merchant's settings. */
export interface Collection {
  readonly id: number;
  readonly n: number;
  readonly records: number;
  readonly quarantined: number;
  /** Against what the month knew before: all of the first export is added. */
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Orders that the month knows and this export does not hold; that cancels none of them. */
  readonly gone: number;
}

const collectionColumns = sql.raw('id, n, records, quarantined, added, changed, unchanged, gone');

/** The collection of this file under these settings, when it was read before. */
export async function findCollection(
  db: Db,
  merchantId: number,
  of: { cycleId: number; fileId: number; settingsVersion: number },
): Promise<Collection | undefined> {
  const { rows } = await sql<Collection>`
    select ${collectionColumns} from order_collections
     where merchant_id = ${merchantId} and cycle_id = ${of.cycleId} and file_id = ${of.fileId}
       and settings_version = ${of.settingsVersion}`.execute(db);
  return rows[0];
}

/** The exports that a month was given, the first one first. */
export async function listCollections(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<(Collection & { sha256: string; fileName: string; collectedAt: string })[]> {
  const { rows } = await sql<
    Collection & { sha256: string; fileName: string; collectedAt: string }
  >`
    select c.id, c.n, c.records, c.quarantined, c.added, c.changed, c.unchanged, c.gone,
           c.collected_at as "collectedAt", f.sha256, f.name as "fileName"
      from order_collections c join files f on f.id = c.file_id
     where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
     order by c.n`.execute(db);
  return rows;
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
    news: ExportNews;
    now: string;
  },
): Promise<Collection> {
  const { news } = collection;
  const {
    rows: [row],
  } = await sql<Collection>`
    insert into order_collections (id, merchant_id, cycle_id, n, file_id, settings_version, encoding,
                                   records, quarantined, collected_at, complete, added, changed,
                                   unchanged, gone)
    select ${collection.id}, ${merchantId}, ${collection.cycleId}, coalesce(max(n), 0) + 1,
           ${collection.fileId}, ${collection.settingsVersion}, ${collection.encoding},
           ${collection.records}, ${collection.quarantined}, ${collection.now}, ${news.complete},
           ${news.added}, ${news.changed}, ${news.unchanged}, ${news.gone}
      from order_collections where cycle_id = ${collection.cycleId}
    returning ${collectionColumns}`.execute(db);
  if (row === undefined) throw new Error('an aggregate always yields a row');
  return row;
}

export const ORDER_COLUMNS = [
  'cycle_id',
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
  'cycle_id',
  'version',
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

/** How many rows that cannot be read are held before they are sent on: two tables take turns. */
const HELD_ROWS = 10_000;

/** A row of an export as its table takes it; which table, says its kind. */
export type CollectedRow =
  | { readonly kind: 'order'; readonly values: readonly CopyValue[] }
  | { readonly kind: 'quarantined'; readonly values: readonly CopyValue[] };

/** Where the rows of an export go: the month's first one straight into the record. */
export interface ExportTables {
  readonly orders: string;
  readonly quarantined: string;
}
export const recordTables: ExportTables = { orders: 'orders', quarantined: 'quarantined_orders' };

/**
 * Streams the rows of an export into two tables: the orders as they are read, in one COPY for as long as
 * few rows between them cannot be read. @returns how many went where
 */
export async function copyCollectedRows(
  copyRows: CopyRows,
  tables: ExportTables,
  batches: AsyncIterable<readonly CollectedRow[]>,
): Promise<{ orders: number; quarantined: number }> {
  const counts = { orders: 0, quarantined: 0 };
  const source = batches[Symbol.asyncIterator]();
  let quarantined: (readonly CopyValue[])[] = [];
  let ended = false;
  async function* readOrders(): AsyncGenerator<Buffer> {
    while (quarantined.length < HELD_ROWS) {
      const batch = await source.next();
      if (batch.done === true) {
        ended = true;
        return;
      }
      const lines: string[] = [];
      for (const row of batch.value) {
        if (row.kind === 'order') lines.push(encodeRow(row.values));
        else quarantined.push(row.values);
      }
      if (lines.length > 0) yield Buffer.from(lines.join(''), 'utf8');
    }
  }
  while (!ended) {
    counts.orders += await copyRows(tables.orders, ORDER_COLUMNS, { pieces: readOrders() });
    if (quarantined.length === 0) continue;
    counts.quarantined += await copyRows(
      tables.quarantined,
      QUARANTINED_ORDER_COLUMNS,
      quarantined,
    );
    quarantined = [];
  }
  return counts;
}
