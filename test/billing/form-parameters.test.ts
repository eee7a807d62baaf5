import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { decodeForm, encodeForm, splitForm } from '../../billing/form-parameters.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

/** Text that CP932 holds: what comes back from it unchanged. */
const cp932Text = fc
  .string({ unit: fc.constantFrom(...'aZ9 &=+%~.*_-能表構髙﨑①㈱ｱｶﾞ〜～－−'), maxLength: 12 })
  .filter((text) => new TextDecoder('shift_jis').decode(iconv.encode(text, 'cp932')) === text);
const pairs = (text: fc.Arbitrary<string>) => fc.array(fc.tuple(text, text), { maxLength: 6 });
const whole = (name: string) => name !== '';

describe('a form', () => {
  test.each([
    ['cp932', cp932Text],
    ['utf-8', fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))],
  ] as const)('in %s is read as it was written', (encoding, text) => {
    fc.assert(
      fc.property(pairs(text), (given) => {
        const parameters = given.filter(([name]) => whole(name));
        const form = encodeForm(parameters, encoding);
        expect(form).not.toBeNull();
        const read = decodeForm(splitForm(form ?? Buffer.alloc(0)), encoding);
        expect(read).toEqual({ encoding, parameters });
      }),
    );
  });

  test('in UTF-8 is written as URLSearchParams writes it', () => {
    fc.assert(
      fc.property(pairs(fc.string({ unit: 'grapheme' })), (given) => {
        const parameters = given.filter((pair) => pair.every((text) => !text.includes('\0')));
        const theirs = new URLSearchParams(parameters);
        expect(encodeForm(parameters, 'utf-8')?.toString()).toBe(theirs.toString());
      }),
    );
  });

  test('is split as URLSearchParams splits it, whatever is in it', () => {
    const anything = fc.string({ unit: fc.constantFrom(...'ab%2=&+ 0F/?;'), maxLength: 30 });
    fc.assert(
      fc.property(anything, (text) => {
        const read = decodeForm(splitForm(bytes(text)), 'utf-8');
        // They replace what is no UTF-8, we refuse it.
        fc.pre(read !== null);
        expect(read?.parameters).toEqual([...new URLSearchParams(text.replace(/^\?/, '%3F'))]);
      }),
    );
  });

  test('that is valid UTF-8 is UTF-8, else CP932, else nothing', () => {
    const auto = (form: Buffer) => decodeForm(splitForm(form), 'auto');
    expect(auto(Buffer.from('a=能'))).toEqual({ encoding: 'utf-8', parameters: [['a', '能']] });
    expect(auto(iconv.encode('a=能&b=表', 'cp932'))).toEqual({
      encoding: 'cp932',
      parameters: [
        ['a', '能'],
        ['b', '表'],
      ],
    });
    expect(auto(bytes('a=%FF%FF'))).toBeNull();
    expect(auto(bytes('a=%00'))).toBeNull();
  });

  test('with a character that the encoding does not have is not written', () => {
    expect(encodeForm([['a', '😀']], 'cp932')).toBeNull();
    expect(encodeForm([['a', 'é']], 'cp932')).toBeNull();
  });
});
