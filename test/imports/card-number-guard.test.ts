import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import {
  CardNumberFoundError,
  type CardNumberGuardOptions,
  createCardNumberGuard,
} from '../../imports/card-number-guard.ts';

/** Completes a prefix to a number of the given length with a valid Luhn digit. */
function withLuhnDigit(prefix: string, length: number): string {
  const body = prefix.padEnd(length - 1, '0');
  const sum = [...body].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

const visa = withLuhnDigit('4', 16);
const cards = {
  visa,
  mastercard: withLuhnDigit('55', 16),
  'mastercard 2-series': withLuhnDigit('2221', 16),
  'mastercard 2-series, highest': withLuhnDigit('2720', 16),
  jcb: withLuhnDigit('3528', 16),
  'jcb, highest': withLuhnDigit('3589', 16),
  amex: withLuhnDigit('37', 15),
  diners: withLuhnDigit('36', 14),
};

function look(
  content: Uint8Array | string,
  options: CardNumberGuardOptions = { header: true },
  chunkSize = 65_536,
) {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const guard = createCardNumberGuard(options);
  for (let at = 0; at < bytes.length; at += chunkSize) {
    guard.write(bytes.subarray(at, at + chunkSize));
  }
  return guard.end();
}

const wide = (digits: string): string =>
  digits.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
const grouped = (digits: string, separator: string): string =>
  digits.replace(/(\d{4})(?=\d)/g, `$1${separator}`);

describe('card-number guard', () => {
  it.each(Object.entries(cards))('finds %s', (_name, card) => {
    const finding = { line: 3, columnNumber: 2, column: '備考' };
    expect(look(`番号,備考\n1,x\n2,${card}\n`)).toEqual(finding);
  });

  it.each([
    ['spaces', grouped(visa, ' ')],
    ['hyphens', grouped(visa, '-')],
    ['hyphens and spaces', grouped(visa, ' - ')],
    ['uneven groups', `${visa.slice(0, 6)} ${visa.slice(6)}`],
    ['full-width digits', wide(visa)],
    ['full-width digits and spaces', grouped(wide(visa), '　')],
    ['full-width digits and hyphens', grouped(wide(visa), '－')],
    ['long vowel marks', grouped(wide(visa), 'ー')],
    ['text around it', `カード${visa}です`],
    ['a letter before it', `No${visa}x`],
    ['a security code behind it', `${visa} 123`],
    ['an expiry before it', `12 26 ${visa}`],
    ['quotes', `"${grouped(visa, ' ')}"`],
    ['a line break in quotes', `"${visa.slice(0, 8)}\n${visa.slice(8)}"`],
  ])('finds it with %s, in every encoding', (_name, text) => {
    const content = `番号,備考\r\n1,${text}\r\n`;
    const finding = { line: 2, columnNumber: 2, column: '備考' };
    expect(look(content)).toEqual(finding);
    expect(look(`\ufeff${content}`)).toEqual(finding);
    expect(look(iconv.encode(content, 'cp932'))).toEqual(finding);
    expect(look(content, { header: true }, 3)).toEqual(finding);
    expect(look(iconv.encode(content, 'cp932'), { header: true }, 3)).toEqual(finding);
  });

  it.each(['\u200c', '\u200d', '\u2060', '\u2043', '\ufe58', '\ufe63'])(
    'finds it with %j, which CP932 does not know',
    (separator) => {
      expect(look(`番号,備考\n1,${grouped(visa, separator)}\n`)).not.toBeNull();
    },
  );

  it('exempts no column whose name stands twice', () => {
    const options = { header: true, exemptColumns: ['注文番号'] };
    expect(look(`注文番号,備考\n${visa},x\n`, options)).toBeNull();
    expect(look(`注文番号,備考,注文番号\n1,x,${visa}\n`, options)).not.toBeNull();
  });

  it('finds it in UTF-16 too', () => {
    const content = `a,b\n1,${visa}\n`;
    expect(look(iconv.encode(content, 'utf-16le', { addBOM: true }))).not.toBeNull();
    expect(look(iconv.encode(content, 'utf-16be', { addBOM: true }))).not.toBeNull();
  });

  it.each([
    ['a mask', `${visa.slice(0, 6)}******${visa.slice(12)}`],
    ['a wrong last digit', `${visa.slice(0, 15)}${(Number(visa[15]) + 1) % 10}`],
    ['no brand', withLuhnDigit('9', 16)],
    ['a longer number', `${visa}0`],
    ['two columns', `${visa.slice(0, 8)},${visa.slice(8)}`],
    ['two rows', `${visa.slice(0, 8)}\n1,${visa.slice(8)}`],
    ['a date and time', '20261122101500'],
    ['phones', '03-1234-5678'],
  ])('passes %s', (_name, text) => {
    expect(look(`番号,備考,x\n1,${text},2\n`)).toBeNull();
  });

  it('leaves out columns that hold our own numbers, by name and by position', () => {
    const content = `注文番号,備考\n${visa},x\n`;
    const named = { header: true, exemptColumns: ['注文番号'] };
    expect(look(content)).not.toBeNull();
    expect(look(content, named)).toBeNull();
    expect(look(iconv.encode(content, 'cp932'), named)).toBeNull();
    expect(look(`注文番号,備考\nあ,x\n${visa},${visa}\n`, named)).toMatchObject({ column: '備考' });
    expect(look(`1,2\n3,${visa}\n`, { header: false, exemptColumnNumbers: [2] })).toBeNull();
    expect(look(`${visa},2\n`, { header: false, exemptColumnNumbers: [2] })).toEqual({
      line: 1,
      columnNumber: 1,
      column: null,
    });
  });

  it('does not trust the columns of a broken row', () => {
    const options = { header: true, exemptColumns: ['注文番号'] };
    const head = '備考,注文番号\n';
    expect(look(`${head}x,${visa},y\n`, options)).toMatchObject({ line: 2, column: null });
    expect(look(`${head}"x"y,${visa}\n`, options)).toMatchObject({ line: 2, column: null });
    expect(look(`${head}"x,1\n2,${visa}\n`, options)).toBeNull();
    expect(look(`${head}"${visa},1\n2,3\n`, options)).toMatchObject({ line: 2 });
  });

  it('looks into the header and into text that is no CSV', () => {
    expect(look(`a,${visa}\n`)).toMatchObject({ line: 1 });
    expect(look(`x\ny\n${visa}`)).toMatchObject({ line: 3 });
    expect(look(visa)).toMatchObject({ line: 1 });
    const long = `${'x'.repeat(65_530)}${visa}${'y'.repeat(70_000)}`;
    expect(look(long)).toMatchObject({ line: 1, columnNumber: null });
    expect(look(`"${'x,'.repeat(40_000)}\n${visa}`)).toMatchObject({ line: 2 });
  });

  it('gives the physical line inside a field of several lines', () => {
    expect(look(`a,b\n"x\ny","z\n${visa}"\n`)).toMatchObject({ line: 4, columnNumber: 2 });
  });

  it('finds it wherever the chunks are cut and whatever stands around it', () => {
    const noise = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '能', '髙', ' ', 'ー') });
    const card = fc.constantFrom(...Object.values(cards));
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(
        noise,
        noise,
        card,
        size,
        fc.boolean(),
        (before, after, digits, chunk, isCp932) => {
          const text = `${before}${digits}${after}`;
          const content = isCp932 ? iconv.encode(text, 'cp932') : Buffer.from(text);
          expect(look(content, { header: false }, chunk)).not.toBeNull();
        },
      ),
    );
  });

  it('never gives the digits', () => {
    const finding = look(`a,b\n1,${visa}\n`);
    if (!finding) throw new Error('not found');
    const error = new CardNumberFoundError(finding);
    expect(`${error.message}${error.ja}${JSON.stringify(finding)}`).not.toContain(visa.slice(0, 8));
    expect(error.message).toContain('line 2, column b');
    expect(error.ja).toContain('2 行目、列「b」');
  });
});
