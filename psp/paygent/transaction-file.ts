import { createHash, type Hash } from 'node:crypto';
import { encodeRecord, type FieldFinding, type RecordLayout } from '../record-layout.ts';
import {
  dataLayout,
  defaultDataWidth,
  headerLayout,
  type TransactionFileKind,
  trailerLayout,
} from './layouts.ts';

/** What one data record carries. */
export interface TransactionRecord {
  readonly orderNumber: string;
  readonly amountYen: number;
  /** The order whose stored card data is used (column L). */
  readonly previousOrderNumber: string | null;
  readonly customerNumber: string;
}

export interface TransactionFileOptions {
  readonly kind: TransactionFileKind;
  /** マーチャントID, given by Paygent. */
  readonly merchantId: string;
  /** Data records per file. */
  readonly maxRecords?: number;
  readonly maxBytes?: number;
  /** Columns of a data record. */
  readonly width?: number;
}

/** Most records Paygent takes per file is agreed per merchant; 10,000 is assumed. */
export const defaultMaxRecords = 10_000;
/** 10 MB [seen], read as the smaller megabyte. */
export const defaultMaxBytes = 10_000_000;

export type TransactionFileEvent<R extends TransactionRecord = TransactionRecord> =
  | { readonly kind: 'bytes'; readonly file: number; readonly bytes: Uint8Array }
  | {
      readonly kind: 'completed';
      /** Number of the file, from 1. */
      readonly file: number;
      readonly records: number;
      readonly amountYen: number;
      readonly byteCount: number;
      readonly sha256: string;
    }
  /** The record is in no file. */
  | { readonly kind: 'refused'; readonly record: R; readonly findings: readonly FieldFinding[] };

/** The merchant ID or a limit cannot be used: no file can be built at all. */
export class TransactionFileError extends Error {
  override readonly name = 'TransactionFileError';
}

// One write per this many bytes.
const chunkBytes = 65_536;

/**
 * Builds transaction files from charges, in their order, as a stream of bytes: ASCII, CRLF, unquoted,
 * split at the record and byte limits. The same records give the same bytes. A record that does not
 * fit the layout is refused and in no file; without any record there is no file.
 */
export async function* encodeTransactionFiles<R extends TransactionRecord>(
  records: Iterable<R> | AsyncIterable<R>,
  options: TransactionFileOptions,
): AsyncGenerator<TransactionFileEvent<R>> {
  const encoder = new FileEncoder<R>(options);
  // Without a promise for each record, where they are at hand.
  if (Symbol.asyncIterator in records) {
    for await (const record of records) yield* encoder.take(record);
  } else {
    for (const record of records) {
      const events = encoder.take(record);
      if (events.length > 0) yield* events;
    }
  }
  yield* encoder.end();
}

class FileEncoder<R extends TransactionRecord> {
  readonly #layouts: Layouts;
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  #file: OpenFile | null = null;
  #files = 0;

  constructor(options: TransactionFileOptions) {
    this.#layouts = layoutsOf(options);
    this.#maxRecords = options.maxRecords ?? defaultMaxRecords;
    this.#maxBytes = options.maxBytes ?? defaultMaxBytes;
  }

