import { parseBusinessDate, parseJstInstant } from './business-date.ts';
import { type CsvRow, readCsvRows } from './csv-rows.ts';
import { createDoubledOrderFinder } from './doubled-orders.ts';
import { narrowDigits, parseYen } from './money.ts';
import type { Order, Shipment } from './order.ts';
import { type ColumnPositions, resolveColumns } from './order-header.ts';
import type { OrderField, OrderProfile } from './order-profile.ts';
import type { QuarantinedRow, RowReason } from './row-reason.ts';
import { UnusableFileError } from './row-reason.ts';
import type { TextEncoding } from './text-encoding.ts';

/** Both rows of a doubled number carry it: which of the two is meant, nobody can tell. */
export const orderNumberDoubled: RowReason = {
  code: 'order_number_doubled',
  ja: '同じ注文番号がファイル内に複数あります',
  en: 'the same order number stands in the file more than once',
};

/** A row of an order export: read, or set aside with its reason. */
export type OrderRow = { readonly kind: 'order'; readonly order: Order } | QuarantinedRow;

export interface OrderExportOptions {
  readonly encoding: TextEncoding;
  /** Order numbers known to stand in the file more than once: all their rows are quarantined. */
  readonly doubled?: ReadonlySet<string>;
  /** A file with more data records is refused whole; without it there is no limit. */
  readonly maxRecords?: number;
}

/**
 * Reads an order export row by row in bounded memory (spec 1.1). Throws UnusableFileError when the
 * file as a whole cannot be read; a row that cannot be read is given as quarantined and stops nothing.
 */
export async function* readOrderExport(
  source: AsyncIterable<Uint8Array>,
  profile: OrderProfile,
  options: OrderExportOptions,
): AsyncGenerator<OrderRow> {
  for await (const rows of readOrderBatches(source, profile, options)) yield* rows;
}

/** The same in batches: a promise for each row takes longer than the row. */
export async function* readOrderBatches(
  source: AsyncIterable<Uint8Array>,
  profile: OrderProfile,
  options: OrderExportOptions,
): AsyncGenerator<readonly OrderRow[]> {
  const { maxRecords = Number.POSITIVE_INFINITY } = options;
  for await (const { rows, columns } of readBelowHeader(source, profile, options.encoding)) {
    const batch: OrderRow[] = [];
    for (const row of rows) {
      if (row.index > maxRecords) throw tooManyRecords(maxRecords);
      batch.push(readOrderRow(row, columns, profile, options.doubled));
    }
    yield batch;
  }
}

function tooManyRecords(maxRecords: number): UnusableFileError {
  return new UnusableFileError(
    'too_many_records',
    `the file holds more than ${maxRecords} data records: divide it, or mend an unclosed quote`,
    `データが ${maxRecords} 件を超えています。ファイルを分けるか、閉じていない引用符がないか確かめてください`,
  );
}

/**
 * First pass over an export: counts its data records and finds the order numbers that stand in it
 * twice or more. Throws UnusableFileError like readOrderExport.
 */
export async function findDoubledOrders(
  source: AsyncIterable<Uint8Array>,
  profile: OrderProfile,
  options: { readonly encoding: TextEncoding },
): Promise<{ readonly records: number; readonly doubled: ReadonlySet<string> }> {
  const finder = createDoubledOrderFinder();
  let records = 0;
  for await (const { rows, columns } of readBelowHeader(source, profile, options.encoding)) {
    for (const row of rows) {
      records += 1;
      const orderNumber = orderNumberOf(row, columns);
      if (orderNumber !== null) finder.add(orderNumber);
    }
  }
  return { records, doubled: finder.find() };
}

async function* readBelowHeader(
  source: AsyncIterable<Uint8Array>,
  profile: OrderProfile,
  encoding: TextEncoding,
): AsyncGenerator<{ readonly rows: readonly CsvRow[]; readonly columns: ColumnPositions }> {
  let columns: ColumnPositions | null = null;
  for await (const rows of readCsvRows(source, encoding)) {
    const header = columns === null ? rows.shift() : undefined;
    if (header) columns = resolveColumns(header, profile, encoding);
    if (columns !== null) yield { rows, columns };
  }
  if (columns !== null) return;
  throw new UnusableFileError('empty', 'the file is empty', 'ファイルが空です');
}

function orderNumberOf(row: CsvRow, columns: ColumnPositions): string | null {
  if (row.fields.length !== columns.width) return null;
  const value = row.fields[columns.positions.orderNumber ?? -1]?.trim();
  return value ? value : null;
}

function readOrderRow(
  row: CsvRow,
  columns: ColumnPositions,
  profile: OrderProfile,
  doubled: ReadonlySet<string> | undefined,
): OrderRow {
  if (row.kind === 'broken') {
    const column = row.column === null ? null : (columns.names[row.column] ?? null);
    return setAside(row, columns, { column, value: row.value, reason: row.reason });
  }
  const { length } = row.fields;
  if (length !== columns.width) {
    const reason = widthReason(length, columns.width);
    return setAside(row, columns, { column: null, value: String(length), reason });
  }
  const result = readFields(row, columns.positions, profile, doubled);
  if (result.kind === 'read') return { kind: 'order', order: result.order };
  const { field, reason } = result;
  const value = read(row, columns.positions, field);
  return setAside(row, columns, { column: profile.columns[field].name, value, reason });
}

