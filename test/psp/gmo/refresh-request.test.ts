import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsvRows } from '../../../billing/csv-rows.ts';
import {
  encodeRefreshRequest,
  encodeRefreshRequestLine,
  formatRefreshReference,
  type RefreshRequestRow,
  readRefreshReference,
  readRefreshRequestFields,
} from '../../../psp/gmo/refresh-request.ts';
import { collect } from '../../byte-source.ts';

async function* batches(...of: RefreshRequestRow[][]) {
  yield* of;
}

async function readBack(bytes: Uint8Array): Promise<(RefreshRequestRow | null)[]> {
  async function* source() {
    yield bytes;
  }
  const rows = (await collect(readCsvRows(source(), 'cp932'))).flat();
  return rows.map((row) => (row.kind === 'readable' ? readRefreshRequestFields(row.fields) : null));
}

const row = (rest: Partial<RefreshRequestRow> = {}): RefreshRequestRow => ({
  ...{ memberId: 'US-00010000', sequence: '0', freeText: '202611-1' },
  ...rest,
});

describe('a refresh request', () => {
  test('is what stands in the golden file, byte for byte', async () => {
    const golden = readFileSync(new URL('../../fixtures/gmo/refresh-request.csv', import.meta.url));
    const rows = [
      row(),
      row({ memberId: 'member_7@shop', sequence: '12', freeText: '202611-2' }),
      row({ memberId: 'a\\b', sequence: "'0", freeText: '能表構ソ髙﨑①㈱ｶﾞ〜－"引用",カンマ' }),
    ];
    const bytes = Buffer.concat(
      await collect(encodeRefreshRequest(batches(rows.slice(0, 2), [], rows.slice(2)))),
    );
    expect(bytes.equals(golden)).toBe(true);
  });

  // Second bytes of 0x5C and 0x7C, signs that NEC and IBM added, half-width kana, and both wave dashes.
  const corner = fc.constantFrom(...'能表構ソ貼予―ポ髙﨑①㈱№ｶﾞ｡～－∥Ａ０ "\',;|\\/~');
  const key = fc.stringMatching(/^[\x21\x23-\x2b\x2d-\x7e]{1,40}$/);
  const text = fc.array(corner, { maxLength: 25 }).map((characters) => characters.join(''));

  test('is read back as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ memberId: key, sequence: key, freeText: text }), { maxLength: 20 }),
        async (rows) => {
          const bytes = Buffer.concat(await collect(encodeRefreshRequest(batches(rows))));
          expect(await readBack(bytes)).toEqual(rows);
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each([
    ['能'.repeat(25), true],
    [`${'能'.repeat(25)}a`, false],
    [`${'ｱ'.repeat(50)}`, true],
    ['a'.repeat(51), false],
    ['𠮷野家', false],
    ['€', false],
    ['a\nb', false],
  ])('自由項目 %j fits into 50 bytes of CP932 on one line: %s', (freeText, fits) => {
    const write = () => encodeRefreshRequestLine(row({ freeText }));
    if (fits) expect(write()).toBe(`"US-00010000","0","${freeText}"\r\n`);
    else expect(write).toThrow('freeText');
  });

  test('a key that does not fit is refused, never cut, and not named', () => {
    for (const memberId of ['', 'a b', 'a"b', 'a,b', '会員', 'm'.repeat(61)]) {
      expect(() => encodeRefreshRequestLine(row({ memberId }))).toThrow(
        /^a row does not fit the request: memberId/,
      );
    }
  });
});

describe('our reference in 自由項目', () => {
  test('names month and line', () => {
    expect(formatRefreshReference('2026-11', 1_000_000)).toBe('202611-1000000');
    expect(readRefreshReference('202611-1000000')).toEqual({ month: '2026-11', line: 1_000_000 });
  });
  test.each(['', '202613-1', '202611-0', '202611-01', '202611', '202611-1 ', '2026-11-1'])(
    '%j is none of ours',
    (text) => {
      expect(readRefreshReference(text)).toBeNull();
    },
  );
});
