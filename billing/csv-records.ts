// Why not csv-parse: it gives up on a whole file at the first stray quote. Here one malformed or
// undecodable row must cost one row, and every record must know its physical line.
import { bomLength } from './text-encoding.ts';

/** One record of a CSV as bytes, without its line break. */
export interface CsvRecord {
  /** Physical line on which the record starts, from 1. */
  readonly line: number;
  readonly bytes: Uint8Array;
  /** `quote`: quotes that do not pair; `too_long`: a piece of a record that is too long to be one. */
  readonly problem: 'quote' | 'too_long' | null;
  /** For `too_long`: whether another piece of the same record follows. */
  readonly continues: boolean;
}

/** An order row is a few hundred bytes. A quote that never closes is noticed after this many. */
export const maxRecordBytes = 65_536;

const comma = 0x2c;
const quote = 0x22;
const lf = 0x0a;
const cr = 0x0d;

type State = 'field_start' | 'unquoted' | 'quoted' | 'quote_seen';

/**
 * Splits bytes into CSV records at LF, CRLF or CR outside quotes; blank lines and a UTF-8 byte order
 * mark are dropped. Works on bytes because CP932 and UTF-8 never use the bytes of comma, quote, CR
 * and LF inside a character.
 * A record whose quotes do not pair is cut at its first physical line and reading goes on with the
 * next line, so that one stray quote does not swallow the rows behind it.
 */
export class CsvRecordSplitter {
  readonly #maxRecordBytes: number;
  #buffer: Uint8Array = new Uint8Array(0);
  #position = 0;
  #start = 0;
  #state: State = 'field_start';
  #line = 1;
  /** Line breaks inside the record being read, and where the first of them is (-1: none yet). */
  #breaks = 0;
  #firstBreak = -1;
  /** Quotes of this line do not pair: they are ordinary characters up to its end. */
  #malformed = false;
  #tooLong = false;
  #atFileStart = true;
  #ended = false;
  #records: CsvRecord[] = [];

  constructor(options: { readonly maxRecordBytes?: number } = {}) {
    this.#maxRecordBytes = options.maxRecordBytes ?? maxRecordBytes;
  }

  /** Takes the next bytes, gives the records they complete. The bytes must not be changed later. */
  push(chunk: Uint8Array): CsvRecord[] {
    const kept = this.#buffer.subarray(this.#start);
    this.#buffer = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    this.#position -= this.#start;
    if (this.#firstBreak >= 0) this.#firstBreak -= this.#start;
    this.#start = 0;
    this.#scan();
    return this.#take();
  }

  /** Gives what is left at the end of the file. */
  end(): CsvRecord[] {
    this.#ended = true;
    this.#scan();
    while (this.#state === 'quoted' && this.#start < this.#buffer.length) {
      this.#rejectQuotes();
      if (this.#malformed) break;
      this.#scan();
    }
    this.#emit(this.#buffer.length, this.#problem());
    this.#start = this.#buffer.length;
    return this.#take();
  }

  #scan(): void {
    if (this.#atFileStart && !this.#skipMark()) return;
    const buffer = this.#buffer;
    while (this.#position < buffer.length) {
      const byte = buffer[this.#position]!;
      if (byte === lf || byte === cr) {
        if (byte === cr && this.#position + 1 === buffer.length && !this.#ended) return;
        this.#breakLine();
      } else if (this.#position - this.#start < this.#maxRecordBytes || this.#overrun()) {
        if (this.#step(byte)) this.#position += 1;
      }
    }
  }

  #skipMark(): boolean {
    if (this.#buffer.length < 3 && !this.#ended) return false;
    this.#start = bomLength(this.#buffer);
    this.#position = this.#start;
    this.#atFileStart = false;
    return true;
  }

  /** Takes one byte that is no line break; false when scanning restarted at another place. */
  #step(byte: number): boolean {
    switch (this.#state) {
      case 'quoted':
        if (byte === quote) this.#state = 'quote_seen';
        return true;
      case 'quote_seen':
        if (byte === quote) this.#state = 'quoted';
        else if (byte === comma) this.#state = 'field_start';
        else return !this.#rejectQuotes();
        return true;
      case 'field_start':
        if (byte === comma) return true;
        this.#state = byte === quote && !this.#malformed ? 'quoted' : 'unquoted';
        return true;
      case 'unquoted':
        if (byte === comma) this.#state = 'field_start';
        return true;
    }
  }

  #breakLine(): void {
    const length = this.#breakLength(this.#position);
    if (this.#state === 'quoted') {
      if (this.#firstBreak < 0) this.#firstBreak = this.#position;
      this.#breaks += 1;
      this.#position += length;
      return;
    }
    this.#emit(this.#position, this.#problem());
    this.#restart(this.#position + length, this.#breaks + 1);
  }

  /** True when it gave back the record's first line and scanning restarts behind that line. */
  #rejectQuotes(): boolean {
    if (this.#firstBreak < 0) {
      this.#malformed = true;
      this.#state = 'unquoted';
      return false;
    }
    this.#emit(this.#firstBreak, 'quote');
    this.#restart(this.#firstBreak + this.#breakLength(this.#firstBreak), 1);
    return true;
  }

  /** True when scanning goes on at the same byte. */
  #overrun(): boolean {
    if (this.#firstBreak >= 0) return !this.#rejectQuotes();
    this.#emit(this.#position, 'too_long', true);
    this.#start = this.#position;
    this.#tooLong = true;
    this.#malformed = true;
    this.#state = 'unquoted';
    return true;
  }

  #problem(): CsvRecord['problem'] {
    if (this.#tooLong) return 'too_long';
    return this.#malformed ? 'quote' : null;
  }

  #breakLength(at: number): number {
    return this.#buffer[at] === cr && this.#buffer[at + 1] === lf ? 2 : 1;
  }

  #emit(end: number, problem: CsvRecord['problem'], continues = false): void {
    if (end === this.#start && !this.#tooLong) return;
    const bytes = this.#buffer.subarray(this.#start, end);
    this.#records.push({ line: this.#line, bytes, problem, continues });
  }

  #restart(at: number, linesPassed: number): void {
    this.#line += linesPassed;
    this.#start = at;
    this.#position = at;
    this.#state = 'field_start';
    this.#breaks = 0;
    this.#firstBreak = -1;
    this.#malformed = false;
    this.#tooLong = false;
  }

  #take(): CsvRecord[] {
    const taken = this.#records;
    this.#records = [];
    return taken;
  }
}

/** Splits the text of one well-formed record into its fields. */
export function splitCsvFields(text: string): string[] {
  if (!text.includes('"')) return text.split(',');
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      const end = findClosingQuote(text, at + 1);
      const field = text.slice(at + 1, end);
      fields.push(field.includes('"') ? field.replaceAll('""', '"') : field);
      at = end + 1;
    } else {
      const found = text.indexOf(',', at);
      const end = found < 0 ? text.length : found;
      fields.push(text.slice(at, end));
      at = end;
    }
    if (at >= text.length) return fields;
    at += 1;
  }
}

function findClosingQuote(text: string, from: number): number {
  let at = from;
  for (;;) {
    const found = text.indexOf('"', at);
    if (found < 0) return text.length;
    if (text[found + 1] !== '"') return found;
    at = found + 2;
  }
}
