import { type CsvRow, readCsvRows } from '../../billing/csv-rows.ts';
import type { RowReason } from '../../billing/row-reason.ts';
import type { TextEncoding } from '../../billing/text-encoding.ts';
import { decodeRecord } from '../record-layout.ts';
import {
  kindOfCode,
  type TransactionFileKind,
  trailerLayout,
  transactionKinds,
} from './layouts.ts';
import {
  createResultRowDecoder,
  type ResultColumns,
  type ResultFieldFinding,
  type ResultRow,
} from './result-row.ts';

export type { PaygentOutcome, ResultFieldFinding, ResultRow } from './result-row.ts';

/** Something about the file that belongs to no readable data record. */
export interface ResultFileFinding extends ResultFieldFinding {
  readonly kind: 'finding';
  readonly line: number;
  /** The order it concerns, when the row still shows it. */
  readonly orderNumber: string | null;
}

export type ResultEntry =
  | {
      readonly kind: 'header';
      readonly line: number;
      readonly fileKind: TransactionFileKind;
      readonly merchantId: string;
    }
  | ResultRow
  | ResultFileFinding
  | { readonly kind: 'trailer'; readonly line: number; readonly records: number };

export type WrongResultFileCode =
  | 'empty'
  | 'not_a_transaction_file'
  | 'wrong_kind'
  | 'wrong_merchant'
  | 'no_result_columns'
  | 'other_request';

/** The file is not the result of this request: nothing of it is used. */
export class WrongResultFileError extends Error {
  override readonly name = 'WrongResultFileError';
  readonly code: WrongResultFileCode;
  /** The same sentence for operators. */
  readonly ja: string;

  constructor(code: WrongResultFileCode, en: string, ja: string) {
    super(en);
    this.code = code;
    this.ja = ja;
  }
}

export interface ResultFileOptions extends ResultColumns {
  readonly encoding?: TextEncoding;
  /** What the header must say; anything else refuses the file. */
  readonly expected?: { readonly kind: TransactionFileKind; readonly merchantId: string };
}

/**
 * Reads a result file row by row in bounded memory (spec 1.6). Throws WrongResultFileError when the
 * file is of another kind or merchant or carries no results; everything else that is wrong is given
 * as a finding, of a row or of the file, and stops nothing.
 */
export async function* decodeResultFile(
  source: AsyncIterable<Uint8Array>,
  options: ResultFileOptions = {},
): AsyncGenerator<ResultEntry> {
  const decoder = new ResultFileDecoder(options);
  for await (const rows of readCsvRows(source, options.encoding ?? 'utf-8')) {
    for (const row of rows) yield* decoder.take(row);
  }
  yield* decoder.end();
}

/** The same row by row, for who reads the rows himself: a promise for each takes longer than the row. */
export class ResultFileDecoder {
  readonly #options: ResultFileOptions;
  readonly #decoder: ReturnType<typeof createResultRowDecoder>;
  #fileKind: TransactionFileKind | null = null;
  #dataRows = 0;
  #trailer: { line: number; records: number } | null = null;
  #lastLine = 0;

  constructor(options: ResultFileOptions = {}) {
    this.#options = options;
    this.#decoder = createResultRowDecoder(options);
  }

