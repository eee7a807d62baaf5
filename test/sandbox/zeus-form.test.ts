import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FormEncoding, readForm, writeForm } from '../../sandbox/zeus/form.ts';

const characters = [...'aZ09 *-._+&=%~能表構髙﨑①㈱ｱﾊﾞ〜'];

test.each(['cp932', 'utf-8'] as const)('what is written in %s is read again', (encoding) => {
  const text = fc.array(fc.constantFrom(...writable(encoding))).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { minLength: 1 }), (parameters) => {
      // A pair without a name and a value writes only its equals sign, and is one all the same.
      expect(readForm(Buffer.from(writeForm(parameters, encoding)), encoding)).toEqual(parameters);
    }),
  );
});

test('the percents stand over the bytes of the encoding', () => {
  expect(writeForm([['name', '表 1']], 'cp932')).toBe('name=%95%5C+1');
  expect(writeForm([['name', '表 1']], 'utf-8')).toBe('name=%E8%A1%A8+1');
});

test('bytes of another encoding are refused', () => {
  expect(() => readForm(Buffer.from('name=%95%5C'), 'utf-8')).toThrow();
});

/** WAVE DASH is not in CP932, which has FULLWIDTH TILDE in its place. */
function writable(encoding: FormEncoding): string[] {
  return encoding === 'utf-8' ? characters : characters.filter((one) => one !== '〜');
}
