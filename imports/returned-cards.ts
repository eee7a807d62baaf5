import type { CardService } from '../billing/card-service.ts';
import {
  headerKey,
  neededReturnedFields,
  RETURNED_FIELDS,
  type ReturnedField,
  type ReturnedLayout,
} from '../billing/returned-cards.ts';
import { UnusableFileError } from '../billing/row-reason.ts';
import type { TextEncoding } from '../billing/text-encoding.ts';
import type { ImportLayout } from './import-columns.ts';
import { checkHead, type ImportHead } from './import-head.ts';
import { type ImportRow, readRowsByLayout } from './import-rows.ts';

/** The service that gave a file back, and how it writes such files. */
export interface ReturnedForm {
  readonly service: CardService;
  readonly layout: ReturnedLayout;
}

/** Refuses what is no returned file of this form before it is stored: not a CSV, other columns, empty. */
export function checkReturnedHead(form: ReturnedForm): ImportHead {
  return checkHead((firstRow) => resolveReturnedLayout(form, firstRow));
}

/** For the card-number guard: 顧客ID is ours. Every other column is looked at, as in a card file. */
export function returnedGuardOptions({ layout }: ReturnedForm, exempt: readonly string[]) {
  return { header: true, exemptColumns: [...layout.columns.customerId, ...exempt] };
}

/**
 * Reads a returned file in bounded memory, a batch of rows per chunk: cells in the order of
 * `RETURNED_FIELDS`, blank where the file has no such column.
 * @throws UnusableFileError when the file as a whole is none of this form.
 */
export function readReturnedRows(
  source: AsyncIterable<Uint8Array>,
  form: ReturnedForm,
  encoding: TextEncoding,
): AsyncGenerator<ImportRow[]> {
  return readRowsByLayout(source, encoding, (firstRow) => resolveReturnedLayout(form, firstRow));
}

/**
 * Where the columns stand: by their names where the first row holds any of them, else in the configured
 * order. Columns that a header names besides are not read.
 */
function resolveReturnedLayout(form: ReturnedForm, firstRow: readonly string[]): ImportLayout {
  const { layout } = form;
  const keys = firstRow.map(headerKey);
  const places = new Map<ReturnedField, readonly number[]>(
    RETURNED_FIELDS.map((field) => {
      const wanted = new Set(layout.columns[field].map(headerKey));
      return [field, keys.flatMap((key, at) => (wanted.has(key) ? [at] : []))];
    }),
  );
  const hasHeader = [...places.values()].some((of) => of.length > 0);
  if (!hasHeader) return resolveByOrder(form, firstRow.length);
  for (const field of RETURNED_FIELDS) {
    const found = places.get(field) ?? [];
    if (found.length > 1) throw ambiguousColumn(layout, field, found);
  }
  const missing = neededReturnedFields[form.service].filter(
    (field) => (places.get(field) ?? []).length === 0,
  );
  if (missing.length > 0) throw missingColumns(layout, missing);
  return {
    header: true,
    positions: RETURNED_FIELDS.map((field) => places.get(field)?.[0] ?? -1),
    widths: [firstRow.length],
  };
}

function resolveByOrder({ layout }: ReturnedForm, width: number): ImportLayout {
  const { order } = layout;
  if (width !== order.length) {
    throw new UnusableFileError(
      'wrong_columns',
      `without a header line the file must have ${order.length} columns, not ${width}`,
      `見出し行のない返却ファイルは設定で ${order.length} 列ですが、このファイルは ${width} 列です。見出し行を付けるか、設定 cardMigration.returned の列順を直してください`,
    );
  }
  return {
    header: false,
    positions: RETURNED_FIELDS.map((field) => order.indexOf(field)),
    widths: [width],
  };
}

function ambiguousColumn(
  { columns }: ReturnedLayout,
  field: ReturnedField,
  found: readonly number[],
): UnusableFileError {
  const at = found.map((position) => position + 1);
  return new UnusableFileError(
    'ambiguous_column',
    `columns ${at.join(', ')} are all ${columns[field][0]}`,
    `「${columns[field][0]}」にあたる列が複数あります (${at.join('、')} 列目)。1列だけにしてください`,
  );
}

function missingColumns(
  { columns }: ReturnedLayout,
  missing: readonly ReturnedField[],
): UnusableFileError {
  const names = missing.map((field) => columns[field][0]);
  return new UnusableFileError(
    'wrong_columns',
    `the file has no column ${names.join(', ')}`,
    `列「${names.join('」「')}」がありません。決済会社から返却された列名と異なる場合は、設定 cardMigration.returned に列名を追加してください`,
  );
}
