import { type CsvRow, readCsvRows } from '../../billing/csv-rows.ts';
import { decodeRecord, type FieldFinding } from '../record-layout.ts';
import {
  dataLayout,
  kindOfCode,
  minDataWidth,
  type TransactionFileKind,
  trailerLayout,
} from './layouts.ts';
import type { TransactionRecord } from './transaction-file.ts';

/** A record of a transaction file, read back. */
export type RequestEntry =
  | {
      readonly kind: 'header';
      readonly line: number;
      readonly fileKind: TransactionFileKind;
      readonly merchantId: string;
      readonly columns: readonly string[];
    }
  | {
      readonly kind: 'record';
      readonly line: number;
      readonly record: TransactionRecord;
      readonly columns: readonly string[];
    }
  | { readonly kind: 'trailer'; readonly line: number; readonly records: number };

/** The file is not a transaction file as we build it, or was changed since. */
export class RequestFileError extends Error {
  override readonly name = 'RequestFileError';
  /** Physical line, from 1. */
  readonly line: number;
  /** The same sentence for operators. */
  readonly ja: string;

  constructor(line: number, en: string, ja: string) {
    super(`line ${line}: ${en}`);
    this.line = line;
    this.ja = `${line} 行目: ${ja}`;
  }
}

/**
 * Reads a transaction file that we built, in bounded memory. Such a file has no faults: the first one
 * found throws RequestFileError. Records of 14 or more columns are read, all of the same number.
 */
export async function* decodeRequestFile(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<RequestEntry> {
  const decoder = new RequestFileDecoder();
  for await (const rows of readCsvRows(source, 'utf-8')) {
    for (const row of rows) yield decoder.take(row);
  }
  decoder.end();
}

/** The same row by row, for who reads the rows himself: a promise for each takes longer than the row. */
export class RequestFileDecoder {
  #fileKind: TransactionFileKind | null = null;
  #records = 0;
  #width = 0;
  #trailer: Extract<RequestEntry, { kind: 'trailer' }> | null = null;
  #layout = dataLayout('authorization');

  take(row: CsvRow): RequestEntry {
    const columns = readableColumns(row);
    if (this.#trailer) throw fault(row, 'a row behind the trailer', 'トレーラの後に行があります');
    if (this.#fileKind === null) {
      const header = readHeader(row, columns);
      this.#fileKind = header.fileKind;
      return header;
    }
    if (columns[0] === '4') {
      const { values, findings } = decodeRecord(trailerLayout(this.#fileKind), columns);
      throwFirst(row, findings);
      this.#trailer = { kind: 'trailer', line: row.line, records: Number(values.recordCount) };
      return this.#trailer;
    }
    if (this.#width === 0) {
      this.#width = columns.length;
      checkWidth(row, this.#width, this.#width);
      this.#layout = dataLayout(this.#fileKind, this.#width);
    }
    checkWidth(row, columns.length, this.#width);
    const { values, findings } = decodeRecord(this.#layout, columns);
    throwFirst(row, findings);
    this.#records += 1;
    return { kind: 'record', line: row.line, columns, record: toRecord(values) };
  }

  /** @throws RequestFileError for a file that is not whole */
  end(): void {
    const trailer = this.#trailer;
    const records = this.#records;
    if (!trailer) {
      throw new RequestFileError(
        records + 1,
        this.#fileKind === null
          ? 'the file is empty'
          : 'the trailer record is missing: the file is cut off',
        this.#fileKind === null ? 'ファイルが空です' : 'トレーラレコードがありません',
      );
    }
    if (trailer.records !== records) {
      throw new RequestFileError(
        trailer.line,
        `the trailer counts ${trailer.records} records, the file holds ${records}`,
        `合計件数は ${trailer.records} 件ですが、データレコードは ${records} 件です`,
      );
    }
  }
}

function readableColumns(row: CsvRow): readonly string[] {
  if (row.kind === 'broken') throw fault(row, row.reason.en, row.reason.ja);
  return row.fields;
}

function readHeader(
  row: CsvRow,
  columns: readonly string[],
): Extract<RequestEntry, { kind: 'header' }> {
  const [recordId, code = '', merchantId] = columns;
  const fileKind = kindOfCode(code);
  if (recordId !== '1' || fileKind === null || !merchantId) {
    throw fault(
      row,
      'not the header of a transaction file (1, 020 or 021, merchant ID)',
      '取引ファイルのヘッダレコード (1, 020 または 021, マーチャントID) ではありません',
    );
  }
  return { kind: 'header', line: row.line, fileKind, merchantId, columns };
}

function checkWidth(row: CsvRow, found: number, expected: number): void {
  if (found >= minDataWidth && found <= 26 && found === expected) return;
  throw fault(
    row,
    `the record has ${found} columns${found === expected ? `, at least ${minDataWidth} are needed` : `, the first had ${expected}`}`,
    `列の数 (${found}) が正しくありません`,
  );
}

function throwFirst(row: CsvRow, findings: readonly FieldFinding[]): void {
  const [finding] = findings;
  if (finding) throw fault(row, finding.reason.en, finding.reason.ja);
}

function toRecord(values: Readonly<Record<string, string>>): TransactionRecord {
  return {
    orderNumber: values.orderNumber ?? '',
    amountYen: Number(values.amountYen),
    previousOrderNumber: values.previousOrderNumber || null,
    customerNumber: values.customerNumber ?? '',
  };
}

function fault(row: CsvRow, en: string, ja: string): RequestFileError {
  return new RequestFileError(row.line, en, ja);
}
