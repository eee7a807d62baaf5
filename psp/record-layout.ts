import { encodeCsv, findUnwritable } from '../billing/csv-writer.ts';
import type { Certainty } from '../billing/order-profile.ts';
import type { RowReason } from '../billing/row-reason.ts';

/** One column of a record, as data. Its position is its place in the list, never typed. */
export interface LayoutField {
  readonly id: string;
  /** The name the PSP's documents use. */
  readonly nameJa: string;
  /**
   * `constant` always holds `constant`; `digits` 0–9 only; `ascii` printable ASCII without comma,
   * quote and space; `date_time` yyyyMMddHHmmss in JST; `text` anything; `unused` stays empty.
   */
  readonly type: 'constant' | 'digits' | 'ascii' | 'date_time' | 'text' | 'unused';
  readonly constant?: string;
  readonly maxLength: number;
  /** Bytes of CP932 that a `text` may take. */
  readonly maxBytes?: number;
  readonly required: boolean;
  /** Smallest number a `digits` field may hold. */
  readonly minimum?: number;
  readonly certainty: Certainty;
  /** Where the column is known from. */
  readonly source: string;
}

/** The ordered columns of one kind of record. */
export interface RecordLayout {
  readonly id: string;
  readonly nameJa: string;
  readonly fields: readonly LayoutField[];
}

/** A value that does not fit its column. */
export interface FieldFinding {
  readonly field: string;
  readonly nameJa: string;
  /** Position of the column, from 1. */
  readonly position: number;
  readonly value: string;
  readonly reason: RowReason;
}

export type FieldValues = Readonly<Record<string, string | number | null>>;

export type EncodedRecord =
  | { readonly ok: true; readonly line: string }
  | { readonly ok: false; readonly findings: readonly FieldFinding[] };

const patterns = {
  digits: /^[0-9]+$/,
  ascii: /^[\x21\x23-\x2b\x2d-\x7e]+$/,
  date_time: /^[0-9]{14}$/,
} as const;

/**
 * Writes a record as one unquoted CSV line without its line break. A value that does not fit is
 * refused with its column; nothing is cut, padded or replaced.
 */
export function encodeRecord(layout: RecordLayout, values: FieldValues): EncodedRecord {
  return encodeFields(layout, values, unquoted);
}

/** The same with every column in quotes; a text may hold commas and quotes, but no line break. */
export function encodeQuotedRecord(layout: RecordLayout, values: FieldValues): EncodedRecord {
  return encodeFields(layout, values, quoted);
}

interface WritingStyle {
  readonly misfit: RegExp;
  write(value: string): string;
}

const unquoted: WritingStyle = { misfit: /[",\r\n]/, write: (value) => value };
const quoted: WritingStyle = {
  misfit: /[\r\n]/,
  write: (value) => `"${value.includes('"') ? value.replaceAll('"', '""') : value}"`,
};

function encodeFields(
  layout: RecordLayout,
  values: FieldValues,
  style: WritingStyle,
): EncodedRecord {
  let findings: FieldFinding[] | null = null;
  let line = '';
  const { fields } = layout;
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index]!;
    const value = field.type === 'constant' ? (field.constant ?? '') : textOf(values[field.id]);
    const finding =
      checkField(field, index, value) ?? checkWritable(field, index, value, style.misfit);
    if (finding) {
      findings ??= [];
      findings.push(finding);
    }
    line += index === 0 ? style.write(value) : `,${style.write(value)}`;
  }
  return findings ? { ok: false, findings } : { ok: true, line };
}

/**
 * Reads the columns of a record. Findings name every column that does not fit; columns beyond the
 * layout are left to the caller. `minWidth` allows records that end before the last columns.
 */
export function decodeRecord(
  layout: RecordLayout,
  columns: readonly string[],
  options: { readonly minWidth?: number } = {},
): { readonly values: Readonly<Record<string, string>>; readonly findings: FieldFinding[] } {
  const values: Record<string, string> = {};
  const findings: FieldFinding[] = [];
  const minWidth = options.minWidth ?? layout.fields.length;
  const { fields } = layout;
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index]!;
    const value = columns[index];
    values[field.id] = value ?? '';
    if (value === undefined && index < minWidth) {
      findings.push(toFinding(field, index, '', reasons.missing(field)));
      continue;
    }
    const finding = checkField(field, index, value ?? '');
    if (finding) findings.push(finding);
  }
  return { values, findings };
}

/** Position of a field in its layout, from 0. Throws when the layout has no such field. */
export function fieldIndex(layout: RecordLayout, id: string): number {
  const index = layout.fields.findIndex((field) => field.id === id);
  if (index < 0) throw new Error(`layout ${layout.id} has no field ${id}`);
  return index;
}

/** Position of a column the way a spreadsheet names it: 0 is A, 26 is AA. */
export function columnLetter(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : columnLetter(Math.floor(index / 26) - 1) + last;
}

