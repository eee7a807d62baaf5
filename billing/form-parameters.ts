import iconv from 'iconv-lite';
import { createStrictDecoder, type TextEncoding } from './text-encoding.ts';

/** `[name, value]` of a form, decoded. */
export type FormParameter = readonly [name: string, value: string];

/** The same before its text encoding is known. */
export interface FormParameterBytes {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

const percent = 0x25;
const plus = 0x2b;
const space = 0x20;
const equals = 0x3d;
const ampersand = 0x26;

/**
 * Takes `application/x-www-form-urlencoded` apart into bytes (WHATWG URL standard, 5.1): what is no
 * escape stays as it is, nothing is dropped but empty pieces between two ampersands.
 */
export function splitForm(bytes: Uint8Array): FormParameterBytes[] {
  const parameters: FormParameterBytes[] = [];
  for (let start = 0; start <= bytes.length; ) {
    const found = bytes.indexOf(ampersand, start);
    const end = found < 0 ? bytes.length : found;
    if (end > start) {
      const piece = bytes.subarray(start, end);
      const at = piece.indexOf(equals);
      parameters.push({
        name: unescapeBytes(at < 0 ? piece : piece.subarray(0, at)),
        value: at < 0 ? new Uint8Array(0) : unescapeBytes(piece.subarray(at + 1)),
      });
    }
    start = end + 1;
  }
  return parameters;
}

function unescapeBytes(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    const escaped = byte === percent ? hexByte(bytes[at + 1], bytes[at + 2]) : null;
    if (escaped !== null) at += 2;
    out[length] = escaped ?? (byte === plus ? space : byte);
    length += 1;
  }
  return out.subarray(0, length);
}

function hexByte(high: number | undefined, low: number | undefined): number | null {
  const digits = String.fromCharCode(high ?? 0, low ?? 0);
  return /^[0-9A-Fa-f]{2}$/.test(digits) ? Number.parseInt(digits, 16) : null;
}

/**
 * The parameters as text, with the encoding they were in.
 *
 * @param encoding `auto` = UTF-8 where all of it is valid UTF-8, else CP932: Japanese CP932 is almost
 *   never valid UTF-8.
 * @returns null when they are no text in that encoding.
 */
export function decodeForm(
  parameters: readonly FormParameterBytes[],
  encoding: TextEncoding | 'auto',
): { readonly encoding: TextEncoding; readonly parameters: FormParameter[] } | null {
  const candidates: TextEncoding[] = encoding === 'auto' ? ['utf-8', 'cp932'] : [encoding];
  for (const candidate of candidates) {
    const decode = createStrictDecoder(candidate);
    const decoded: FormParameter[] = [];
    for (const { name, value } of parameters) {
      const pair = [decode(name), decode(value)] as const;
      if (pair[0] === null || pair[1] === null) break;
      decoded.push([pair[0], pair[1]]);
    }
    if (decoded.length === parameters.length) return { encoding: candidate, parameters: decoded };
  }
  return null;
}

/**
 * The parameters as the body of a form.
 * @returns null when a character does not exist in the encoding: nothing is sent with a "?" in it.
 */
export function encodeForm(
  parameters: readonly FormParameter[],
  encoding: TextEncoding,
): Buffer | null {
  const decode = createStrictDecoder(encoding);
  const pieces: string[] = [];
  for (const parameter of parameters) {
    const escaped: string[] = [];
    for (const text of parameter) {
      const bytes = iconv.encode(text, encoding);
      if (decode(bytes) !== text) return null;
      escaped.push(escapeFormBytes(bytes).toString('latin1'));
    }
    pieces.push(escaped.join('='));
  }
  return Buffer.from(pieces.join('&'), 'latin1');
}

/** What a form writes for each byte. */
const escapes = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (/[A-Za-z0-9*._-]/.test(character)) return Buffer.from(character);
  const hex = byte.toString(16).toUpperCase().padStart(2, '0');
  return Buffer.from(byte === space ? '+' : `%${hex}`);
});

/** One name or value of a form, whatever its bytes are: also megabytes of a file. */
export function escapeFormBytes(bytes: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(bytes.length * 3);
  let length = 0;
  for (const byte of bytes) {
    const escaped = escapes[byte] as Buffer;
    out.set(escaped, length);
    length += escaped.length;
  }
  return out.subarray(0, length);
}
