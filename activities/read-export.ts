import type { MerchantSettings } from '../billing/merchant-settings.ts';
import type { Order } from '../billing/order.ts';
import { readOrderBatches } from '../billing/order-export.ts';
import type { OrderProfile } from '../billing/order-profile.ts';
import type { QuarantinedRow } from '../billing/row-reason.ts';
import { selectOrder, toQuarantinedRow } from '../billing/select-orders.ts';
import type { CopyRows } from '../db/copy-rows.ts';
import type { Trx } from '../db/database.ts';
import { createStage } from '../db/export-stage.ts';
import { type OpenedFile, openFile } from '../db/queries/files.ts';
import {
  type CollectedRow,
  type Collection,
  copyCollectedRows,
  recordCollection,
  recordTables,
  reserveCollection,
} from '../db/queries/order-export.ts';
import { mergeStage } from '../db/queries/order-news.ts';
import { findLatestCollection } from '../db/queries/selection.ts';
import { recordShipmentNews } from '../db/queries/shipments.ts';
import { findUnfitFields } from '../psp/paygent/transaction-file.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { readAhead } from './read-ahead.ts';

/**
 * Twice the largest month that the benchmark bills. A broken file can pretend to millions of rows, and the
 * merchant's other months wait while it is read; mostly its bytes are limited before (TSUKIGIME_UPLOAD_MB).
 */
const MAX_RECORDS = 20_000_000;

/**
 * Reads an export into a month's record: the first one whole, of a newer one what it says differently.
 * The caller holds the merchant's lock.
 *
 * @throws UnusableFileError for a file that cannot be read as a whole
 */
export async function readExport(
  trx: Trx,
  copyRows: CopyRows,
  merchantId: number,
  of: {
    cycleId: number;
    fileId: number;
    settingsVersion: number;
    settings: MerchantSettings;
    encoding: 'cp932' | 'utf-8';
    source: AsyncIterable<Uint8Array>;
    now: string;
  },
): Promise<Collection> {
  const { cycleId, encoding, settings, now } = of;
  const id = await reserveCollection(trx, merchantId);
  const first = (await findLatestCollection(trx, merchantId, cycleId)) === undefined;
  const counts = await copyCollectedRows(
    copyRows,
    first ? recordTables : await createStage(trx),
    collectRows(
      of.source,
      { encoding, profile: settings.orderProfile, width: settings.paygent.width },
      { cycleId, collectionId: id, merchantId },
    ),
  );
  const records = counts.orders + counts.quarantined;
  const news = first
    ? { complete: true, added: records, changed: 0, unchanged: 0, gone: 0 }
    : await mergeStage(trx, merchantId, { cycleId, collectionId: id });
  const collection = await recordCollection(trx, merchantId, {
    id,
    cycleId,
    fileId: of.fileId,
    settingsVersion: of.settingsVersion,
    encoding,
    records,
    quarantined: counts.quarantined,
    news,
    now,
  });
  await recordShipmentNews(trx, merchantId, { collectionId: id, now });
  return collection;
}

export async function* reopenFile(
  deps: Pick<ActivityDependencies, 'db' | 'fileKeys'>,
  merchantId: number,
  sha256: string,
): AsyncGenerator<Buffer> {
  const file: OpenedFile | undefined = await openFile(deps.db, merchantId, sha256, deps.fileKeys);
  if (file === undefined) throw new Error('a stored file is never removed while it is read');
  yield* readAhead(file.content);
}

interface Reading {
  readonly encoding: 'cp932' | 'utf-8';
  readonly profile: OrderProfile;
  /** Columns of a data record in the authorization file: what does not fit is quarantined now. */
  readonly width: number;
}

interface CollectionKey {
  readonly cycleId: number;
  readonly collectionId: number;
  readonly merchantId: number;
}

/** The rows of an export as the tables take them. Doubled numbers are found later, set-based. */
async function* collectRows(
  source: AsyncIterable<Uint8Array>,
  reading: Reading,
  of: CollectionKey,
): AsyncGenerator<CollectedRow[]> {
  const { encoding, profile } = reading;
  const options = { encoding, maxRecords: MAX_RECORDS };
  for await (const rows of readOrderBatches(source, profile, options)) {
    yield rows.map((row) =>
      row.kind === 'quarantined' ? quarantined(row, of) : collectOrder(row.order, reading, of),
    );
  }
}

function collectOrder(order: Order, { profile, width }: Reading, of: CollectionKey): CollectedRow {
  const selection = selectOrder(order, profile);
  if (selection.kind === 'quarantined') {
    return quarantined(toQuarantinedRow(order, selection, profile), of);
  }
  const unfit = selection.kind === 'selected' ? findUnfit(order, profile, width) : null;
  if (unfit !== null) return quarantined(unfit, of);
  return {
    kind: 'order',
    values: [
      of.cycleId,
      of.collectionId,
      order.record,
      order.line,
      of.merchantId,
      order.orderNumber,
      order.customerNumber,
      order.orderedAt,
      order.paymentMethod,
      order.cycleCount,
      order.previousOrderNumber,
      order.amountYen,
      order.shipment.kind,
      order.shipment.kind === 'shipped' ? order.shipment.on : null,
      order.status,
      order.customerName,
      order.email,
      order.phone,
      selection.kind === 'excluded' ? selection.reason : null,
    ],
  };
}

function quarantined(row: QuarantinedRow, of: CollectionKey): CollectedRow {
  return {
    kind: 'quarantined',
    values: [
      of.cycleId,
      row.orderNumber === null ? null : 1,
      of.collectionId,
      row.record,
      row.line,
      of.merchantId,
      row.orderNumber,
      row.column,
      row.value,
      row.reason.code,
      row.reason.ja,
      row.reason.en,
    ],
  };
}

/** An order whose values the PSP's layout cannot carry: set aside here, never cut to fit. */
function findUnfit(order: Order, profile: OrderProfile, width: number): QuarantinedRow | null {
  const [finding] = findUnfitFields(order, { kind: 'authorization', width });
  if (finding === undefined) return null;
  return toQuarantinedRow(
    order,
    {
      kind: 'quarantined',
      field: finding.field as keyof OrderProfile['columns'],
      value: finding.value,
      reason: finding.reason,
    },
    profile,
  );
}
