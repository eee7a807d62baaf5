import { type CopyRows, type CopyValue, encodeRow, toPgArray } from '../db/copy-rows.ts';
import type { FileKey } from '../db/file-chunks.ts';
import {
  FRESH_CUSTOMER_COLUMNS,
  STAGED_CARD_COLUMNS,
  STAGED_CUSTOMER_COLUMNS,
} from '../db/import-stage.ts';
import { cardKeyPlace, sealSecret } from '../db/secret-cipher.ts';
import type { CardRow } from '../imports/card-row.ts';
import type { CustomerRow } from '../imports/customer-row.ts';
import { checkImportRow, type ImportChecks } from '../imports/import-check.ts';
import type { ImportRow, RowRemark } from '../imports/import-rows.ts';
import type { FreshCustomers } from './fresh-customers.ts';

/** Names that customer rows use, with the keys of their rows. */
export interface RegisteredIds {
  readonly occupations: ReadonlyMap<string, number>;
  readonly tags: ReadonlyMap<string, number>;
}

export interface StageContext {
  readonly merchantId: number;
  readonly importId: number;
  readonly now: string;
  /** Null: no row is known to be new, all are staged. */
  readonly fresh: FreshCustomers | null;
  readonly checks: ImportChecks;
  readonly ids: RegisteredIds;
  /** Encrypts what a card row holds in secret. */
  readonly key: FileKey;
  /** Called at times with the rows that were read so far. */
  readonly onProgress: (rows: number) => void;
}

export interface StagedCounts {
  readonly rows: number;
  /** Expiry dates whose year and month seem exchanged. */
  readonly swapped: number;
}

/** How often people are told how far the reading is: seldom enough to cost nothing. */
const progressRows = 10_000;

/** So many characters are written while the next rows are read: it keeps both sides busy. */
const batchCharacters = 256 * 1024;

/**
 * Checks every row of a file and streams it to the stage; customers who are surely new go into the record
 * at once, because nothing of them is left to be found out by comparison. Few rows are held, as text:
 * arrays that wait would outlive the young heap.
 */
export async function stageRows(
  copyRows: CopyRows,
  rows: AsyncIterable<readonly ImportRow[]>,
  context: StageContext,
): Promise<StagedCounts> {
  const [stage, columns] =
    context.checks.kind === 'customers'
      ? (['staged_customers', STAGED_CUSTOMER_COLUMNS] as const)
      : (['staged_cards', STAGED_CARD_COLUMNS] as const);
  const counts = { rows: 0, swapped: 0 };
  let batch = { fresh: '', staged: '' };
  let writing = Promise.resolve();
  const write = async (fresh: Buffer, staged: Buffer): Promise<void> => {
    if (fresh.length > 0) await copyRows('customers', FRESH_CUSTOMER_COLUMNS, fresh);
    if (staged.length > 0) await copyRows(stage, columns, staged);
  };
  const writeNext = async (): Promise<void> => {
    await writing;
    writing = write(Buffer.from(batch.fresh), Buffer.from(batch.staged));
    // A failure is thrown by the next batch, or at the end.
    writing.catch(() => {});
    batch = { fresh: '', staged: '' };
  };
  for await (const read of rows) {
    for (const row of read) {
      counts.rows += 1;
      if (counts.rows % progressRows === 0) context.onProgress(counts.rows);
      const checked = checkImportRow(row, context.checks);
      if ('swapped' in checked && checked.swapped) counts.swapped += 1;
      const fresh = toFreshCustomer(row, checked, context);
      if (fresh !== null) batch.fresh += encodeRow(fresh);
      else batch.staged += encodeRow(toStagedRow(row, checked, context));
    }
    if (batch.fresh.length + batch.staged.length >= batchCharacters) await writeNext();
  }
  await writeNext();
  await writing;
  return counts;
}

/** Null: the row has to be compared with others. */
function toFreshCustomer(
  row: ImportRow,
  checked: ReturnType<typeof checkImportRow>,
  { merchantId, importId, now, ids, fresh }: StageContext,
): readonly CopyValue[] | null {
  if (fresh === null || row.kind !== 'cells') return null;
  if (checked.row !== null && 'identity' in checked.row) return null;
  const id = fresh.take(row.cells[0] ?? '', checked.row, checked.warnings.length > 0);
  if (id === null || checked.row === null) return null;
  const [number, , ...values] = customerValues(checked.row, ids);
  return [merchantId, id, number ?? null, ...values, importId, now, now];
}

function toStagedRow(
  row: ImportRow,
  checked: ReturnType<typeof checkImportRow>,
  context: StageContext,
): readonly CopyValue[] {
  const { checks, ids } = context;
  const { record, line, errors, warnings } = checked;
  if (checked.row !== null) {
    const values =
      'identity' in checked.row
        ? cardValues(checked.row, context)
        : customerValues(checked.row, ids);
    return [record, line, ...values, null, null, ...remarks(warnings)];
  }
  if (checks.kind === 'cards') {
    return [record, line, ...noCard, ...remarks(errors), null, null];
  }
  const number = row.kind === 'cells' ? row.cells[0] || null : null;
  return [record, line, number, ...noCustomer, ...remarks(errors), null, null];
}

// All columns but record, line and the four of remarks; of a customer also but 顧客番号.
const noCard: readonly null[] = Array(STAGED_CARD_COLUMNS.length - 6).fill(null);
const noCustomer: readonly null[] = Array(STAGED_CUSTOMER_COLUMNS.length - 7).fill(null);
const nothing: readonly [null, null] = [null, null];

function remarks(of: readonly RowRemark[]): readonly [CopyValue, CopyValue] {
  if (of.length === 0) return nothing;
  return [toPgArray(of.map(({ column }) => column)), toPgArray(of.map(({ text }) => text))];
}

function customerValues(row: CustomerRow, ids: RegisteredIds): CopyValue[] {
  const tagIds =
    row.tags.length === 0 ? '{}' : toPgArray(row.tags.map((tag) => idOf(ids.tags, tag)));
  return [
    row.customerNumber,
    row.customerId,
    row.name,
    row.kana,
    row.postalCode,
    row.prefecture,
    row.city,
    row.street,
    row.building,
    row.phone,
    row.email,
    row.gender,
    row.birthDate,
    row.occupation === null ? null : idOf(ids.occupations, row.occupation),
    tagIds,
    row.newsletter,
    row.customerType,
  ];
}

function idOf(ids: ReadonlyMap<string, number>, name: string): number {
  const id = ids.get(name);
  if (id === undefined) throw new Error('a row with an unknown name has an error');
  return id;
}

function cardValues(card: CardRow, { merchantId, key }: StageContext): CopyValue[] {
  const { customerId, identity, lastDigits, brand, holder, sendId, sequence, expiry } = card;
  const sealed =
    card.authKey === null ? null : sealSecret(card.authKey, cardKeyPlace(merchantId, card), key);
  return [
    ...[customerId, identity, lastDigits, brand, holder, sendId, sequence, expiry],
    sealed?.keyId ?? null,
    sealed === null ? null : `\\x${sealed.iv.toString('hex')}`,
    sealed === null ? null : `\\x${sealed.data.toString('hex')}`,
  ];
}