// Functions of their own, not closures: those are made anew for every row of a million.
function setAside(
  row: CsvRow,
  columns: ColumnPositions,
  why: Pick<QuarantinedRow, 'column' | 'value' | 'reason'>,
): QuarantinedRow {
  const orderNumber = orderNumberOf(row, columns);
  return { kind: 'quarantined', record: row.index, line: row.line, ...why, orderNumber };
}

function read(row: CsvRow, positions: ColumnPositions['positions'], field: OrderField): string {
  const position = positions[field];
  return position === undefined ? '' : (row.fields[position]?.trim() ?? '');
}

type FieldsResult =
  | { readonly kind: 'read'; readonly order: Order }
  | { readonly kind: 'fault'; readonly field: OrderField; readonly reason: RowReason };

function fault(field: OrderField, reason: RowReason): FieldsResult {
  return { kind: 'fault', field, reason };
}

function readFields(
  row: CsvRow,
  at: ColumnPositions['positions'],
  profile: OrderProfile,
  doubled: ReadonlySet<string> | undefined,
): FieldsResult {
  const orderNumber = read(row, at, 'orderNumber');
  if (orderNumber === '') return fault('orderNumber', reasons.orderNumberEmpty);
  const amount = parseYen(read(row, at, 'amountYen'));
  if (!amount.ok) return fault('amountYen', amount.reason);
  if (doubled?.has(orderNumber)) return fault('orderNumber', orderNumberDoubled);
  const cycleCount = readCycleCount(read(row, at, 'cycleCount'));
  if (cycleCount === 'unreadable') return fault('cycleCount', reasons.cycleCountUnreadable);
  const shipment = readShipment(read(row, at, 'shipment'), profile);
  if (shipment === 'unreadable') return fault('shipment', reasons.shipmentUnreadable);
  const orderedAtText = read(row, at, 'orderedAt');
  const orderedAt = orderedAtText === '' ? null : parseJstInstant(orderedAtText);
  if (orderedAtText !== '' && orderedAt === null) {
    return fault('orderedAt', reasons.orderedAtUnreadable);
  }
  return {
    kind: 'read',
    order: {
      record: row.index,
      line: row.line,
      orderNumber,
      customerNumber: read(row, at, 'customerNumber'),
      orderedAt,
      paymentMethod: withoutWhiteSpace(read(row, at, 'paymentMethod')),
      cycleCount,
      previousOrderNumber: read(row, at, 'previousOrderNumber') || null,
      amountYen: amount.amountYen,
      shipment,
      status: withoutWhiteSpace(read(row, at, 'status')),
      customerName: read(row, at, 'customerName'),
      email: read(row, at, 'email'),
      phone: read(row, at, 'phone'),
    },
  };
}

function readCycleCount(text: string): number | null | 'unreadable' {
  if (text === '') return null;
  const digits = narrowDigits(text);
  return /^\d{1,6}$/.test(digits) ? Number(digits) : 'unreadable';
}

function readShipment(text: string, profile: OrderProfile): Shipment | 'unreadable' {
  if (text === '') return { kind: 'unknown' };
  if (profile.unshippedWords.includes(withoutWhiteSpace(text))) return { kind: 'unshipped' };
  // Some carts write the time of day too; only the date is meant.
  const on = parseBusinessDate(text.split(/[ T\u3000]/, 1)[0] ?? '');
  if (on === null || (on !== null && parseJstInstant(text) === null)) return 'unreadable';
  return { kind: 'shipped', on };
}

function withoutWhiteSpace(text: string): string {
  return text.replace(/\s+/g, '');
}

function widthReason(found: number, expected: number): RowReason {
  return {
    code: found < expected ? 'too_few_columns' : 'too_many_columns',
    ja: `列の数が見出しと異なります (見出し ${expected} 列、この行 ${found} 列)`,
    en: `the row has ${found} columns, the header ${expected}`,
  };
}

const reasons = {
  orderNumberEmpty: {
    code: 'order_number_empty',
    ja: '注文番号が空です',
    en: 'the order number is empty',
  },
  cycleCountUnreadable: {
    code: 'cycle_count_unreadable',
    ja: '定期回数が整数ではありません',
    en: 'the cycle count is not a whole number',
  },
  shipmentUnreadable: {
    code: 'shipment_unreadable',
    ja: '全商品発送日が日付でも「未発送」でもありません',
    en: 'the shipping date is neither a date nor the word for not shipped',
  },
  orderedAtUnreadable: {
    code: 'ordered_at_unreadable',
    ja: '受注日時が日時として読めません',
    en: 'the order time is not a date and time',
  },
} as const satisfies Record<string, RowReason>;