  /** One entry, but two for a row behind the trailer. */
  take(row: CsvRow): readonly ResultEntry[] {
    this.#lastLine = row.line;
    if (this.#fileKind === null) {
      const header = readHeader(row, this.#options.expected);
      this.#fileKind = header.fileKind;
      return [header];
    }
    if (!this.#trailer) return [this.#read(row, this.#fileKind)];
    const recordId = String(row.fields[0] ?? '');
    const behind = fileFinding(row, '', 'レコードID', recordId, reasons.afterTrailer);
    return [behind, this.#read(row, this.#fileKind)];
  }

  /** What is wrong with the file as a whole. */
  end(): readonly ResultEntry[] {
    if (this.#fileKind === null)
      throw wrongFile('empty', 'the result file is empty', '結果ファイルが空です');
    if (!this.#trailer) return [missingTrailer(this.#lastLine)];
    if (this.#trailer.records === this.#dataRows) return [];
    return [trailerMismatch(this.#trailer, this.#dataRows)];
  }

  #read(row: CsvRow, fileKind: TransactionFileKind): ResultEntry {
    const recordId = row.fields[0];
    if (row.kind === 'readable' && recordId === '4') {
      const found = readTrailer(row, fileKind);
      if (found.kind === 'trailer') this.#trailer = found;
      return found;
    }
    this.#dataRows += 1;
    if (row.kind === 'broken') return brokenFinding(row, this.#decoder.orderNumberColumn);
    if (recordId !== '3') {
      return fileFinding(row, 'recordId', 'レコードID', recordId ?? '', reasons.recordId);
    }
    if (this.#dataRows === 1) refuseRequest(row.fields.length, this.#decoder.width);
    return this.#decoder.decode(row.fields, row.line);
  }
}

function readHeader(
  row: CsvRow,
  expected: ResultFileOptions['expected'],
): Extract<ResultEntry, { kind: 'header' }> {
  const [recordId, code, merchantId] = row.fields;
  if (row.kind === 'broken' || recordId !== '1' || !code || !merchantId) {
    throw wrongFile(
      'not_a_transaction_file',
      `line ${row.line}: not the header record of a Paygent file (1, kind, merchant ID)`,
      `${row.line} 行目: ペイジェントのヘッダレコード (1, 取引種別, マーチャントID) ではありません`,
    );
  }
  const fileKind = kindOfCode(code);
  if (fileKind === null || (expected && expected.kind !== fileKind)) {
    const wanted = expected ? transactionKinds[expected.kind].code : '020 or 021';
    const excel = /^2[01]$/.test(code);
    throw wrongFile(
      'wrong_kind',
      `line ${row.line}: the file is of kind ${code}, not ${wanted}${excel ? ': a spreadsheet dropped the 0, take the unchanged file' : ''}`,
      `${row.line} 行目: 取引種別が ${code} です (${wanted} のはずです)${excel ? '。表計算ソフトで先頭の 0 が失われています。元のファイルを使ってください' : ''}`,
    );
  }
  if (expected && expected.merchantId !== merchantId) {
    throw wrongFile(
      'wrong_merchant',
      `line ${row.line}: the file belongs to another merchant ID`,
      `${row.line} 行目: マーチャントIDが異なります。別の加盟店の結果ファイルです`,
    );
  }
  return { kind: 'header', line: row.line, fileKind, merchantId };
}

function refuseRequest(columns: number, width: number): void {
  if (columns !== width) return;
  throw wrongFile(
    'no_result_columns',
    'the records carry no result columns: this is a request file, not its result',
    '処理結果の列がありません。結果ファイルではなく、アップロードした取引ファイルです',
  );
}

function readTrailer(row: CsvRow, kind: TransactionFileKind): ResultEntry {
  const layout = trailerLayout(kind);
  const columns = row.fields.map((field) => field ?? '');
  const { values, findings } = decodeRecord(layout, columns);
  const [finding] = findings;
  if (finding)
    return fileFinding(row, finding.field, finding.nameJa, finding.value, finding.reason);
  return { kind: 'trailer', line: row.line, records: Number(values.recordCount) };
}

function brokenFinding(
  row: Extract<CsvRow, { kind: 'broken' }>,
  orderNumberColumn: number,
): ResultFileFinding {
  const orderNumber = row.fields[orderNumberColumn] ?? null;
  const finding = fileFinding(row, '', '行', row.value ?? '', row.reason);
  return { ...finding, orderNumber };
}

function missingTrailer(line: number): ResultFileFinding {
  return {
    kind: 'finding',
    line,
    field: 'recordId',
    nameJa: 'レコードID',
    value: '',
    orderNumber: null,
    reason: reasons.truncated,
  };
}

function trailerMismatch(
  trailer: { readonly line: number; readonly records: number },
  dataRows: number,
): ResultFileFinding {
  return {
    kind: 'finding',
    line: trailer.line,
    field: 'recordCount',
    nameJa: '合計件数',
    value: String(trailer.records),
    orderNumber: null,
    reason: {
      code: 'trailer_count',
      ja: `トレーラの合計件数は ${trailer.records} 件ですが、データレコードは ${dataRows} 件です`,
      en: `the trailer counts ${trailer.records} records, the file holds ${dataRows}`,
    },
  };
}

function fileFinding(
  row: CsvRow,
  field: string,
  nameJa: string,
  value: string,
  reason: RowReason,
): ResultFileFinding {
  return { kind: 'finding', line: row.line, field, nameJa, value, orderNumber: null, reason };
}

function wrongFile(code: WrongResultFileCode, en: string, ja: string): WrongResultFileError {
  return new WrongResultFileError(code, en, ja);
}

const reasons = {
  recordId: {
    code: 'record_id',
    ja: 'レコードIDが 3 (データ) でも 4 (トレーラ) でもありません',
    en: 'the record is neither data (3) nor trailer (4)',
  },
  afterTrailer: {
    code: 'after_trailer',
    ja: 'トレーラレコードの後に行があります',
    en: 'a row stands behind the trailer record',
  },
  truncated: {
    code: 'truncated',
    ja: 'トレーラレコードがありません。ファイルが途中で切れている可能性があります',
    en: 'the trailer record is missing: the file may be cut off',
  },
} as const satisfies Record<string, RowReason>;
