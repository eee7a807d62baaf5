import iconv from 'iconv-lite';

/**
 * Forms as ZEUS writes and a shop reads them. A reading of its own, not that of billing/: what both
 * sides get wrong alike, no test would find.
 */

/** Parameters in their order; a name may stand twice. */
export type FormParameters = readonly (readonly [name: string, value: string])[];

/** How the values of a call are written before they are percent-encoded. */
export const FORM_ENCODINGS = ['cp932', 'utf-8'] as const;
export type FormEncoding = (typeof FORM_ENCODINGS)[number];

const labels = { cp932: 'shift_jis', 'utf-8': 'utf-8' } as const;
const unescaped = /[A-Za-z0-9*\-._]/;

/** `application/x-www-form-urlencoded`, the percents over the bytes of the given encoding. */
export function writeForm(parameters: FormParameters, encoding: FormEncoding): string {
  const write = (text: string) => percentEncode(encodeText(text, encoding));
  return parameters.map(([name, value]) => `${write(name)}=${write(value)}`).join('&');
}

/** Reads what `writeForm` wrote. Throws on bytes that the encoding does not know. */
export function readForm(body: Uint8Array, encoding: FormEncoding): FormParameters {
  const decoder = new TextDecoder(labels[encoding], { fatal: true });
  const read = (text: string) => decoder.decode(percentDecode(text));
  return Buffer.from(body)
    .toString('latin1')
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.includes('=') ? pair.indexOf('=') : pair.length;
      return [read(pair.slice(0, at)), read(pair.slice(at + 1))] as const;
    });
}

function encodeText(text: string, encoding: FormEncoding): Buffer {
  return encoding === 'utf-8' ? Buffer.from(text) : iconv.encode(text, 'cp932');
}

function percentEncode(bytes: Buffer): string {
  return [...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (character === ' ') return '+';
      if (unescaped.test(character)) return character;
      return `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
    })
    .join('');
}

function percentDecode(text: string): Buffer {
  const plain = text
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(plain, 'latin1');
}
