import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDoubledOrderFinder } from '../../billing/doubled-orders.ts';

describe('doubled order numbers', () => {
  it('tells numbers apart that only look alike', () => {
    const finder = createDoubledOrderFinder();
    const long = ['9007199254740992', '9007199254740993', '1000000000000007', '2000000000000007'];
    const numbers = ['7', '07', '007', '7 ', '7 1', 'A7', 'A07', 'A 7', ' 7', 'A', '', ...long];
    for (const orderNumber of numbers) finder.add(orderNumber);
    expect([...finder.find()]).toEqual([]);
  });

  it('finds exactly those that stand there twice or more', () => {
    const orderNumber = fc.oneof(
      fc.integer({ min: 1, max: 40 }).map(String),
      fc.constantFrom(
        'A-1',
        'A-2',
        'A-01',
        'B-1',
        '01',
        'a',
        '',
        'ORD-2026-11-000000001',
        '123456789012345',
      ),
    );
    fc.assert(
      fc.property(fc.array(orderNumber, { maxLength: 60 }), (numbers) => {
        const finder = createDoubledOrderFinder();
        for (const number of numbers) finder.add(number);
        const expected = numbers.filter((number, at) => numbers.indexOf(number) !== at);
        expect([...finder.find()].sort()).toEqual([...new Set(expected)].sort());
      }),
    );
  });

  it('also where every number begins in its own way', () => {
    const finder = createDoubledOrderFinder();
    const numbers = Array.from({ length: 300 }, (_, at) => `${String.fromCharCode(65 + at)}-1`);
    for (const number of [...numbers, ...numbers.slice(250), 'A-1', 'B-1']) finder.add(number);
    expect([...finder.find()].sort()).toEqual([...numbers.slice(250), 'A-1', 'B-1'].sort());
  });
});
