import { describe, expect, test } from 'vitest';
import { createBrandReader } from '../../billing/card-brands.ts';

const read = createBrandReader({});

describe('a spelling of a card brand', () => {
  test.each([
    ['VISA', 'VISA'],
    ['Visa', 'VISA'],
    ['ＶＩＳＡ', 'VISA'],
    [' visa card ', 'VISA'],
    ['MASTERCARD', 'MASTER'],
    ['Master-Card', 'MASTER'],
    ['ﾏｽﾀｰｶｰﾄﾞ', 'MASTER'],
    ['ｊｃｂ', 'JCB'],
    ['AMERICAN EXPRESS', 'AMEX'],
    ['アメリカン・エキスプレス', 'AMEX'],
    ['American　Express', 'AMEX'],
    ['DinersClub', 'DINERS'],
    ['DINERS CLUB', 'DINERS'],
    ['ダイナース', 'DINERS'],
  ])('%s is %s', (text, brand) => {
    expect(read(text)).toBe(brand);
  });

  test.each(['', 'VISAA', 'UNIONPAY', '1', 'constructor'])('%j is none that is known', (text) => {
    expect(read(text)).toBeNull();
  });

  test("is also the merchant's own, and that wins", () => {
    const own = createBrandReader({ '1': 'VISA', 'AX card': 'AMEX', master: 'JCB' });
    expect([own('１'), own('AXカード'), own('ax CARD'), own('MASTER')]).toEqual([
      ...['VISA', null, 'AMEX', 'JCB'],
    ]);
  });
});
