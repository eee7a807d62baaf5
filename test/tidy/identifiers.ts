import { lineOf } from './source-scanner.ts';

/**
 * What must never be in the repository: card numbers and secrets. Written on its own, not with the
 * card-number guard of imports/: a mistake there must not hide a number here.
 */

export interface Finding {
  readonly line: number;
  readonly what: string;
}

/** Brand prefixes with the lengths they come in. */
const brands: readonly [name: string, pattern: RegExp][] = [
  ['Visa', /^4\d{15}$/],
  ['Mastercard', /^(?:5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12})$/],
  ['JCB', /^35(?:2[89]|[3-8]\d)\d{12}$/],
  ['American Express', /^3[47]\d{13}$/],
  ['Diners Club', /^3(?:0[0-5]\d|095|[689]\d\d)\d{10}(?:\d\d)?$/],
  ['Discover', /^6(?:011|5\d\d|4[4-9]\d)\d{12}$/],
];

export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Text of a file in either of the encodings that this project's files have. */
export function decodeTexts(bytes: Uint8Array): string[] {
  return ['utf-8', 'shift_jis'].map((encoding) => new TextDecoder(encoding).decode(bytes));
}

/** Digits as they may be written: full width, with spaces or hyphens of any kind between. */
export function findCardNumbers(text: string): Finding[] {
  const plain = text
    .replace(/[\uff10-\uff19]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replace(/[\u00a0\u3000]/g, ' ')
    .replace(/[\u2010-\u2015\u2212\uff0d]/g, '-');
  return [...plain.matchAll(/\d+(?:[ -]{1,2}\d+)*/g)].flatMap((run) => {
    const brand = findBrand(run[0].split(/\D+/));
    // The digits are not repeated: this text ends in a log.
    return brand ? [{ line: lineOf(plain, run.index), what: `${brand} number` }] : [];
  });
}

/** Looks at every row of neighbouring groups: a number may stand between others. */
function findBrand(groups: readonly string[]): string | undefined {
  for (let first = 0; first < groups.length; first += 1) {
    let digits = '';
    for (const group of groups.slice(first)) {
      digits += group;
      if (digits.length > 16) break;
      const brand = brands.find(([, pattern]) => pattern.test(digits));
      if (brand && passesLuhn(digits)) return brand[0];
    }
  }
  return undefined;
}

const secrets: readonly [what: string, pattern: RegExp][] = [
  ['private key', /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/g],
  ['AWS key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g],
  ['GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,})/g],
  ['Slack token', /\bxox[abprs]-[A-Za-z0-9-]{10,}/g],
  ['Stripe key', /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g],
  ['npm token', /\bnpm_[A-Za-z0-9]{36}\b/g],
  ['JSON web token', /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[\w-]{10,}/g],
  ['Tsukigime token', /\btsk_[a-z0-9]+_[A-Za-z0-9_-]{20,}/g],
  // 32 bytes in base64, as in TSUKIGIME_PAYLOAD_KEYS.
  ['AES-256 key', /(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])/g],
  // `${…}`, `<…>`, `…` and words that only stand for a password are none.
  [
    'password in a URL',
    /\b[a-z][a-z0-9+]*:\/\/[^\s:/@'"`]+:(?!\\?\$|<|\.\.|…|\*|%|(?:password|secret|postgres|pw|pass|x)\b)[^\s@/'"`]{3,}@/g,
  ],
  // ASCII alone: words of a page in Japanese stand under such names too.
  [
    'password',
    /\b(?:password|passwd|secret|api_?key|access_?key)["']?\s*[:=]\s*["'](?!\$|<|…|\*)[!#-&(-~]{12,}["']/gi,
  ],
];

export function findSecrets(text: string): Finding[] {
  return secrets.flatMap(([what, pattern]) =>
    [...text.matchAll(pattern)].map((match) => ({
      line: lineOf(text, match.index),
      what,
    })),
  );
}
