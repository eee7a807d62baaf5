import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { listFiles, readBytes } from './checkout.ts';
import { decodeTexts, findCardNumbers, findSecrets, passesLuhn } from './identifiers.ts';

/** Files that hold what looks like a secret and is none, and why. */
const knownSecrets: Record<string, string> = {
  'docker/create-databases.sh': "psql's way to name a variable looks like an assignment",
};

/** A number with this prefix and a valid check digit: made here, so that no file holds one. */
function makeNumber(prefix: string, length: number): string {
  const body = prefix.padEnd(length - 1, '0');
  const digit = [...'0123456789'].find((last) => passesLuhn(body + last));
  return body + digit;
}

describe('card numbers', () => {
  it('are in no file', () => {
    const found = listFiles().flatMap((path) =>
      decodeTexts(readBytes(path)).flatMap((text) =>
        findCardNumbers(text).map((finding) => `${path}:${finding.line}: ${finding.what}`),
      ),
    );
    expect([...new Set(found)]).toEqual([]);
  });

  it.each([
    ['Visa', '4', 16],
    ['Mastercard', '51', 16],
    ['Mastercard', '2221', 16],
    ['JCB', '3528', 16],
    ['American Express', '34', 15],
    ['Diners Club', '36', 14],
    ['Diners Club', '3095', 14],
    ['Diners Club', '300', 16],
  ])('finds %s %s… of %i digits in any spelling', (brand, prefix, length) => {
    const number = makeNumber(prefix, length);
    const fullWidth = [...number]
      .map((d) => String.fromCharCode(d.charCodeAt(0) + 0xfee0))
      .join('');
    for (const spelling of [
      number,
      number.replace(/(\d{4})/g, '$1 '),
      number.replace(/(\d{4})(?=\d)/g, '$1-'),
      fullWidth,
      `12-34 ${number} 5678`,
    ]) {
      expect(findCardNumbers(`first line\nA,"${spelling}",B`)).toEqual([
        { line: 2, what: `${brand} number` },
      ]);
    }
  });

  it('finds one in a file that is CP932', () => {
    const bytes = iconv.encode(`顧客名,${makeNumber('4', 16)}\r\n`, 'cp932');
    expect(decodeTexts(bytes).some((text) => findCardNumbers(text).length > 0)).toBe(true);
  });

  it('leaves masks, wrong check digits and longer numbers alone', () => {
    const number = makeNumber('4', 16);
    const wrong = number.slice(0, -1) + ((Number(number.at(-1)) + 1) % 10);
    for (const text of [`**** **** **** ${number.slice(-4)}`, wrong, `1${number}`, `${number}0`]) {
      expect(findCardNumbers(text)).toEqual([]);
    }
  });
});

describe('secrets', () => {
  it('are in no file', () => {
    const files = listFiles();
    expect(Object.keys(knownSecrets).filter((path) => !files.includes(path))).toEqual([]);
    const found = files
      .filter((path) => !knownSecrets[path])
      .flatMap((path) =>
        findSecrets(readBytes(path).toString('latin1')).map(
          (finding) => `${path}:${finding.line}: ${finding.what}`,
        ),
      );
    expect(found).toEqual([]);
  });

  // Put together here: this file is scanned as well.
  it.each([
    ['private key', ['-----BEGIN ', 'PRIVATE KEY-----'].join('')],
    ['AWS key', `AKIA${'A1'.repeat(8)}`],
    ['GitHub token', `ghp_${'a1'.repeat(18)}`],
    ['Tsukigime token', `tsk_ab12_${'x'.repeat(32)}`],
    ['AES-256 key', Buffer.alloc(32, 7).toString('base64')],
    ['password in a URL', ['postgres://owner:', 'hunter2-hunter2@db:5432/a'].join('')],
    ['password', ['pass', "word: 'hunter2-hunter2'"].join('')],
  ])('finds a %s', (what, text) => {
    expect(findSecrets(`a\n${text}`)).toContainEqual({ line: 2, what });
  });

  it('knows placeholders', () => {
    const text = `postgres://owner:\${PASSWORD}@db/a postgres://user:password@host/a password: ''`;
    expect(findSecrets(text)).toEqual([]);
  });
});
