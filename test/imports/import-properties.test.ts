import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCardRow } from '../../imports/card-row.ts';
import { readCustomerRow } from '../../imports/customer-row.ts';
import {
  createPostalLookup,
  normalizePostalCode,
  prefectures,
} from '../../imports/postal-codes.ts';

const checks = {
  findPrefectures: createPostalLookup(['9999999']),
  genders: new Set(['女性']),
  tagSeparator: '|',
  occupations: null,
  tags: null,
};
/** Cells that are often right, so that rows are good, bad and in between. */
const cell = fc.oneof(
  fc.constantFrom('', '1', 'GMO', 'ZEUS', 'US-00000001', 'US-00000001-01', '123', 'VISA', '1230'),
  fc.string(),
);

test('a row of whatever cells is good or has errors, never both, never neither', () => {
  fc.assert(
    fc.property(fc.array(cell, { minLength: 17, maxLength: 17 }), (cells) => {
      const at = { kind: 'cells', record: 1, line: 2, cells } as const;
      for (const service of ['ZEUS', 'GMO', 'YAMATO'] as const) {
        const card = readCardRow(at, { service, hasCustomer: () => true, month: '2026-11' });
        expect(card.row === null).toBe(card.errors.length > 0);
      }
      const customer = readCustomerRow(at, checks);
      expect(customer.row === null).toBe(customer.errors.length > 0);
    }),
  );
});

test('what rows are found by fits into an index, whatever the file holds', () => {
  const textsOf = (column: number, cell: string) => {
    const cells = Array.from({ length: 17 }, (_, at) => (at === column ? cell : ''));
    const at = { kind: 'cells', record: 1, line: 2, cells } as const;
    const { errors } =
      column === 0
        ? readCustomerRow(at, checks)
        : readCardRow(at, { service: 'YAMATO', hasCustomer: () => true, month: '2026-11' });
    return errors.map(({ text }) => text);
  };
  for (const [column, text] of [
    [0, '【顧客番号】は100文字以内で記載します'],
    [6, '【連番物理】は100文字以内で記載します。'],
  ] as const) {
    expect(textsOf(column, '9'.repeat(100))).not.toContain(text);
    expect(textsOf(column, '9'.repeat(101))).toContain(text);
  }
});

test('postal codes: both spellings are one code; extra ones exist everywhere', () => {
  expect(normalizePostalCode('880-0805')).toBe('8800805');
  expect(normalizePostalCode('8800805')).toBe('8800805');
  for (const text of ['880‐0805', '８８００８０５', '88-00805', '880-080', '']) {
    expect(normalizePostalCode(text)).toBeNull();
  }
  expect(checks.findPrefectures('8800805')).toEqual(['宮崎県']);
  expect(checks.findPrefectures('0000000')).toEqual([]);
  expect(checks.findPrefectures('9999999')).toHaveLength(47);
  // A code may lie in two prefectures.
  expect(checks.findPrefectures('4980000')).toEqual(['愛知県', '三重県']);
});

test('there are 47 prefectures, from 北海道 to 沖縄県', () => {
  expect(new Set(prefectures).size).toBe(47);
  expect([prefectures[0], prefectures[46]]).toEqual(['北海道', '沖縄県']);
});
