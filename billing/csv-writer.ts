import { stringify } from 'csv-stringify/sync';
import iconv from 'iconv-lite';
import { formatCompactJstInstant } from './business-date.ts';
import type { TextEncoding } from './text-encoding.ts';

/** A value of a CSV that leaves: null is an empty field. */
export type CsvValue = string | number | null;

/**
 * What a spreadsheet program would run as a formula or swallow: also in the full-width forms that
 * Excel takes for the ASCII ones in a Japanese locale. Such text gets an apostrophe in front, which a
 * spreadsheet takes for "this is text". Numbers are no text: -5 stays -5.
 */
const formulaStart = /^[=+\-@＝＋－＠\t\r\n]/;

/** Records as CSV text: CRLF, quotes where they are needed, safe to open in a spreadsheet. */
export function writeCsv(records: readonly (readonly CsvValue[])[]): string {
  return stringify(records as CsvValue[][], {
    record_delimiter: 'windows',
    quoted_match: /[\r\n]/,
    cast: { string: (value) => (formulaStart.test(value) ? `'${value}` : value) },
  });
}

/**
 * The same for a machine that compares every character: nothing is put in front of anything. People
 * who open it in a spreadsheet see numbers without their leading zeros.
 */
export function writeExactCsv(records: readonly (readonly CsvValue[])[]): string {
  return stringify(records as CsvValue[][], {
    record_delimiter: 'windows',
    quoted_match: /[\r\n]/,
  });
}

/** An instant as a spreadsheet reads it, in Japan: 2026/11/22 18:05:09. */
export function csvInstant(instant: string | null): string | null {
  if (instant === null) return null;
  const digits = formatCompactJstInstant(instant);
  return digits.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1/$2/$3 $4:$5:$6');
}

/** The mark in front of UTF-8 by which Excel knows it; CP932 has none. */
export function csvStart(encoding: TextEncoding): Buffer {
  return encoding === 'utf-8' ? Buffer.from([0xef, 0xbb, 0xbf]) : Buffer.alloc(0);
}

export function encodeCsv(text: string, encoding: TextEncoding): Buffer {
  return encoding === 'utf-8' ? Buffer.from(text, 'utf8') : encodeCp932(text);
}

/** The first character that the encoding cannot write; null when there is none. */
export function findUnwritable(text: string, encoding: TextEncoding): string | null {
  if (encoding === 'utf-8') return null;
  const written = encodeCp932(text);
  // iconv writes what it does not know as `?`: as many of them as before, and all is well.
  if (count(written, questionMark) === count(Buffer.from(text), questionMark)) return null;
  for (const character of text) {
    if (character !== '?' && encodeCp932(character).equals(Buffer.of(questionMark))) {
      return character;
    }
  }
  return null;
}

/**
 * Signs that JIS has once and Unicode twice: Windows writes the second of each pair where others
 * write the first, and CP932 knows Windows' alone.
 */
const windowsTwins: Readonly<Record<string, string>> = {
  '\u301c': '\uff5e', // 〜 wave dash
  '\u2212': '\uff0d', // − minus
  '\u2014': '\u2015', // — dash
  '\u2016': '\u2225', // ‖ double bar
};

function encodeCp932(text: string): Buffer {
  const windows = text.replace(/[\u301c\u2212\u2014\u2016]/g, (sign) => windowsTwins[sign] ?? sign);
  return iconv.encode(windows, 'cp932');
}

// No second byte of a CP932 character is 0x3F.
const questionMark = 0x3f;

function count(bytes: Buffer, wanted: number): number {
  let found = 0;
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) found += 1;
  return found;
}