  /** What the record brings about: mostly nothing, until enough bytes have come together. */
  take(record: R): TransactionFileEvent<R>[] {
    const encoded = encodeRecord(this.#layouts.data, recordValues(record));
    if (!encoded.ok) return [{ kind: 'refused', record, findings: encoded.findings }];
    const events: TransactionFileEvent<R>[] = [];
    const full = this.#file && this.#file.records >= this.#maxRecords;
    if (full || this.#file?.hasRoom(encoded.line, this.#maxBytes) === false)
      events.push(...this.end());
    this.#file ??= this.#open(encoded.line);
    this.#file.add(encoded.line, record.amountYen);
    if (this.#file.pendingBytes >= chunkBytes) events.push(this.#file.flush());
    return events;
  }

  /** Completes the file that is open. */
  end(): TransactionFileEvent<R>[] {
    const events = this.#file === null ? [] : [...this.#file.close()];
    this.#file = null;
    return events;
  }

  #open(line: string): OpenFile {
    this.#files += 1;
    const file = new OpenFile(this.#files, this.#layouts);
    if (file.hasRoom(line, this.#maxBytes)) return file;
    throw new TransactionFileError(`maxBytes ${this.#maxBytes} is too small for a single record`);
  }
}

/** Why a record would not fit into a file; empty when it fits. */
export function findUnfitFields(
  record: TransactionRecord,
  options: { readonly kind: TransactionFileKind; readonly width?: number },
): readonly FieldFinding[] {
  const encoded = encodeRecord(layoutFor(options), recordValues(record));
  return encoded.ok ? [] : encoded.findings;
}

let kept: { readonly key: string; readonly layout: RecordLayout } | null = null;

/** The layout of the last call, which every row of an export asks for again. */
function layoutFor({ kind, width = defaultDataWidth }: Parameters<typeof findUnfitFields>[1]) {
  const key = `${kind} ${width}`;
  if (kept?.key !== key) kept = { key, layout: dataLayout(kind, width) };
  return kept.layout;
}

/** `auth-001.csv`, `capture-001.csv`. */
export function transactionFileName(kind: TransactionFileKind, file: number): string {
  return `${kind === 'authorization' ? 'auth' : 'capture'}-${String(file).padStart(3, '0')}.csv`;
}

interface Layouts {
  readonly header: string;
  readonly data: RecordLayout;
  readonly trailer: RecordLayout;
}

function layoutsOf(options: TransactionFileOptions): Layouts {
  const header = encodeRecord(headerLayout(options.kind), { merchantId: options.merchantId });
  if (!header.ok) {
    const reasons = header.findings.map((finding) => finding.reason.en).join('; ');
    throw new TransactionFileError(`the merchant ID cannot be used: ${reasons}`);
  }
  for (const limit of [options.maxRecords, options.maxBytes]) {
    if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1)) {
      throw new TransactionFileError(`a file limit must be a positive whole number, not ${limit}`);
    }
  }
  return {
    header: header.line,
    data: dataLayout(options.kind, options.width ?? defaultDataWidth),
    trailer: trailerLayout(options.kind),
  };
}

function recordValues(record: TransactionRecord): Record<string, string | number | null> {
  return {
    orderNumber: record.orderNumber,
    amountYen: record.amountYen,
    previousOrderNumber: record.previousOrderNumber,
    customerNumber: record.customerNumber,
  };
}

class OpenFile {
  readonly #number: number;
  readonly #layouts: Layouts;
  readonly #hash: Hash = createHash('sha256');
  #pending = '';
  #byteCount = 0;
  #amountYen = 0;
  records = 0;

  constructor(number: number, layouts: Layouts) {
    this.#number = number;
    this.#layouts = layouts;
    this.#write(layouts.header);
  }

  get pendingBytes(): number {
    return this.#pending.length;
  }

  hasRoom(line: string, maxBytes: number): boolean {
    const trailer = `4,${this.records + 1}`;
    return this.#byteCount + line.length + 2 + trailer.length + 2 <= maxBytes;
  }

  add(line: string, amountYen: number): void {
    this.#write(line);
    this.records += 1;
    this.#amountYen += amountYen;
  }

  flush(): { kind: 'bytes'; file: number; bytes: Uint8Array } {
    const bytes = Buffer.from(this.#pending, 'latin1');
    this.#pending = '';
    this.#hash.update(bytes);
    return { kind: 'bytes', file: this.#number, bytes };
  }

  *close(): Generator<TransactionFileEvent<never>> {
    const trailer = encodeRecord(this.#layouts.trailer, { recordCount: this.records });
    if (!trailer.ok) {
      throw new TransactionFileError(`a trailer cannot count ${this.records} records`);
    }
    this.#write(trailer.line);
    yield this.flush();
    yield {
      kind: 'completed',
      file: this.#number,
      records: this.records,
      amountYen: this.#amountYen,
      byteCount: this.#byteCount,
      sha256: this.#hash.digest('hex'),
    };
  }

  // The layouts let only ASCII through: a character is a byte.
  #write(line: string): void {
    this.#pending += `${line}\r\n`;
    this.#byteCount += line.length + 2;
  }
}
