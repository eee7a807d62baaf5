import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeySet } from '../../imports/key-set.ts';

test('a key that was added is always found again', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (keys) => {
      const set = new KeySet();
      for (const key of keys) set.add(key);
      expect(keys.filter((key) => set.add(key))).toEqual([]);
    }),
  );
});

test('among 300,000 numbers of customers none is taken for another', () => {
  const set = new KeySet();
  const numbers = Array.from({ length: 100_000 }, (_, n) => [`${n}`, `C-${n}`, `${n}`.padStart(8)]);
  expect(numbers.flat().filter((number) => !set.add(number))).toEqual([]);
  expect(set.size).toBe(300_000);
  expect(set.add('C-99999')).toBe(false);
});
