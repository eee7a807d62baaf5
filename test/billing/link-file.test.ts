import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitCsvFields } from '../../billing/csv-records.ts';
import { parseCustomerId } from '../../billing/customer-id.ts';
import {
  checkLinkRow,
  type LinkRow,
  linkFileName,
  writeLinkFile,
} from '../../billing/link-file.ts';
import type { TextEncoding } from '../../billing/text-encoding.ts';

async function write(rows: readonly LinkRow[], encoding: TextEncoding, header = true) {
  const pieces: Buffer[] = [];
  async function* batches() {
    yield rows;
  }
  for await (const piece of writeLinkFile(batches(), { encoding, header })) pieces.push(piece);
  return Buffer.concat(pieces);
}

const rows = [
  { customerNumber: '00123', customerId: 10_000 },
  { customerNumber: '能-7', customerId: 10_001 },
  { customerNumber: '=1+1', customerId: 10_002 },
  { customerNumber: '@a,"b"', customerId: 10_003 },
];

describe('a link file', () => {
  test('has the two columns of the manual, in CP932, every number as it is', async () => {
    const bytes = await write(rows, 'cp932');
    expect(new TextDecoder('shift_jis', { fatal: true }).decode(bytes)).toBe(
      '旧カートの顧客番号(連携用ID),サブスクストアの顧客ID\r\n' +
        '00123,US-00010000\r\n能-7,US-00010001\r\n=1+1,US-00010002\r\n"@a,""b""",US-00010003\r\n',
    );
  });

  test('is UTF-8 without a mark, and without a header line, where the settings say so', async () => {
    const bytes = await write(rows.slice(0, 2), 'utf-8', false);
    expect(bytes.toString()).toBe('00123,US-00010000\r\n能-7,US-00010001\r\n');
  });

  test('gives back every number that the check lets pass', async () => {
    const linkRows = fc.record({
      customerNumber: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      customerId: fc.integer({ min: 1, max: 99_999_999 }),
    });
    await fc.assert(
      fc.asyncProperty(
        linkRows,
        fc.constantFrom<TextEncoding>('cp932', 'utf-8'),
        async (row, encoding) => {
          if (checkLinkRow(row, encoding) !== null) return;
          const bytes = await write([row], encoding, false);
          const label = encoding === 'cp932' ? 'shift_jis' : 'utf-8';
          const text = new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes);
          const [number = '', id = ''] = splitCsvFields(text.slice(0, -2));
          // Windows has one sign where Unicode has two (〜, −): they are the same one to a CP932 machine.
          const same = (a: string) => (encoding === 'cp932' ? a.replace(/[〜−—‖]/g, '') : a);
          expect(same(number).replace(/[～－―∥]/g, '')).toBe(
            same(row.customerNumber).replace(/[～－―∥]/g, ''),
          );
          expect(parseCustomerId(id)).toBe(row.customerId);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('of a migration has a name of its own each time', () => {
    expect(linkFileName(1, 2)).toBe('link-001-02.csv');
  });
});

describe('a customer of a link file', () => {
  test('must have a number that the encoding can write', () => {
    const row = { customerNumber: '吉𠮷1' };
    expect(checkLinkRow(row, 'cp932')).toMatchObject({
      code: 'unwritable_character',
      ja: expect.stringContaining('𠮷'),
    });
    expect(checkLinkRow(row, 'utf-8')).toBeNull();
    expect(checkLinkRow({ customerNumber: '髙﨑①㈱' }, 'cp932')).toBeNull();
  });

  test('must have a number without line breaks', () => {
    expect(checkLinkRow({ customerNumber: '1\n2' }, 'utf-8')?.code).toBe('control_character');
  });
});
