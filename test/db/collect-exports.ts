import type { Pool } from 'pg';
import { inCopyTransaction } from '../../db/copy-rows.ts';
import type { Db } from '../../db/database.ts';
import { createStage } from '../../db/export-stage.ts';
import { insertPlannedCharges } from '../../db/queries/auth-file.ts';
import {
  type CollectedRow,
  copyCollectedRows,
  listCollections,
  recordCollection,
  recordTables,
  reserveCollection,
} from '../../db/queries/order-export.ts';
import { mergeStage } from '../../db/queries/order-news.ts';
import { listOrders } from '../../db/queries/orders.ts';
import { stagePreview } from '../../db/queries/preview.ts';
import { closeRuns, openRun } from '../../db/queries/runs.ts';
import { insertSelection } from '../../db/queries/selection.ts';
import { AT } from './money-record.ts';

/** Exports, selections and runs of a month as the activities make them, without bytes and workflows. */

export interface ExportRow {
  readonly number: string | null;
  readonly yen?: number;
  readonly customer?: string;
  readonly previous?: string;
  /** 定期回数. */
  readonly count?: number;
  readonly exclusion?: string;
  readonly quarantined?: string;
}

export interface ExportedMonth {
  readonly merchantId: number;
  readonly cycleId: number;
  readonly fileId: number;
}

/** An export as it was read; its own settings version keeps it apart from the one before. */
export async function collectRows(
  pool: Pool,
  { merchantId, cycleId, fileId }: ExportedMonth,
  rows: readonly ExportRow[],
): Promise<number> {
  return await inCopyTransaction(pool, async (trx, copyRows) => {
    const known = await listCollections(trx, merchantId, cycleId);
    const first = known.length === 0;
    const id = await reserveCollection(trx, merchantId);
    await copyCollectedRows(
      copyRows,
      first ? recordTables : await createStage(trx),
      readRows(rows, [cycleId, id, merchantId]),
    );
    const news = first
      ? { complete: true, added: rows.length, changed: 0, unchanged: 0, gone: 0 }
      : await mergeStage(trx, merchantId, { cycleId, collectionId: id });
    const settingsVersion = known.length + 1;
    const counts = { records: rows.length, quarantined: 0 };
    const read = { fileId, settingsVersion, encoding: 'utf-8', ...counts, news, now: AT };
    await recordCollection(trx, merchantId, { id, cycleId, ...read });
    return id;
  });
}

async function* readRows(
  rows: readonly ExportRow[],
  [cycleId, collectionId, merchantId]: [number, number, number],
): AsyncGenerator<CollectedRow[]> {
  for (const [index, row] of rows.entries()) {
    const {
      number,
      yen = 100,
      exclusion,
      quarantined,
      customer = '9',
      previous = '1',
      count = 2,
    } = row;
    const place = [collectionId, index + 1, index + 2, merchantId];
    if (quarantined !== undefined || number === null) {
      const reason = [null, null, quarantined ?? 'row_broken', '読めません', 'unreadable'];
      const version = number === null ? null : 1;
      yield [{ kind: 'quarantined', values: [cycleId, version, ...place, number, ...reason] }];
      continue;
    }
    const order = [
      number,
      customer,
      null,
      'クレジットカード',
      count,
      previous,
      yen,
      'unknown',
      null,
    ];
    const rest = ['新規受付', '', '', '', exclusion ?? null];
    yield [{ kind: 'order', values: [cycleId, ...place, ...order, ...rest] }];
  }
}

/** Lets the month bill all that is selected, and claims it. */
export async function planAll(
  db: Db,
  { merchantId, cycleId }: Omit<ExportedMonth, 'fileId'>,
  identityMonth = '',
): Promise<{ planned: number; taken: number }> {
  const run = { cycleId, orderNumbers: null, decisionId: null, now: AT };
  const claim = { cycleId, identityMonth, now: AT };
  return await db.transaction().execute(async (trx) => {
    await openRun(trx, merchantId, run);
    await stagePreview(trx, merchantId, { cycleId, month: '2026-11', settingsVersion: 1 });
    const result = await insertPlannedCharges(trx, merchantId, claim);
    if (result.taken === 0) {
      await closeRuns(trx, merchantId, { ...claim, charges: result.planned });
    }
    return result;
  });
}

/** Decides about the month's rows; what holds of each then, in the order of the export. */
export async function selectRows(
  db: Db,
  { merchantId, cycleId }: Omit<ExportedMonth, 'fileId'>,
  collectionId: number,
  identityMonth = '',
): Promise<[string | null, string | null][]> {
  await insertSelection(db, merchantId, { cycleId, collectionId, identityMonth, now: AT });
  const page = { cycleId, search: {}, after: null, limit: 100 };
  const rows = await listOrders(db, merchantId, page);
  rows.sort((a, b) => a.record - b.record || a.collection - b.collection);
  return rows.map(({ orderNumber, verdict, reason }) => [orderNumber, reason ?? verdict]);
}
