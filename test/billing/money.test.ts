import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatYen, maxOrderAmountYen, parseYen } from '../../billing/money.ts';

describe('parseYen', () => {
  it.each([
    ['7988', 7988],
    ['7,988', 7988],
    ['7,988 円', 7988],
    ['7988円', 7988],
    ['¥7,988', 7988],
    ['￥７，９８８', 7988],
    ['７９８８　円', 7988],
    ['\\7,988', 7988],
    [' 12 ', 12],
    ['0', 0],
    ['1,234,567', 1_234_567],
    ['9,999,999', maxOrderAmountYen],
  ])('reads %j as %i', (text, amountYen) => {
    expect(parseYen(text)).toEqual({ ok: true, amountYen });
  });

  it.each([
    ['', 'amount_empty'],
    ['　', 'amount_empty'],
    ['abc', 'amount_unreadable'],
    ['1e3', 'amount_unreadable'],
    ['-300', 'amount_unreadable'],
    ['−300', 'amount_unreadable'],
    ['－300', 'amount_unreadable'],
    ['12.5', 'amount_unreadable'],
    ['12.0', 'amount_unreadable'],
    ['1,2345', 'amount_unreadable'],
    ['12,34', 'amount_unreadable'],
    [',988', 'amount_unreadable'],
    ['7,988,', 'amount_unreadable'],
    ['0x10', 'amount_unreadable'],
    ['+5', 'amount_unreadable'],
    ['007', 'amount_unreadable'],
    ['①', 'amount_unreadable'],
    ['7 988', 'amount_unreadable'],
    ['7988円円', 'amount_unreadable'],
    ['NaN', 'amount_unreadable'],
    ['10,000,000', 'amount_too_large'],
    ['99999999999999999999', 'amount_too_large'],
  ])('refuses %j: %s', (text, code) => {
    const parsed = parseYen(text);
    expect(parsed.ok).toBe(false);
    expect(parsed).toMatchObject({ reason: { code } });
  });

  it('reads back every amount it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: maxOrderAmountYen }), (amountYen) => {
        expect(parseYen(formatYen(amountYen))).toEqual({ ok: true, amountYen });
      }),
    );
  });
});
