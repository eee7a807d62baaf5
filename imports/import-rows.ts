import { type CsvRow, readCsvRows } from '../billing/csv-rows.ts';
import type { ImportKind } from '../billing/file-import.ts';
import { UnusableFileError } from '../billing/row-reason.ts';
import type { TextEncoding } from '../billing/text-encoding.ts';
import { type ImportLayout, resolveImportLayout, widthReason } from './import-columns.ts';

/** Something to say about a row: about one column, or (null) about the row as a whole. */
export interface RowRemark {
  readonly column: string | null;
  /** What the operator reads, exactly as spec 2 has it. */
  readonly text: string;
}

/** A data row of an import file with its cells in the order of its layout, white space trimmed. */
export interface ImportCells {
  readonly kind: 'cells';
  /** Number of the data row, from 1. */
  readonly record: number;
  /** 行数: physical line on which the row starts, from 1; the header is line 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** A row of which no cell can be trusted. */
export interface UnreadableRow {
  readonly kind: 'unreadable';
  readonly record: number;
  readonly line: number;
  readonly error: RowRemark;
  /** What could be read of it, in the same order; null: not that one. */
  readonly fields: readonly (string | null)[];
}

export type ImportRow = ImportCells | UnreadableRow;

/** Twice the million rows that are promised: a broken file can pretend to any number. */
const maxRows = 2_000_000;

/**
 * Reads an import file in bounded memory, a batch of rows per chunk. A row that cannot be read is
 * given as such and stops nothing.
 * @throws UnusableFileError when the file as a whole is none of its kind.
 */
export function readImportRows(
  source: AsyncIterable<Uint8Array>,
  kind: ImportKind,
  encoding: TextEncoding,
): AsyncGenerator<ImportRow[]> {
  return readRowsByLayout(source, encoding, (firstRow) => resolveImportLayout(kind, firstRow));
}

/**
 * The same of any file whose first row tells where its columns stand; the cells come in the order of
 * the layout's positions.
 * @throws UnusableFileError when the file as a whole is none of its kind.
 */
export async function* readRowsByLayout(
  source: AsyncIterable<Uint8Array>,
  encoding: TextEncoding,
  resolve: (firstRow: readonly string[]) => ImportLayout,
): AsyncGenerator<ImportRow[]> {
  let layout: ImportLayout | null = null;
  let first = 0;
  for await (const rows of readCsvRows(source, encoding)) {
    if (layout === null) {
      const [head] = rows;
      if (head === undefined) continue;
      if (head.kind === 'broken') throw notCsv();
      layout = resolve(head.fields);
      if (layout.header) rows.shift();
      first = layout.header ? 0 : 1;
    }
    const last = rows.at(-1);
    if (last !== undefined && last.index + first > maxRows) throw tooManyRows();
    const known = layout;
    yield rows.map((row) => toImportRow(row, row.index + first, known));
  }
  if (layout === null) throw emptyFile();
}

function toImportRow(row: CsvRow, record: number, layout: ImportLayout): ImportRow {
  const { line, fields } = row;
  if (row.kind === 'broken' || !layout.widths.includes(fields.length)) {
    const { ja } = row.kind === 'broken' ? row.reason : widthReason(fields.length, layout);
    const error = { column: null, text: ja };
    return { kind: 'unreadable', record, line, error, fields: takeFields(fields, layout) };
  }
  return { kind: 'cells', record, line, cells: takeCells(row.fields, layout) };
}

function takeCells(fields: readonly string[], layout: ImportLayout): readonly string[] {
  return layout.positions.map((position) => {
    return withoutGuard((fields[position] ?? '').trim());
  });
}

/** The same of a row that cannot be trusted; empty when its fields cannot be told apart. */
function takeFields(
  fields: readonly (string | null)[],
  layout: ImportLayout,
): readonly (string | null)[] {
  if (fields.length === 0) return fields;
  return layout.positions.map((position) => {
    const field = fields[position] ?? null;
    return field === null ? null : withoutGuard(field);
  });
}

/**
 * In every CSV that we write an apostrophe keeps a spreadsheet from taking a cell for a formula. It is
 * no part of the value: a list of customers that is imported again would change them.
 */
function withoutGuard(cell: string): string {
  return cell.startsWith("'") && /^'[=+\-@＝＋－＠]/.test(cell) ? cell.slice(1) : cell;
}

export function notCsv(): UnusableFileError {
  return new UnusableFileError(
    'not_csv',
    'the first line cannot be read: this is no CSV in CP932 or UTF-8',
    '1行目を読み取れません。CP932 (Shift_JIS) または UTF-8 の CSV を指定してください',
  );
}

export function emptyFile(): UnusableFileError {
  return new UnusableFileError('empty', 'the file is empty', 'ファイルが空です');
}

function tooManyRows(): UnusableFileError {
  return new UnusableFileError(
    'too_many_records',
    `the file holds more than ${maxRows} rows: divide it, or mend an unclosed quote`,
    `データが ${maxRows} 行を超えています。ファイルを分けるか、閉じていない引用符がないか確かめてください`,
  );
}