/** Free text is the one type that may hold what a style of writing cannot carry. */
function checkWritable(
  field: LayoutField,
  index: number,
  value: string,
  misfit: RegExp,
): FieldFinding | null {
  if (field.type !== 'text' || !misfit.test(value)) return null;
  return toFinding(field, index, value, reasons.needsQuotes(field));
}

function textOf(value: string | number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

function checkField(field: LayoutField, index: number, value: string): FieldFinding | null {
  const reason = unfitReason(field, value);
  return reason && toFinding(field, index, value, reason);
}

function unfitReason(field: LayoutField, value: string): RowReason | null {
  if (field.type === 'constant') {
    return value === field.constant ? null : reasons.constant(field);
  }
  if (field.type === 'unused') return value === '' ? null : reasons.unused(field);
  if (value === '') return field.required ? reasons.empty(field) : null;
  if (field.type !== 'text' && !patterns[field.type].test(value)) return reasons.type(field);
  if (value.length > field.maxLength) return reasons.tooLong(field, value.length);
  if (field.minimum !== undefined && Number(value) < field.minimum) return reasons.tooSmall(field);
  return field.maxBytes === undefined ? null : checkBytes(field, value, field.maxBytes);
}

const oneByteEach = /^[\x20-\x7e]*$/;

function checkBytes(field: LayoutField, value: string, maxBytes: number): RowReason | null {
  // Of ASCII the length was looked at; what CP932 makes of the rest costs a look at every character.
  if (oneByteEach.test(value) && value.length <= maxBytes) return null;
  const unwritable = findUnwritable(value, 'cp932');
  if (unwritable !== null) return reasons.unwritable(field, unwritable);
  const { length } = encodeCsv(value, 'cp932');
  return length > maxBytes ? reasons.tooManyBytes(field, length, maxBytes) : null;
}

function toFinding(
  field: LayoutField,
  index: number,
  value: string,
  reason: RowReason,
): FieldFinding {
  return { field: field.id, nameJa: field.nameJa, position: index + 1, value, reason };
}

const typeNames = {
  digits: { ja: '半角数字', en: 'digits' },
  ascii: {
    ja: '半角英数字と記号 (カンマ、引用符、空白を除く)',
    en: 'ASCII without comma, quote, space',
  },
  date_time: { ja: 'yyyyMMddHHmmss の日時', en: 'a yyyyMMddHHmmss time' },
} as const;

const reasons = {
  missing: (field: LayoutField): RowReason => ({
    code: 'column_missing',
    ja: `${field.nameJa}の列がありません`,
    en: `the record ends before ${field.id}`,
  }),
  empty: (field: LayoutField): RowReason => ({
    code: 'value_empty',
    ja: `${field.nameJa}が空です`,
    en: `${field.id} is empty`,
  }),
  constant: (field: LayoutField): RowReason => ({
    code: 'value_not_constant',
    ja: `${field.nameJa}は ${field.constant} でなければなりません`,
    en: `${field.id} must be ${field.constant}`,
  }),
  unused: (field: LayoutField): RowReason => ({
    code: 'value_not_empty',
    ja: `${field.nameJa}は空でなければなりません`,
    en: `${field.id} must be empty`,
  }),
  type: (field: LayoutField): RowReason => {
    const name = typeNames[field.type as keyof typeof typeNames];
    return {
      code: 'value_type',
      ja: `${field.nameJa}は${name.ja}で記載します`,
      en: `${field.id} must be ${name.en}`,
    };
  },
  tooLong: (field: LayoutField, length: number): RowReason => ({
    code: 'value_too_long',
    ja: `${field.nameJa}は ${field.maxLength} 文字以内です (${length} 文字)`,
    en: `${field.id} has ${length} characters, at most ${field.maxLength} fit`,
  }),
  tooManyBytes: (field: LayoutField, bytes: number, maxBytes: number): RowReason => ({
    code: 'value_too_long',
    ja: `${field.nameJa}は ${maxBytes} バイト以内です (${bytes} バイト)`,
    en: `${field.id} has ${bytes} bytes of CP932, at most ${maxBytes} fit`,
  }),
  unwritable: (field: LayoutField, character: string): RowReason => ({
    code: 'value_unwritable',
    ja: `${field.nameJa}の「${character}」は CP932 (Shift_JIS) では書けません`,
    en: `CP932 has no ${character}, which stands in ${field.id}`,
  }),
  needsQuotes: (field: LayoutField): RowReason => ({
    code: 'value_needs_quotes',
    ja: `${field.nameJa}にカンマ、引用符、改行は使えません`,
    en: `${field.id} must not hold a comma, quote or line break`,
  }),
  tooSmall: (field: LayoutField): RowReason => ({
    code: 'value_too_small',
    ja: `${field.nameJa}は ${field.minimum} 以上でなければなりません`,
    en: `${field.id} must be at least ${field.minimum}`,
  }),
};
