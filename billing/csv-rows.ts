import { type CsvRecord, CsvRecordSplitter, splitCsvFields } from './csv-records.ts';
import type { RowReason } from './row-reason.ts';
import { createStrictDecoder, type StrictDecoder, type TextEncoding } from './text-encoding.ts';

/** A row as text. */
export interface ReadableRow {
  readonly kind: 'readable';
  /** Number of the record in the file, from 0: in a file with a header that is the header. */
  readonly index: number;
  /** Physical line on which the record starts, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** A row whose bytes or quotes cannot be read as a whole. */
export interface BrokenRow {
  readonly kind: 'broken';
  readonly index: number;
  readonly line: number;
  /** The first field at fault, null when it is the row as a whole. */
  readonly column: number | null;
  /** The bytes at fault in hexadecimal: they are no text, and may belong to a name. */
  readonly value: string | null;
  readonly reason: RowReason;
  /** The fields that could be read, null for the others; empty when fields cannot be told apart. */
  readonly fields: readonly (string | null)[];
}

export type CsvRow = ReadableRow | BrokenRow;

const reasons = {
  bytes: {
    code: 'invalid_bytes',
    ja: 'ファイルの文字コードとして正しくない文字が含まれています',
    en: 'the bytes are not valid in the encoding of the file',
  },
  quote: {
    code: 'malformed_quotes',
    ja: '引用符 (") の対応が正しくありません',
    en: 'the quotes of the row do not pair',
  },
  tooLong: {
    code: 'row_too_long',
    ja: '行が長すぎます (引用符の閉じ忘れ、または改行の欠落)',
    en: 'the row is too long: an unclosed quote or a missing line break',
  },
} as const satisfies Record<string, RowReason>;

/**
 * Reads a CSV as batches of rows, some for each chunk of the source, in bounded memory.
 * A row that cannot be read is given as broken; it stops nothing.
 */
export async function* readCsvRows(
  source: AsyncIterable<Uint8Array>,
  encoding: TextEncoding,
): AsyncGenerator<CsvRow[]> {
  const splitter = new CsvRecordSplitter();
  const decode = createStrictDecoder(encoding);
  let index = 0;
  const toRows = (records: readonly CsvRecord[]): CsvRow[] => {
    const rows: CsvRow[] = [];
    for (const record of records) {
      if (record.continues) continue;
      rows.push(toRow(record, index, decode));
      index += 1;
    }
    return rows;
  };
  function* inBatches(records: readonly CsvRecord[]): Generator<CsvRow[]> {
    for (let from = 0; from < records.length; from += batchRows) {
      const rows = toRows(records.slice(from, from + batchRows));
      if (rows.length > 0) yield rows;
    }
  }
  for await (const chunk of source) yield* inBatches(splitter.push(chunk));
  yield* inBatches(splitter.end());
}

// A chunk may hold rows by the ten thousand: as text, they take ten times their bytes.
const batchRows = 100;

function toRow(record: CsvRecord, index: number, decode: StrictDecoder): CsvRow {
  const at = { index, line: record.line };
  if (record.problem !== null) {
    const reason = record.problem === 'quote' ? reasons.quote : reasons.tooLong;
    return { kind: 'broken', ...at, column: null, value: null, reason, fields: [] };
  }
  const text = decode(record.bytes);
  if (text !== null) return { kind: 'readable', ...at, fields: splitCsvFields(text) };
  // Latin-1 maps bytes to characters one to one: it separates the fields of undecodable bytes.
  const raw = splitCsvFields(Buffer.from(record.bytes).toString('latin1'));
  const fields = raw.map((field) => decode(Buffer.from(field, 'latin1')));
  const found = fields.indexOf(null);
  const column = found < 0 ? null : found;
  const value = column === null ? null : invalidBytes(raw[column] ?? '', decode);
  return { kind: 'broken', ...at, column, value, reason: reasons.bytes, fields };
}

/** The bytes of a field from the first that cannot be decoded, at most four, as `0x81 0x20`. */
function invalidBytes(raw: string, decode: StrictDecoder): string {
  const bytes = Buffer.from(raw, 'latin1');
  let start = 0;
  for (let end = 1; end <= bytes.length; end += 1) {
    if (decode(bytes.subarray(0, end)) !== null) start = end;
  }
  const shown = [...bytes.subarray(start, start + 4)];
  return shown.map((byte) => `0x${byte.toString(16).padStart(2, '0').toUpperCase()}`).join(' ');
}
