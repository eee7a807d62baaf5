import { describe, expect, test } from 'vitest';
import { holdsCardNumber } from '../../imports/carrier-call-guard.ts';
import { cardLikeNumber } from '../db/card-like-number.ts';

const number = cardLikeNumber();
const fullWidth = number.replace(/\d/g, (digit) =>
  String.fromCharCode(digit.charCodeAt(0) + 0xfee0),
);
const holds = (text: string) => holdsCardNumber(Buffer.from(text), ['ordd']);

describe('the guard of calls', () => {
  test.each([
    ['as a value', `a=${number}`],
    ['as a name', `${number}=a`],
    ['with plus signs between', `a=${number.replace(/(....)/g, '$1+')}`],
    ['escaped', `a=${[...number].map((digit) => `%3${digit}`).join('')}`],
    ['in full width', `a=${encodeURIComponent(fullWidth)}`],
    ['in JSON', `{"a":"${number}"}`],
    ['in a name that only looks exempt', `ordd%20=${number}`],
  ])('finds a card number %s', (_where, text) => {
    expect(holds(text)).toBe(true);
  });

  test.each([
    ['an オーダーNo', `ordd=${number}&a=1`],
    ['digits of two values', `a=${number.slice(0, 8)}&b=${number.slice(8)}`],
    ['a telephone number', 'telno=09000000000'],
    ['nothing', ''],
  ])('lets %s pass', (_what, text) => {
    expect(holds(text)).toBe(false);
  });
});
