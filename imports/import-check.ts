import type { CardService } from '../billing/card-service.ts';
import { createDoubledOrderFinder } from '../billing/doubled-orders.ts';
import { type ImportKind, looksSwapped } from '../billing/file-import.ts';
import type { TextEncoding } from '../billing/text-encoding.ts';
import {
  type CardChecks,
  type CardRow,
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
import { KeySet } from './key-set.ts';

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
 * file was read once. Says what the import itself would say of the same file on an empty record, but
 * for what only the record knows.
 * @throws UnusableFileError
 */
export async function* checkImportFile(
  open: () => AsyncIterable<Uint8Array>,
  checks: ImportChecks,
  encoding: TextEncoding,
): AsyncGenerator<CheckEvent> {
  const known = await readOnce(open(), checks, encoding);
  const comparison = createComparison(known, checks.kind);
  const counts = { rows: 0, failed: 0, warned: 0, swapped: 0 };
  for await (const batch of readImportRows(open(), checks.kind, encoding)) {
    for (const row of batch) {
      const checked = checkImportRow(row, checks);
      const errors = [...comparison.findErrors(row, checked), ...checked.errors];
      const warnings =
        errors.length > 0 ? [] : [...checked.warnings, ...comparison.findWarnings(checked)];
      counts.rows += 1;
      if (errors.length > 0) counts.failed += 1;
      else if (warnings.length > 0) counts.warned += 1;
      if ('swapped' in checked && checked.swapped) counts.swapped += 1;
      yield { kind: 'row', row: { line: row.line, errors, warnings } };
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

type CheckedAny = ReturnType<typeof checkImportRow>;

/** What is known of a file once it was read. */
interface ReadOnce {
  /** Keys that stand in it more than once. */
  readonly doubled: ReadonlySet<string>;
  /** Customers of whom it brings several cards. */
  readonly several: ReadonlySet<number>;
}

async function readOnce(
  source: AsyncIterable<Uint8Array>,
  checks: ImportChecks,
  encoding: TextEncoding,
): Promise<ReadOnce> {
  const finder = createDoubledOrderFinder();
  const cards = new KeySet();
  const customers = new Set<number>();
  const several = new Set<number>();
  for await (const batch of readImportRows(source, checks.kind, encoding)) {
    for (const row of batch) {
      const checked = checks.kind === 'cards' ? checkImportRow(row, checks) : null;
      const key = keyOf(row, checked, checks.kind);
      if (key !== null) finder.add(key);
      const card = cardOf(checked);
      if (card === null || !cards.add(card.identity)) continue;
      (customers.has(card.customerId) ? several : customers).add(card.customerId);
    }
  }
  return { doubled: finder.find(), several };
}

/** What a row is told because of others in its file, as the merge tells it. */
function createComparison({ doubled, several }: ReadOnce, kind: ImportKind) {
  const seen = new Set<string>();
  const ids = new Set<number>();
  return {
    /** To be asked of every row, in their order. */
    findErrors(row: ImportRow, checked: CheckedAny): RowRemark[] {
      const errors: RowRemark[] = [];
      const key = keyOf(row, checked, kind);
      if (key !== null && doubled.has(key)) {
        if (seen.has(key)) errors.push(doubledRemark(kind));
        seen.add(key);
      }
      const id = givenIdOf(checked);
      if (id === null) return errors;
      if (ids.has(id)) errors.push({ column: '顧客ID', text: customerConflicts.idDoubled });
      ids.add(id);
      return errors;
    },
    findWarnings(checked: CheckedAny): RowRemark[] {
      const card = cardOf(checked);
      if (card === null || !several.has(card.customerId)) return [];
      return [{ column: '顧客ID', text: cardConflicts.several }];
    },
  };
}

/** What stands once in a file: a customer's number (a failed row has one too), a card's identity. */
function keyOf(row: ImportRow, checked: CheckedAny | null, kind: ImportKind): string | null {
  if (row.kind === 'unreadable') return null;
  if (kind === 'customers') return row.cells[0] || null;
  return cardOf(checked)?.identity ?? null;
}

function cardOf(checked: CheckedAny | null): CardRow | null {
  const row = checked?.row ?? null;
  return row !== null && 'identity' in row ? row : null;
}

/** The 顧客ID that a good row gives its customer. */
function givenIdOf({ row }: CheckedAny): number | null {
  return row !== null && 'customerNumber' in row ? row.customerId : null;
}

function doubledRemark(kind: ImportKind): RowRemark {
  return kind === 'customers'
    ? { column: '顧客番号', text: customerConflicts.numberDoubled }
    : { column: null, text: cardConflicts.doubled };
}
