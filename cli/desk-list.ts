import { writeFile } from 'node:fs/promises';
import { csvStart, encodeCsv, findUnwritable, writeCsv } from '../billing/csv-writer.ts';
import { deskActionNames, suggestActions } from '../billing/desk-decision.ts';
import { deskSheetHeader, deskSheetRecord, MOST_SHEET_ROWS } from '../billing/desk-sheet.ts';
import { formatYen } from '../billing/money.ts';
import {
  type DeskItem,
  type DeskItemKind,
  describeDifference,
  deskKindNames,
} from '../billing/reconciliation-desk.ts';
import type { TextEncoding } from '../billing/text-encoding.ts';
import type { Db } from '../db/database.ts';
import { findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { countWaiting, listDeskItems } from '../db/queries/reconciliation-desk.ts';
import { UsageError, withRecord } from './record-access.ts';

interface DeskSearch {
  readonly merchant: string;
  readonly month?: string;
  readonly kind?: DeskItemKind;
}

/** `tsukigime desk list`: the items over all open months, and what only waits. */
export async function runDeskList(command: DeskSearch & { json?: boolean }): Promise<number> {
  return await withRecord(async ({ db }) => {
    const { merchant, items } = await readItems(db, command);
    const waiting = await countWaiting(db, merchant.id, command.month ?? null);
    if (command.json === true) {
      const shown = items.map(
        ({ exchangeId: _, chargeId: __, contradictionId: ___, place: ____, ...item }) => ({
          ...item,
          suggestions: suggestActions(item),
        }),
      );
      console.log(JSON.stringify({ waiting, items: shown }, null, 2));
      return;
    }
    for (const item of items) console.log(writeLine(item));
    const yen = items.reduce((sum, { amountYen }) => sum + (amountYen ?? 0), 0);
    console.log(`要確認 ${items.length} 件、${formatYen(yen)}`);
    console.log(
      `結果待ち ${waiting.files} ファイル、${waiting.rows} 件、${formatYen(waiting.yen)}`,
    );
  });
}

/** `tsukigime desk export`: the same as a CSV that `desk apply` takes back. */
export async function runDeskExport(
  command: DeskSearch & { out: string; encoding: TextEncoding },
): Promise<number> {
  return await withRecord(async ({ db }) => {
    const { items } = await readItems(db, command);
    const text = writeCsv([deskSheetHeader, ...items.map(deskSheetRecord)]);
    const unwritable = findUnwritable(text, command.encoding);
    if (unwritable !== null) {
      throw new UsageError(`CP932 lacks the character ${unwritable}: give --encoding utf-8.`);
    }
    const bytes = Buffer.concat([csvStart(command.encoding), encodeCsv(text, command.encoding)]);
    await writeFile(command.out, bytes, { flag: 'wx', mode: 0o600 }).catch(
      (error: NodeJS.ErrnoException) => {
        throw new UsageError(`--out ${command.out}: ${error.message}`);
      },
    );
    console.log(`${command.out}: ${items.length} 件`);
  });
}

async function readItems(db: Db, search: DeskSearch) {
  const merchant: Merchant | undefined = await findMerchant(db, search.merchant);
  if (merchant === undefined) throw new UsageError(`There is no merchant ${search.merchant}.`);
  const { month, kind } = search;
  const page = { filter: { month, kind }, after: null, limit: MOST_SHEET_ROWS + 1 };
  const items = await listDeskItems(db, merchant.id, page);
  if (items.length > MOST_SHEET_ROWS) {
    throw new UsageError(`More than ${MOST_SHEET_ROWS} items: narrow by --month or --kind.`);
  }
  return { merchant, items };
}

/** One item: nothing personal, this may be pasted into a ticket. */
function writeLine(item: DeskItem): string {
  const yen = item.amountYen === null ? '-' : formatYen(item.amountYen);
  const offered = suggestActions(item).map(({ action }) => deskActionNames[action]);
  const inquiry = item.inquiry === null ? '' : `  照会中(${item.inquiry.actor})`;
  return `${item.item}  ${deskKindNames[item.kind]}  ${item.orderNumber ?? '-'}  ${yen}  ${describeDifference(item)}  → ${offered.join('・')}${inquiry}`;
}
