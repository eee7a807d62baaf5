import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestIndex } from '../../../psp/paygent/request-index.ts';
import { record } from './records.ts';

describe('RequestIndex', () => {
  it('finds what was added and nothing else', () => {
    const text = fc.string({ unit: fc.constantFrom(...'AB12-'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(text), fc.array(text), (added, asked) => {
        const index = new RequestIndex();
        const expected = new Map<string, number>();
        added.forEach((orderNumber, at) => {
          const isNew = index.add(at, record({ orderNumber, amountYen: at + 1 }));
          expect(isNew).toBe(!expected.has(orderNumber));
          if (isNew) expected.set(orderNumber, at);
        });
        expect(index.size).toBe(expected.size);
        for (const orderNumber of [...added, ...asked]) {
          const slot = index.find(orderNumber);
          const line = expected.get(orderNumber);
          expect(slot === null ? undefined : index.read(slot)).toEqual(
            line === undefined
              ? undefined
              : { line, record: record({ orderNumber, amountYen: line + 1 }) },
          );
        }
      }),
    );
  });

  it('grows over many chunks', () => {
    const index = new RequestIndex();
    for (let at = 0; at < 60_000; at += 1) {
      index.add(at, record({ orderNumber: `ORDER-${at}`, previousOrderNumber: null }));
    }
    for (const at of [0, 1, 1023, 1024, 31_234, 59_999]) {
      const slot = index.find(`ORDER-${at}`);
      expect(slot).toBe(at);
      expect(index.read(at)).toEqual({
        line: at,
        record: record({ orderNumber: `ORDER-${at}`, previousOrderNumber: null }),
      });
    }
    expect(index.find('ORDER-60000')).toBeNull();
    expect(index.find('ORDER-')).toBeNull();
  });
});
