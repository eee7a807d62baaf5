import type { CsvRow } from './csv-rows.ts';
import type { OrderField, OrderProfile } from './order-profile.ts';
import { UnusableFileError } from './row-reason.ts';
import type { TextEncoding } from './text-encoding.ts';

/** Where the columns of a profile stand in a file. */
export interface ColumnPositions {
  readonly names: readonly string[];
  /** Number of columns: every row must have as many. */
  readonly width: number;
  /** Position from 0; absent for an optional column that the file does not have. */
  readonly positions: Readonly<Partial<Record<OrderField, number>>>;
}

/**
 * Finds the columns of a profile in the first row of a file. Throws UnusableFileError that names
 * every missing required column, a column that stands twice, or says that this is no such CSV.
 */
export function resolveColumns(
  header: CsvRow,
  profile: OrderProfile,
  encoding: TextEncoding,
): ColumnPositions {
  if (header.kind === 'broken') {
    if (header.reason.code === 'invalid_bytes') throw wrongEncoding(encoding);
    throw notCsv();
  }
  const names = header.fields.map((name) => name.trim());
  if (names.length < 2) throw notCsv();
  const positions: Partial<Record<OrderField, number>> = {};
  const missing: string[] = [];
  for (const [field, column] of Object.entries(profile.columns)) {
    const position = names.indexOf(column.name);
    if (position < 0) {
      if (column.required) missing.push(column.name);
      continue;
    }
    if (names.indexOf(column.name, position + 1) >= 0) throw ambiguous(column.name);
    positions[field as OrderField] = position;
  }
  if (missing.length > 0) throw missingColumns(missing, names, encoding);
  return { names, width: names.length, positions };
}

function missingColumns(
  missing: readonly string[],
  names: readonly string[],
  encoding: TextEncoding,
): UnusableFileError {
  if (readInOtherEncoding(names, missing, encoding)) return wrongEncoding(encoding);
  const list = missing.join(', ');
  return new UnusableFileError(
    'missing_column',
    `the file has no column ${list}: export it again, or correct the column mapping`,
    `列「${list}」がファイルにありません。出力し直すか、列の対応設定を直してください`,
  );
}

/** UTF-8 names that were read as CP932 are often readable, but wrong, text. */
function readInOtherEncoding(
  names: readonly string[],
  missing: readonly string[],
  encoding: TextEncoding,
): boolean {
  if (encoding !== 'cp932') return false;
  const decoder = new TextDecoder('shift_jis');
  const garbled = missing.map((name) => decoder.decode(new TextEncoder().encode(name)));
  return garbled.some((name) => names.includes(name));
}

function wrongEncoding(encoding: TextEncoding): UnusableFileError {
  const other = encoding === 'cp932' ? 'utf-8' : 'cp932';
  return new UnusableFileError(
    'wrong_encoding',
    `the header line is not ${encoding} text: try ${other}`,
    `見出し行を ${encoding} として読めません。文字コードを ${other} に変えてください`,
  );
}

function notCsv(): UnusableFileError {
  return new UnusableFileError(
    'not_csv',
    'the file is not a CSV with a header line',
    'ファイルが見出し行のある CSV ではありません',
  );
}

function ambiguous(name: string): UnusableFileError {
  return new UnusableFileError(
    'ambiguous_column',
    `the column ${name} stands in the header more than once`,
    `見出しに列「${name}」が複数あります`,
  );
}
