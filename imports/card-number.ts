// Prefixes and lengths: the public issuer identification ranges of the brands that the card layouts
// of our merchants know (VISA, MASTER, JCB, AMEX, DINERS).
const brands: readonly { readonly length: number; readonly prefix: RegExp }[] = [
  { length: 16, prefix: /^4/ },
  { length: 16, prefix: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/ },
  { length: 16, prefix: /^35(?:2[89]|[3-8])/ },
  { length: 15, prefix: /^3[47]/ },
  { length: 14, prefix: /^3(?:0[0-5]|095|[689])/ },
  { length: 16, prefix: /^3(?:0[0-5]|095|[689])/ },
];

const minDigits = 14;
const maxDigits = 16;

// Digits in groups between which only white space and hyphens stand, whatever their width, also one
// of none.
const separatorClass =
  '\\s\\0\\u00ad\\u200b-\\u200d\\u2060\\u2010-\\u2015\\u2043\\u2212\\ufe58\\ufe63\\u30fc\\uff0d\\uff70\\-';
const chain = new RegExp(`[0-9０-９](?:[${separatorClass}]*[0-9０-９]){13,}`, 'g');
const separators = new RegExp(`[${separatorClass}]+`);

/**
 * Position of the first full card number in a text, null when there is none: 14–16 digits, white
 * space and hyphens between them ignored, with a brand's prefix and a valid Luhn digit. Numbers next
 * to it, such as a security code, do not hide it; digits that run on without a break do.
 */
export function findCardNumber(text: string): number | null {
  for (const match of text.matchAll(chain)) {
    const groups = match[0].split(separators).map(toAsciiDigits);
    if (groups.some((_, first) => startsCardNumber(groups, first))) return match.index;
  }
  return null;
}

function startsCardNumber(groups: readonly string[], first: number): boolean {
  let digits = '';
  for (let index = first; index < groups.length; index += 1) {
    digits += groups[index];
    if (digits.length > maxDigits) return false;
    if (digits.length >= minDigits && isCardNumber(digits)) return true;
  }
  return false;
}

function isCardNumber(digits: string): boolean {
  const fits = brands.some(({ length, prefix }) => length === digits.length && prefix.test(digits));
  return fits && hasValidLuhnDigit(digits);
}

function hasValidLuhnDigit(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = digit * 2;
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function toAsciiDigits(text: string): string {
  return text.replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
}

/**
 * Quick look at raw bytes: false only when no run of digits can hold a card number in any encoding.
 * Bytes of other characters never end a run here, so that a doubtful run is looked at more closely.
 * Fewer than 16 digits can only be Amex or Diners, which begin with 3: dates and times pass quickly.
 */
export function mayHoldCardNumber(bytes: Uint8Array): boolean {
  if (bytes.length < minDigits) return false;
  let digits = 0;
  let startsWithThree = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    const kind = byteKinds[byte]!;
    if (kind === separatorByte) continue;
    if (kind === breakByte) {
      if (digits >= minDigits && startsWithThree) return true;
      digits = 0;
      startsWithThree = false;
      continue;
    }
    let isDigit = kind === digitByte;
    if (kind === highByte) {
      const next = bytes[at + 1] ?? 0;
      // Second byte of a CP932 character; after 0x82 it may be a full-width digit.
      const isPair = next >= 0x40 && next <= 0x7e;
      isDigit = isPair ? byte === 0x82 : byte === 0xef && next === 0xbc;
      if (isPair) at += 1;
    }
    if (!isDigit) continue;
    if (digits < 2 && (byte === threeByte || kind === highByte)) startsWithThree = true;
    digits += 1;
    if (digits >= maxDigits) return true;
  }
  return digits >= minDigits && startsWithThree;
}

const threeByte = 0x33;
const digitByte = 1;
const separatorByte = 2;
const highByte = 3;
const breakByte = 4;

const byteKinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x30 && byte <= 0x39) return digitByte;
  // NUL stands between the digits of UTF-16.
  if ([0x00, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0x2d].includes(byte)) return separatorByte;
  return byte >= 0x80 ? highByte : breakByte;
});
