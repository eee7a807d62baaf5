import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { splitCsvFields } from '../../billing/csv-records.ts';
import { csvStart, encodeCsv, findUnwritable, writeCsv } from '../../billing/csv-writer.ts';

describe('a CSV that leaves', () => {
  it('quotes what must be quoted and ends its lines as Windows does', () => {
    expect(
      writeCsv([
        ['a', 1, null],
        ['b,c', 'd"e', 'f\ng'],
      ]),
    ).toBe('a,1,\r\n"b,c","d""e","f\ng"\r\n');
  });

  it('holds no text that a spreadsheet would run', () => {
    for (const start of ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n']) {
      const [field] = splitCsvFields(writeCsv([[`${start}1+1`]]).slice(0, -2));
      expect(field).toBe(`'${start}1+1`);
    }
    expect(writeCsv([[-5, '1-1', '月極']])).toBe('-5,1-1,月極\r\n');
  });

  it('is read back as it was written', () => {
    const text = fc.string().filter((value) => !/^[=+\-@＝＋－＠\t\r\n]/.test(value));
    fc.assert(
      fc.property(fc.array(text, { minLength: 2, maxLength: 5 }), (fields) => {
        expect(splitCsvFields(writeCsv([fields]).slice(0, -2))).toEqual(fields);
      }),
    );
  });

  it('is UTF-8 with a mark, or CP932 without', () => {
    expect(csvStart('utf-8').toString('hex')).toBe('efbbbf');
    expect(csvStart('cp932')).toHaveLength(0);
    expect(iconv.decode(encodeCsv('髙﨑①㈱ｱ', 'cp932'), 'cp932')).toBe('髙﨑①㈱ｱ');
    expect(encodeCsv('月', 'utf-8').toString('utf8')).toBe('月');
  });

  it('says which character CP932 does not have', () => {
    expect(findUnwritable('髙﨑①㈱ｱ〜～−－—‖?', 'cp932')).toBe(null);
    expect(findUnwritable('山田𠮷郎?', 'cp932')).toBe('𠮷');
    expect(findUnwritable('😀', 'cp932')).toBe('😀');
    expect(findUnwritable('😀', 'utf-8')).toBe(null);
  });
});
