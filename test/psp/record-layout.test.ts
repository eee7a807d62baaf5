import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  columnLetter,
  decodeRecord,
  encodeRecord,
  fieldIndex,
  type LayoutField,
  type RecordLayout,
} from '../../psp/record-layout.ts';

const field = (id: string, rest: Partial<LayoutField>): LayoutField => ({
  id,
  nameJa: `${id}の名`,
  type: 'ascii',
  maxLength: 5,
  required: false,
  certainty: 'assumed',
  source: 'test',
  ...rest,
});

const layout: RecordLayout = {
  id: 'test',
  nameJa: 'テスト',
  fields: [
    field('kind', { type: 'constant', constant: '3', required: true }),
    field('number', { type: 'digits', required: true, minimum: 1 }),
    field('gap', { type: 'unused', maxLength: 0 }),
    field('name', {}),
    field('at', { type: 'date_time', maxLength: 14 }),
    field('note', { type: 'text' }),
  ],
};

describe('record layout', () => {
  it('writes the columns in their order, constants by themselves', () => {
    const values = { number: 42, name: 'A-1', at: '20261122101500', note: '備考' };
    expect(encodeRecord(layout, values)).toEqual({
      ok: true,
      line: '3,42,,A-1,20261122101500,備考',
    });
    expect(encodeRecord(layout, { number: 1, name: null })).toEqual({ ok: true, line: '3,1,,,,' });
  });

  it.each([
    [{ number: 0 }, 'number', 'value_too_small'],
    [{ number: '' }, 'number', 'value_empty'],
    [{ number: -5 }, 'number', 'value_type'],
    [{ number: 12.5 }, 'number', 'value_type'],
    [{ number: 1e21 }, 'number', 'value_type'],
    [{ number: Number.NaN }, 'number', 'value_type'],
    [{ number: '１２' }, 'number', 'value_type'],
    [{ number: 123_456 }, 'number', 'value_too_long'],
    [{ name: 'abcdef' }, 'name', 'value_too_long'],
    [{ name: 'a,b' }, 'name', 'value_type'],
    [{ name: 'a"b' }, 'name', 'value_type'],
    [{ name: 'a b' }, 'name', 'value_type'],
    [{ name: 'a\n' }, 'name', 'value_type'],
    [{ name: '能' }, 'name', 'value_type'],
    [{ gap: 'x' }, 'gap', 'value_not_empty'],
    [{ at: '2026112210150' }, 'at', 'value_type'],
    [{ note: 'a,b' }, 'note', 'value_needs_quotes'],
  ])('refuses %j', (values, id, code) => {
    const encoded = encodeRecord(layout, { number: 1, ...values });
    expect(encoded).toMatchObject({ ok: false, findings: [{ field: id, reason: { code } }] });
  });

  it('names every column that does not fit, when writing and when reading', () => {
    const encoded = encodeRecord(layout, { number: 'x', name: 'toolong' });
    if (encoded.ok) throw new Error('was encoded');
    expect(encoded.findings.map((finding) => finding.position)).toEqual([2, 4]);
    const { findings } = decodeRecord(layout, ['4', 'x', 'y', 'toolong']);
    expect(findings.map(({ field: id, reason }) => [id, reason.code])).toEqual([
      ['kind', 'value_not_constant'],
      ['number', 'value_type'],
      ['gap', 'value_not_empty'],
      ['name', 'value_too_long'],
      ['at', 'column_missing'],
      ['note', 'column_missing'],
    ]);
  });

  it('reads records that end early where that is allowed', () => {
    expect(decodeRecord(layout, ['3', '7'], { minWidth: 2 })).toEqual({
      values: { kind: '3', number: '7', gap: '', name: '', at: '', note: '' },
      findings: [],
    });
  });

  it('reads back what it writes', () => {
    const ascii = fc.string({ unit: fc.constantFrom(...'aZ09-_./#'), maxLength: 5 });
    const values = fc.record({
      number: fc.integer({ min: 1, max: 99_999 }).map(String),
      name: ascii,
      note: fc.string({ unit: fc.constantFrom('能', 'a', ' '), maxLength: 5 }),
    });
    fc.assert(
      fc.property(values, (written) => {
        const encoded = encodeRecord(layout, written);
        if (!encoded.ok) throw new Error('was refused');
        const read = decodeRecord(layout, encoded.line.split(','));
        expect(read).toEqual({ values: { kind: '3', gap: '', at: '', ...written }, findings: [] });
      }),
    );
  });

  it('computes positions', () => {
    expect(fieldIndex(layout, 'name')).toBe(3);
    expect(() => fieldIndex(layout, 'other')).toThrow('no field other');
    expect([0, 14, 25, 26, 27].map(columnLetter)).toEqual(['A', 'O', 'Z', 'AA', 'AB']);
  });
});
