import type { CopyRows, CopyValue } from '../db/copy-rows.ts';
import type { FileKey } from '../db/file-chunks.ts';
import { STAGED_CARD_COLUMNS } from '../db/queries/card-merge.ts';
import {
  copyStagedRows,
  STAGED_CUSTOMER_COLUMNS,
  toPgArray,
} from '../db/queries/customer-merge.ts';
import { sealSecret } from '../db/secret-cipher.ts';
import type { CardRow } from '../imports/card-row.ts';
import type { CustomerRow } from '../imports/customer-row.ts';
import { checkImportRow, type ImportChecks } from '../imports/import-check.ts';
import type { ImportRow, RowRemark } from '../imports/import-rows.ts';

/** Names that customer rows use, with the keys of their rows. */
export interface RegisteredIds {
  readonly occupations: ReadonlyMap<string, number>;
  readonly tags: ReadonlyMap<string, number>;
}

export interface StageContext {
  readonly merchantId: number;
  readonly checks: ImportChecks;
  readonly ids: RegisteredIds;
  /** Encrypts what a card row holds in secret. */
  readonly key: FileKey;
  /** Called at times with the rows that were read so far. */
  readonly onProgress: (rows: number) => Promise<void>;
}

export interface StagedCounts {
  readonly rows: number;
  /** Expiry dates whose year and month seem exchanged. */
  readonly swapped: number;
}

/** Rows that are held before they are sent on. */
const batchRows = 10_000;

/** Checks every row of a file and copies it to the stage, in bounded memory. */
export async function stageRows(
  copyRows: CopyRows,
  rows: AsyncIterable<readonly ImportRow[]>,
  context: StageContext,
): Promise<StagedCounts> {
  const { checks } = context;
  const isCustomers = checks.kind === 'customers';
  const table = isCustomers ? 'staged_customers' : 'staged_cards';
  const columns = isCustomers ? STAGED_CUSTOMER_COLUMNS : STAGED_CARD_COLUMNS;
  const counts = { rows: 0, swapped: 0 };
  let good: CopyValue[][] = [];
  let failed: CopyValue[][] = [];
  const flush = async () => {
    await copyStagedRows(copyRows, table, columns, { good, failed });
    good = [];
    failed = [];
    await context.onProgress(counts.rows);
  };
  for await (const batch of rows) {
    for (const row of batch) {
      counts.rows += 1;
      const checked = checkImportRow(row, checks);
      if ('swapped' in checked && checked.swapped) counts.swapped += 1;
      const { record, line, errors, warnings } = checked;
      if (checked.row === null) {
        const key = isCustomers && row.kind === 'cells' ? row.cells[0] || null : null;
        failed.push([record, line, key, ...remarks(errors)]);
      } else {
        const values =
          'identity' in checked.row
            ? cardValues(checked.row, context)
            : customerValues(checked.row, context.ids);
        good.push([record, line, ...values, ...(warnings.length > 0 ? remarks(warnings) : none)]);
      }
    }
    if (good.length + failed.length >= batchRows) await flush();
  }
  await flush();
  return counts;
}

const none: readonly null[] = [null, null];

function remarks(of: readonly RowRemark[]): [string, string] {
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
    card.authKey === null ? null : sealSecret(card.authKey, authKeyPlace(merchantId, card), key);
  return [
    ...[customerId, identity, lastDigits, brand, holder, sendId, sequence, expiry],
    sealed?.keyId ?? null,
    sealed === null ? null : `\\x${sealed.iv.toString('hex')}`,
    sealed === null ? null : `\\x${sealed.data.toString('hex')}`,
  ];
}

/** To what a sealed カード認証キー is bound: moved to another card, it does not open. */
export function authKeyPlace(
  merchantId: number,
  card: { readonly service: string; readonly identity: string },
) {
  return { merchantId, name: `card ${card.service} ${card.identity}`, version: 1 };
}
