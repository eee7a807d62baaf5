import { isAscii } from 'node:buffer';
import { splitForm } from '../billing/form-parameters.ts';
import { findCardNumber } from './card-number.ts';

const utf8 = new TextDecoder('utf-8');
const cp932 = new TextDecoder('shift_jis');

/**
 * Whether a call holds a full card number, in a name or a value, however it is escaped. What is no
 * form is one long name, so it is looked at whole.
 *
 * @param exempt names of parameters that hold the PSP's own numbers, which may be as long.
 */
export function holdsCardNumber(bytes: Uint8Array, exempt: readonly string[]): boolean {
  return splitForm(bytes).some(({ name, value }) => {
    const isExempt = isAscii(name) && exempt.includes(utf8.decode(name));
    return !isExempt && (mayBeCardNumber(name) || mayBeCardNumber(value));
  });
}

function mayBeCardNumber(bytes: Uint8Array): boolean {
  if (bytes.length < 14) return false;
  if (findCardNumber(utf8.decode(bytes)) !== null) return true;
  return !isAscii(bytes) && findCardNumber(cp932.decode(bytes)) !== null;
}
