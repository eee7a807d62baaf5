import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvRecordSplitter, splitCsvFields } from '../../billing/csv-records.ts';

interface Seen {
  readonly line: number;
  readonly text: string;
  readonly problem: string | null;
}

function split(text: string, chunkSize = 1_000_000, maxRecordBytes = 65_536): Seen[] {
  const splitter = new CsvRecordSplitter({ maxRecordBytes });
  const bytes = Buffer.from(text, 'utf8');
  const records = [];
  for (let at = 0; at < bytes.length; at += chunkSize) {
    records.push(...splitter.push(bytes.subarray(at, at + chunkSize)));
  }
  records.push(...splitter.end());
  return records.map(({ line, bytes: record, problem }) => ({
    line,
    text: Buffer.from(record).toString('utf8'),
    problem,
  }));
}

const good = (line: number, text: string): Seen => ({ line, text, problem: null });

describe('CsvRecordSplitter', () => {
  it('ends records at LF, CRLF and CR, with or without a last one', () => {
    const expected = [good(1, 'a,b'), good(2, 'c,d')];
    for (const text of ['a,b\nc,d', 'a,b\r\nc,d\r\n', 'a,b\rc,d\r', 'a,b\nc,d\n']) {
      expect(split(text)).toEqual(expected);
    }
  });

  it('drops blank lines and counts them', () => {
    expect(split('a\n\n\r\nb\n\n')).toEqual([good(1, 'a'), good(4, 'b')]);
    expect(split('')).toEqual([]);
    expect(split('\n\n')).toEqual([]);
  });

  it('keeps line breaks inside quotes and counts physical lines', () => {
    const text = 'h\r\n"a\nb","c\r\nd"\r\ne\r\n';
    expect(split(text)).toEqual([good(1, 'h'), good(2, '"a\nb","c\r\nd"'), good(5, 'e')]);
  });

  it('drops a byte order mark, also before a quote', () => {
    expect(split('\ufeff"a\nb"\nc')).toEqual([good(1, '"a\nb"'), good(3, 'c')]);
    expect(split('\ufeff')).toEqual([]);
  });

  it('leaves quotes inside an unquoted field alone', () => {
    expect(split('a "b" c,d\ne')).toEqual([good(1, 'a "b" c,d'), good(2, 'e')]);
  });

  it('gives one line back for a quote that does not close and reads on', () => {
    const text = 'a,"b,c\nd,e\nf,"g ""h"""\ni,j\n';
    expect(split(text)).toEqual([
      { line: 1, text: 'a,"b,c', problem: 'quote' },
      good(2, 'd,e'),
      good(3, 'f,"g ""h"""'),
      good(4, 'i,j'),
    ]);
  });

  it('gives one line back for text behind a closing quote', () => {
    expect(split('"a"b,c\nd')).toEqual([
      { line: 1, text: '"a"b,c', problem: 'quote' },
      good(2, 'd'),
    ]);
    expect(split('"a\nb"c,d\ne')).toEqual([
      { line: 1, text: '"a', problem: 'quote' },
      good(2, 'b"c,d'),
      good(3, 'e'),
    ]);
  });

  it('gives up on an open quote after the longest record, not after the file', () => {
    const rows = Array.from({ length: 50 }, (_, index) => `row ${index},x`);
    const seen = split(`"open,x\n${rows.join('\n')}`, 7, 100);
    expect(seen[0]).toEqual({ line: 1, text: '"open,x', problem: 'quote' });
    expect(seen.slice(1)).toEqual(rows.map((row, index) => good(index + 2, row)));
  });

  it('gives an overlong line in pieces and reads on', () => {
    const seen = split(`${'x'.repeat(250)}\nnext`, 30, 100);
    expect(seen.slice(0, -1).every((piece) => piece.problem === 'too_long')).toBe(true);
    expect(
      seen
        .slice(0, -1)
        .map((piece) => piece.text)
        .join(''),
    ).toBe('x'.repeat(250));
    expect(seen.at(-1)).toEqual(good(2, 'next'));
  });

  it('reads what another writer writes, however the bytes are cut', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r\n', '髙', ' ', '1') });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { minLength: 1 });
    const ends = fc.constantFrom('\n' as const, '\r\n' as const);
    fc.assert(
      fc.property(table, ends, fc.integer({ min: 1, max: 40 }), (rows, end, chunkSize) => {
        const text = stringify(rows, { record_delimiter: end, quoted: true });
        const seen = split(text, chunkSize);
        expect(seen.every((record) => record.problem === null)).toBe(true);
        expect(seen.map((record) => splitCsvFields(record.text))).toEqual(rows);
        const lines = text.split(/\r\n|\n/);
        for (const { line, text: record } of seen) {
          expect(record.startsWith(lines[line - 1] ?? '?')).toBe(true);
        }
      }),
    );
  });

  it('gives the same records whatever the chunks, also for broken text', () => {
    const broken = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', 'b') });
    fc.assert(
      fc.property(broken, fc.integer({ min: 1, max: 9 }), (text, chunkSize) => {
        expect(split(text, chunkSize, 20)).toEqual(split(text, 1_000_000, 20));
      }),
    );
  });

  it('loses no character that is not a line break, whatever is broken', () => {
    const broken = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', 'b') });
    const withoutBreaks = (text: string): string => text.replace(/[\r\n]/g, '');
    fc.assert(
      fc.property(broken, (text) => {
        const seen = split(text, 5, 20).map((record) => record.text);
        expect(withoutBreaks(seen.join(''))).toBe(withoutBreaks(text));
      }),
    );
  });
});
