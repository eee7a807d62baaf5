import { isAscii } from 'node:buffer';
import { type CsvRecord, CsvRecordSplitter, splitCsvFields } from '../billing/csv-records.ts';
import { findCardNumber, mayHoldCardNumber } from './card-number.ts';

/** Where a card number stands. The digits themselves are never given. */
export interface CardNumberFinding {
  /** Physical line, from 1. */
  readonly line: number;
  /** Position of the column from 1; null where columns cannot be told apart. */
  readonly columnNumber: number | null;
  /** Header name of the column; null without a header. */
  readonly column: string | null;
}

export interface CardNumberGuardOptions {
  /** Whether the first row names the columns. */
  readonly header: boolean;
  /** Names of columns that hold our own or the PSP's numbers: they are not looked at. */
  readonly exemptColumns?: readonly string[];
  /** The same by position from 1, for files without a header. */
  readonly exemptColumnNumbers?: readonly number[];
}

export interface CardNumberGuard {
  /** Looks at the next bytes. Bytes after a finding are ignored. */
  write(chunk: Uint8Array): void;
  /** The first card number of the file, null when there is none. */
  end(): CardNumberFinding | null;
  /** The finding so far: lets a caller stop reading early. */
  readonly finding: CardNumberFinding | null;
}

/** The file holds a card number: it is refused whole and its bytes are not kept. */
export class CardNumberFoundError extends Error {
  override readonly name = 'CardNumberFoundError';
  readonly finding: CardNumberFinding;
  /** The same sentence for operators. */
  readonly ja: string;

  constructor(finding: CardNumberFinding) {
    const { line, column, columnNumber } = finding;
    const place = column ?? columnNumber;
    super(
      `line ${line}${place === null ? '' : `, column ${place}`}: reads as a full card number; the file is refused and not kept, remove the number and hand it in again`,
    );
    this.finding = finding;
    const placeJa = column === null ? `${columnNumber} 列目` : `列「${column}」`;
    this.ja = `${line} 行目${place === null ? '' : `、${placeJa}`}: カード番号と思われる値があります。ファイルは受け付けず、保存もしていません。番号を取り除いてください`;
  }
}

// Longer than a card number with its separators in full width: pieces of an overlong row overlap.
const overlapBytes = 128;

const latin1Decoder = new TextDecoder('latin1');
const utf8Decoder = new TextDecoder('utf-8');
const cp932Decoder = new TextDecoder('shift_jis');

/**
 * Looks for full card numbers in the bytes of an inbound file while they stream elsewhere, whatever
 * the file's encoding and whether or not it is a valid CSV (spec 2, Guards). Columns are exempt only
 * in rows that have as many columns as the header: a broken row is looked at as a whole.
 */
export function createCardNumberGuard(options: CardNumberGuardOptions): CardNumberGuard {
  const splitter = new CsvRecordSplitter();
  const exemptNames = new Set(options.exemptColumns ?? []);
  let exempt: ReadonlySet<number> = new Set(options.exemptColumnNumbers ?? []);
  let names: readonly string[] | null = null;
  let awaitsHeader = options.header;
  let finding: CardNumberFinding | null = null;
  let tail: Uint8Array = new Uint8Array(0);

  const look = (record: CsvRecord): CardNumberFinding | null => {
    if (record.problem === 'too_long') {
      const bytes = Buffer.concat([tail, record.bytes]);
      tail = record.continues ? bytes.subarray(-overlapBytes) : new Uint8Array(0);
      return mayHoldCardNumber(bytes) ? lookAtText(bytes, record.line) : null;
    }
    if (awaitsHeader) {
      awaitsHeader = false;
      if (record.problem === null) {
        names = headerNames(record.bytes, exemptNames);
        exempt = positionsOf(names, exemptNames);
        return mayHoldCardNumber(record.bytes) ? lookAtText(record.bytes, record.line) : null;
      }
    }
    if (!mayHoldCardNumber(record.bytes)) return null;
    const found = lookAtText(record.bytes, record.line);
    if (found === null || record.problem !== null) return found;
    return lookAtFields(record, names, exempt);
  };

  const lookAtAll = (records: readonly CsvRecord[]): void => {
    for (const record of records) finding ??= look(record);
  };
  return {
    write(chunk) {
      if (finding === null) lookAtAll(splitter.push(chunk));
    },
    end() {
      if (finding === null) lookAtAll(splitter.end());
      return finding;
    },
    get finding() {
      return finding;
    },
  };
}

function lookAtText(bytes: Uint8Array, line: number): CardNumberFinding | null {
  const found = decodings(bytes).some((text) => findCardNumber(text) !== null);
  return found ? { line, columnNumber: null, column: null } : null;
}

function lookAtFields(
  record: CsvRecord,
  names: readonly string[] | null,
  exempt: ReadonlySet<number>,
): CardNumberFinding | null {
  const fields = splitFieldBytes(record.bytes);
  const isRegular = names === null || fields.length === names.length;
  let line = record.line;
  for (const [index, bytes] of fields.entries()) {
    const columnNumber = index + 1;
    const texts = isRegular && exempt.has(columnNumber) ? [] : decodings(bytes);
    for (const text of texts) {
      const at = findCardNumber(text);
      if (at === null) continue;
      const column = isRegular ? (names?.[index] ?? null) : null;
      return { line: line + lineBreaks(text.slice(0, at)), columnNumber, column };
    }
    line += lineBreaks(bytes.toString('latin1'));
  }
  return null;
}

/** The fields of a record as bytes: Latin-1 maps bytes to characters one to one. */
function splitFieldBytes(bytes: Uint8Array): Buffer[] {
  const fields = splitCsvFields(Buffer.from(bytes).toString('latin1'));
  return fields.map((field) => Buffer.from(field, 'latin1'));
}

/** The bytes read in each encoding they may be in; what is unreadable becomes a break between digits. */
function decodings(bytes: Uint8Array): string[] {
  if (isAscii(bytes)) return [latin1Decoder.decode(bytes)];
  return [utf8Decoder.decode(bytes), cp932Decoder.decode(bytes)];
}

/** The header in the encoding in which it names an exempt column, else in UTF-8. */
function headerNames(bytes: Uint8Array, wanted: ReadonlySet<string>): readonly string[] {
  const fields = splitFieldBytes(bytes);
  const utf8 = fields.map((field) => utf8Decoder.decode(field).trim());
  const cp932 = fields.map((field) => cp932Decoder.decode(field).trim());
  const isCp932 = cp932.some((name) => wanted.has(name)) || utf8.join().includes('\ufffd');
  return isCp932 ? cp932 : utf8;
}

function positionsOf(names: readonly string[], wanted: ReadonlySet<string>): ReadonlySet<number> {
  const positions = new Set<number>();
  names.forEach((name, index) => {
    // Which of two columns of one name is the known one, nobody can tell: both are looked at.
    const isOnce = names.indexOf(name) === names.lastIndexOf(name);
    if (wanted.has(name) && isOnce) positions.add(index + 1);
  });
  return positions;
}

function lineBreaks(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
