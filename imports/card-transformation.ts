import type { BrandReader } from '../billing/card-brands.ts';
import { expiryFormat } from '../billing/card-service.ts';
import { encodeCsv, writeCsv } from '../billing/csv-writer.ts';
import { parseCustomerId, parseSendId } from '../billing/customer-id.ts';
import { RETURNED_FIELDS, type ReturnedField } from '../billing/returned-cards.ts';
import type { RowReason } from '../billing/row-reason.ts';
import { type CardChecks, readCardRow } from './card-row.ts';
import { importColumns } from './import-columns.ts';
import type { ImportCells, ImportRow, RowRemark } from './import-rows.ts';

/** What returned rows are checked against, besides what every card row is. */
export interface TransformationChecks extends CardChecks {
  /** Whether the migration is about this customer. */
  readonly inScope: (customerId: number) => boolean;
  /** How the returned file writes the expiry. */
  readonly expiry: 'YYMM' | 'MMYY';
  readonly readBrand: BrandReader;
}

/** A returned row on its way into the card import; every row has one verdict. */
export type TransformedRow = {
  /** Number of the data row in the returned file, from 1. */
  readonly record: number;
  /** Physical line on which it starts, from 1. */
  readonly line: number;
  /** The number in our customer ID; null where the row names nobody. */
  readonly customerId: number | null;
} & (
  | {
      readonly verdict: 'passed';
      /** The nine cells of the card import (spec 2). */
      readonly cells: readonly string[];
    }
  | {
      readonly verdict: 'failed';
      readonly errors: readonly RowRemark[];
      /** Year and month of the expiry seem exchanged. */
      readonly swapped: boolean;
    }
  /** Kept and shown, imported by nobody. */
  | { readonly verdict: 'quarantined'; readonly reason: RowReason }
);

/** The row names a customer that the link file did not: whose card it is, nobody here can say. */
export const outsideScope: RowReason = {
  code: 'outside_scope',
  ja: 'この移行の対象に含まれない顧客です。カードは取り込んでいません。決済会社に確認してください。',
  en: 'the customer is not in the scope of this migration',
};

/**
 * Turns one returned row into a row of the card import: brands in our spelling, the expiry as the
 * service's card files write it, the columns that it does not have blank (manual 001, d). The row then
 * has to pass what every card row has to: its errors are found here, under the line of the returned
 * file.
 */
export function transformReturnedRow(row: ImportRow, checks: TransformationChecks): TransformedRow {
  const { record, line } = row;
  if (row.kind === 'unreadable') {
    const failed = { verdict: 'failed', errors: [row.error], swapped: false } as const;
    return { record, line, customerId: null, ...failed };
  }
  const returned = nameCells(row);
  const customerId = findCustomer(returned, checks);
  const of = { record, line, customerId };
  if (customerId !== null && !checks.inScope(customerId)) {
    return { ...of, verdict: 'quarantined', reason: outsideScope };
  }
  const cells = toCardCells(returned, checks);
  const { errors, swapped } = readCardRow({ kind: 'cells', record, line, cells }, checks);
  if (errors.length === 0) return { ...of, verdict: 'passed', cells };
  return { ...of, verdict: 'failed', errors: errors.map(byReturnedForm(checks)), swapped };
}

/** The file of the card import: as every other one it is read, checked and merged. */
export async function* writeCardImport(
  batches: AsyncIterable<readonly (readonly string[])[]>,
): AsyncGenerator<Buffer> {
  yield encodeCsv(writeCsv([importColumns.cards]), 'utf-8');
  for await (const rows of batches) {
    if (rows.length > 0) yield encodeCsv(writeCsv(rows), 'utf-8');
  }
}

type ReturnedCells = Readonly<Record<ReturnedField, string>>;

function nameCells({ cells }: ImportCells): ReturnedCells {
  return Object.fromEntries(
    RETURNED_FIELDS.map((field, at) => [field, cells[at] ?? '']),
  ) as ReturnedCells;
}

function findCustomer(
  { customerId, sendId }: ReturnedCells,
  { service }: TransformationChecks,
): number | null {
  const byId = parseCustomerId(customerId);
  return byId === null && service === 'ZEUS' && customerId === '' ? parseSendId(sendId) : byId;
}

/** 5 カード名義人 is nobody's; 6 and 7 are blank for YAMATO, 9 for the others. */
function toCardCells(returned: ReturnedCells, checks: TransformationChecks): readonly string[] {
  const { service, readBrand } = checks;
  const { customerId, lastDigits, brand, sendId, sequence, authKey } = returned;
  return [
    service,
    customerId,
    lastDigits,
    readBrand(brand) ?? brand,
    '',
    service === 'ZEUS' ? sendId : '',
    service === 'YAMATO' ? '' : sequence,
    toServiceExpiry(returned.expiry, checks),
    service === 'YAMATO' ? authKey : '',
  ];
}

function toServiceExpiry(cell: string, { service, expiry }: TransformationChecks): string {
  if (expiry === expiryFormat(service) || !/^[0-9]{4}$/.test(cell)) return cell;
  return cell.slice(2) + cell.slice(0, 2);
}

/** The import's error names the form of its own file; people look at the returned one. */
function byReturnedForm({ service, expiry }: TransformationChecks) {
  return ({ column, text }: RowRemark): RowRemark => ({
    column,
    text: column === '有効期限' ? text.replace(expiryFormat(service), expiry) : text,
  });
}
