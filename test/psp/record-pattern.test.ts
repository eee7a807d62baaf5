import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dataLayout, resultLayout } from '../../psp/paygent/layouts.ts';
import { decodeRecord, type LayoutField, type RecordLayout } from '../../psp/record-layout.ts';
import { columnsPattern } from '../../psp/record-pattern.ts';

const field = (id: string, rest: Partial<LayoutField>): LayoutField => ({
  id,
  nameJa: `${id}の名`,
  type: 'digits',
  maxLength: 3,
  required: true,
  certainty: 'assumed',
  source: 'test',
  ...rest,
});

const ofDigits: RecordLayout = {
  id: 'test',
  nameJa: 'テスト',
  fields: [
    field('free', { required: false }),
    field('some', { minimum: 1 }),
    field('bytes', { type: 'text', maxLength: 5, maxBytes: 4 }),
    field('dot', { type: 'constant', constant: 'a.b' }),
  ],
};

/** Cells of which many fit somewhere. */
const cell = fc.oneof(
  fc.constantFrom(
    '',
    '3',
    '10',
    '0',
    '00',
    '000',
    '1',
    '07',
    '7',
    'a.b',
    'axb',
    'A-1',
    'c d',
    '能',
    '\r',
  ),
  fc.constantFrom('20261122101500', '2026112210150', '能登町', 'abcde', '"', 'a"b', 'x'.repeat(26)),
  fc.string({ maxLength: 6 }).map((text) => text.replaceAll(',', '')),
);

it.each([dataLayout('authorization'), dataLayout('capture', 14), resultLayout, ofDigits])(
  '$id: what matches is read without findings, and all that is plain matches',
  (layout) => {
    const ids = layout.fields.map(({ id }) => id);
    const pattern = new RegExp(`^${columnsPattern(layout, ids)}$`);
    const fits = layout.fields.map(({ type, constant = '' }) =>
      type === 'constant' || type === 'unused' ? constant : null,
    );
    const cells = fc
      .array(fc.tuple(cell, fc.double({ min: 0, max: 1 })), {
        minLength: ids.length - 1,
        maxLength: ids.length + 1,
      })
      .map((list) => list.map(([one, luck], at) => (luck < 0.95 ? (fits[at] ?? one) : one)));
    let matched = 0;
    fc.assert(
      fc.property(cells, (columns) => {
        const { values, findings } = decodeRecord(layout, columns);
        const found = pattern.exec(columns.join(','));
        if (found !== null) {
          matched += 1;
          expect([...found].slice(1)).toEqual(columns);
          expect(ids.map((id) => values[id])).toEqual(columns);
          expect(findings).toEqual([]);
        } else if (findings.length === 0 && columns.length === ids.length) {
          // Text that only a quoted record carries, or of more bytes than characters; zeros in front.
          expect(columns.join(',')).toMatch(/["\r\n]|[^\x20-\x7e]|,0+[1-9]/);
        }
      }),
      { numRuns: 3000 },
    );
    expect(matched).toBeGreaterThan(0);
  },
);
