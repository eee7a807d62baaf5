import { type CsvRow, readCsvRows } from '../../billing/csv-rows.ts';
import { decodeRecord, type FieldFinding, type RecordLayout } from '../record-layout.ts';
import {
  dataLayout,
  defaultDataWidth,
  headerLayout,
  minDataWidth,
  type TransactionFileKind,
  trailerLayout,
} from './layouts.ts';
import { defaultMaxBytes, defaultMaxRecords } from './transaction-file.ts';

/** One line of the portal's error screen. */
export interface FormatError {
  readonly part: 'file' | 'header' | 'data' | 'trailer';
  /** Physical line, from 1. */
  readonly line: number;
  /** Name of the item at fault. */
  readonly item: string;
  readonly content: string;
}

export type FormatCheck =
  | { readonly accepted: true; readonly records: number; readonly amountYen: number }
  | { readonly accepted: false; readonly errors: readonly FormatError[] };

/** The portal shows no more errors of data records than this (manual 002, 3-3). */
export const shownDataErrors = 51;

export interface FormatCheckOptions {
  /** 取引種別 chosen at upload. */
  readonly chosenKind: TransactionFileKind;
  readonly merchantId: string;
  readonly maxRecords?: number;
  readonly maxBytes?: number;
  readonly width?: number;
}

/**
 * The format check of the portal's upload: header and trailer errors, else the first 51 errors of
 * data records. Checks form only; cards and amounts are looked at when the file is processed. What
 * the manual does not show about it is our assumption.
 */
export async function checkUploadedFile(
  source: AsyncIterable<Uint8Array>,
  options: FormatCheckOptions,
): Promise<FormatCheck> {
  const check = new UploadCheck(options);
  for await (const rows of readCsvRows(check.countBytes(source), 'cp932')) {
    for (const row of rows) check.take(row);
  }
  return check.result();
}

class UploadCheck {
  readonly #options: FormatCheckOptions;
  readonly #header: RecordLayout;
  readonly #data: RecordLayout;
  readonly #trailer: RecordLayout;
  readonly #frameErrors: FormatError[] = [];
  readonly #dataErrors: FormatError[] = [];
  #bytes = 0;
  #records = 0;
  #amountYen = 0;
  #sawHeader = false;
  #trailerLine = 0;
  #lastLine = 0;

  constructor(options: FormatCheckOptions) {
    this.#options = options;
    this.#header = headerLayout(options.chosenKind);
    this.#data = dataLayout(options.chosenKind, options.width ?? defaultDataWidth);
    this.#trailer = trailerLayout(options.chosenKind);
  }

  async *countBytes(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#bytes += chunk.length;
      yield chunk;
    }
  }

  take(row: CsvRow): void {
    this.#lastLine = row.line;
    const columns = row.fields.map((field) => field ?? '');
    if (!this.#sawHeader) {
      this.#sawHeader = true;
      this.#takeHeader(row, columns);
    } else if (this.#trailerLine > 0) {
      this.#addFrame('trailer', row.line, 'レコードID', 'トレーラレコードの後に行があります');
    } else if (columns[0] === '4') {
      this.#takeTrailer(row, columns);
    } else {
      this.#takeData(row, columns);
    }
  }

  result(): FormatCheck {
    const limit = this.#options.maxRecords ?? defaultMaxRecords;
    if (!this.#sawHeader) this.#addFrame('file', 1, 'ファイル', 'ファイルが空です');
    else if (this.#trailerLine === 0) {
      this.#addFrame('trailer', this.#lastLine, 'レコードID', 'トレーラレコードがありません');
    } else if (this.#records === 0) {
      this.#addFrame('file', this.#lastLine, '件数', 'データレコードがありません');
    }
    if (this.#records > limit) {
      const content = `データレコード件数が最大件数 ${limit} 件を超えています`;
      this.#addFrame('file', this.#lastLine, '件数', content);
    }
    if (this.#bytes > (this.#options.maxBytes ?? defaultMaxBytes)) {
      this.#addFrame('file', this.#lastLine, 'ファイル', 'ファイルサイズの上限を超えています');
    }
    const errors = this.#frameErrors.length > 0 ? this.#frameErrors : this.#dataErrors;
    if (errors.length > 0) return { accepted: false, errors };
    return { accepted: true, records: this.#records, amountYen: this.#amountYen };
  }

  #takeHeader(row: CsvRow, columns: readonly string[]): void {
    this.#addFindings('header', row, decodeRecord(this.#header, columns).findings);
    if (columns[2] !== undefined && columns[2] !== this.#options.merchantId) {
      this.#addFrame('header', row.line, 'マーチャントID', 'マーチャントIDが正しくありません');
    }
  }

  #takeTrailer(row: CsvRow, columns: readonly string[]): void {
    this.#trailerLine = row.line;
    const { values, findings } = decodeRecord(this.#trailer, columns);
    this.#addFindings('trailer', row, findings);
    if (findings.length > 0 || Number(values.recordCount) === this.#records) return;
    const content = `合計件数 ${values.recordCount} がデータレコードの件数 ${this.#records} と一致しません`;
    this.#addFrame('trailer', row.line, '合計件数', content);
  }

  #takeData(row: CsvRow, columns: readonly string[]): void {
    this.#records += 1;
    if (row.kind === 'broken') {
      this.#addData(row.line, '行', row.reason.ja);
      return;
    }
    const { values, findings } = decodeRecord(this.#data, columns, { minWidth: minDataWidth });
    if (columns.length > this.#data.fields.length) {
      this.#addData(row.line, '行', `項目数が多すぎます (${columns.length})`);
    }
    this.#addFindings('data', row, findings);
    if (findings.length === 0) this.#amountYen += Number(values.amountYen);
  }

  #addFindings(part: FormatError['part'], row: CsvRow, findings: readonly FieldFinding[]): void {
    for (const { nameJa, reason } of findings) {
      if (part === 'data') this.#addData(row.line, nameJa, reason.ja);
      else this.#addFrame(part, row.line, nameJa, reason.ja);
    }
  }

  #addData(line: number, item: string, content: string): void {
    if (this.#dataErrors.length >= shownDataErrors) return;
    this.#dataErrors.push({ part: 'data', line, item, content });
  }

  #addFrame(part: FormatError['part'], line: number, item: string, content: string): void {
    // One file has few of these; rows behind a trailer could be many.
    if (this.#frameErrors.length < shownDataErrors) {
      this.#frameErrors.push({ part, line, item, content });
    }
  }
}
