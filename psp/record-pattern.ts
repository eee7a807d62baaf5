import type { LayoutField, RecordLayout } from './record-layout.ts';

/**
 * The source of a pattern for the columns of a record, all of them there, unquoted and as the layout wants
 * them: one look where `decodeRecord` takes one at each column. What it does not match may fit all the
 * same (text that takes more than a byte a character, a number with zeros in front), which `decodeRecord`
 * says.
 *
 * @param groups columns that become groups of the pattern, in the order of the layout
 */
export function columnsPattern({ fields }: RecordLayout, groups: readonly string[]): string {
  return fields
    .map((field) => (groups.includes(field.id) ? `(${valuePattern(field)})` : valuePattern(field)))
    .join(',');
}

const characters = { digits: '[0-9]', ascii: '[\\x21\\x23-\\x2b\\x2d-\\x7e]' } as const;
const nothing = '(?!)';

function valuePattern(field: LayoutField): string {
  const { type, maxLength, minimum = 0, maxBytes, required } = field;
  const least = required ? 1 : 0;
  if (type === 'constant') return (field.constant ?? '').replace(/[^0-9A-Za-z]/g, '\\$&');
  if (type === 'unused') return '';
  if (type === 'date_time') return maxLength < 14 ? nothing : `(?:[0-9]{14})${required ? '' : '?'}`;
  if (type === 'text') {
    // Of plain ASCII every character is one byte.
    const character = maxBytes === undefined ? '[^,"\\r\\n]' : '[\\x20\\x21\\x23-\\x2b\\x2d-\\x7e]';
    return `${character}{${least},${Math.min(maxLength, maxBytes ?? maxLength)}}`;
  }
  if (minimum > 1) return nothing;
  if (minimum === 1) return `(?:[1-9][0-9]{0,${maxLength - 1}})${required ? '' : '?'}`;
  return `${characters[type]}{${least},${maxLength}}`;
}
