import type { CardService } from '../billing/card-service.ts';
import { createDoubledOrderFinder } from '../billing/doubled-orders.ts';
import { type ImportKind, looksSwapped } from '../billing/file-import.ts';
import type { TextEncoding } from '../billing/text-encoding.ts';
import {
  type CardChecks,
  type CheckedCard,
  cardConflicts,
  readCardRow,
  swappedExpiryText,
} from './card-row.ts';
import {
  type CheckedRow,
  type CustomerChecks,
  type CustomerRow,
  customerConflicts,
  readCustomerRow,
} from './customer-row.ts';
import { type ImportRow, type RowRemark, readImportRows } from './import-rows.ts';

/** A row of a file with all that can be said of it without a database. */
export interface CheckedImportRow {
  readonly line: number;
  readonly errors: readonly RowRemark[];
  readonly warnings: readonly RowRemark[];
}

export type CheckEvent =
  | { readonly kind: 'row'; readonly row: CheckedImportRow }
  /** The last event. `remarks`: about the file as a whole. */
  | { readonly kind: 'summary'; readonly summary: CheckSummary };

export interface CheckSummary {
  readonly rows: number;
  readonly good: number;
  readonly failed: number;
  readonly warned: number;
  readonly remarks: readonly string[];
}

export type ImportChecks =
  | ({ readonly kind: 'customers' } & CustomerChecks)
  | ({ readonly kind: 'cards' } & CardChecks);

/** A readable row by the rules of its kind. */
export type CheckedCells = CheckedRow<CustomerRow> | CheckedCard;

/**
 * Checks a whole file, offline: `open` is called twice, because a doubled row is known only when the
 * file was read once.
 * @throws UnusableFileError
 */
export async function* checkImportFile(
  open: () => AsyncIterable<Uint8Array>,
  checks: ImportChecks,
  encoding: TextEncoding,
): AsyncGenerator<CheckEvent> {
  const doubled = await findDoubledKeys(open(), checks, encoding);
  const seen = new Set<string>();
  const counts = { rows: 0, failed: 0, warned: 0, swapped: 0 };
  for await (const batch of readImportRows(open(), checks.kind, encoding)) {
    for (const row of batch) {
      const checked = checkImportRow(row, checks);
      const key = keyOf(row, checked, checks.kind);
      const again = key !== null && doubled.has(key) && seen.has(key);
      if (key !== null && doubled.has(key)) seen.add(key);
      const errors = again ? [doubledRemark(checks.kind), ...checked.errors] : checked.errors;
      counts.rows += 1;
      if (errors.length > 0) counts.failed += 1;
      else if (checked.warnings.length > 0) counts.warned += 1;
      if ('swapped' in checked && checked.swapped) counts.swapped += 1;
      yield {
        kind: 'row',
        row: { line: row.line, errors, warnings: errors.length > 0 ? [] : checked.warnings },
      };
    }
  }
  const swapped = checks.kind === 'cards' && looksSwapped(counts);
  yield {
    kind: 'summary',
    summary: {
      rows: counts.rows,
      good: counts.rows - counts.failed,
      failed: counts.failed,
      warned: counts.warned,
      remarks: swapped ? [swappedExpiryText(checks.service as CardService)] : [],
    },
  };
}

/** All that one row says by itself. */
export function checkImportRow(
  row: ImportRow,
  checks: ImportChecks,
): CheckedCells | { record: number; line: number; row: null; errors: RowRemark[]; warnings: [] } {
  if (row.kind === 'unreadable') {
    const { record, line, error } = row;
    return { record, line, row: null, errors: [error], warnings: [] };
  }
  return checks.kind === 'customers' ? readCustomerRow(row, checks) : readCardRow(row, checks);
}

async function findDoubledKeys(
  source: AsyncIterable<Uint8Array>,
  checks: ImportChecks,
  encoding: TextEncoding,
): Promise<ReadonlySet<string>> {
  const finder = createDoubledOrderFinder();
  for await (const batch of readImportRows(source, checks.kind, encoding)) {
    for (const row of batch) {
      const checked = checks.kind === 'cards' ? checkImportRow(row, checks) : null;
      const key = keyOf(row, checked, checks.kind);
      if (key !== null) finder.add(key);
    }
  }
  return finder.find();
}

/** What stands once in a file: a customer's number (a failed row has one too), a card's identity. */
function keyOf(
  row: ImportRow,
  checked: { readonly row: unknown } | null,
  kind: ImportKind,
): string | null {
  if (row.kind === 'unreadable') return null;
  if (kind === 'customers') return row.cells[0] || null;
  const card = checked?.row as { readonly identity?: string } | null | undefined;
  return card?.identity ?? null;
}

function doubledRemark(kind: ImportKind): RowRemark {
  return kind === 'customers'
    ? { column: '顧客番号', text: customerConflicts.numberDoubled }
    : { column: null, text: cardConflicts.doubled };
}
