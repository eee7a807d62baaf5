import { stringify } from 'csv-stringify/sync';
import iconv from 'iconv-lite';
import { shiftBillingMonth } from '../../billing/billing-month.ts';
import {
  ageShopOrder,
  type Expectation,
  makeShopOrder,
  orderColumns,
  type ShopOrder,
} from './subscription-order.ts';

/**
 * The simulated shop's order export: CP932, CRLF, as a cagolab back office writes it. Everything
 * follows from the options, a month can be made without the months before it, and any number of
 * orders streams in constant memory.
 */

export interface OrderExportOptions {
  /** Billing month, 'YYYY-MM'. */
  readonly month: string;
  /** Orders of the month; a doubled order adds a row. */
  readonly orders: number;
  readonly seed?: string;
  /** 0 writes plain rows only, 1 (default) every exclusion and broken row. */
  readonly oddShare?: number;
  /** The export still holds the month before, with this many orders, shipped by now. */
  readonly previousMonthOrders?: number;
}

/** What a correct reading of the export gives when no month was billed before. */
export interface ExpectedSummary {
  orders: number;
  selected: number;
  amountYen: number;
  readonly excluded: Record<string, number>;
  readonly quarantined: {
    record: number;
    /** Null in a row whose columns cannot be told apart. */
    orderNumber: string | null;
    column: string | null;
  }[];
  /** Selected orders of the month before: `already_billed` where that month was billed. */
  selectedOfPreviousMonth: number;
}

const chunkRows = 500;
const brokenMark = '\u0000';
// 0xFF begins no character in CP932.
const brokenByte = Buffer.from([0xff]);

/** The orders of an export in file order, a doubled one twice. */
export function* makeExportOrders(options: OrderExportOptions): Generator<ShopOrder> {
  const { month, orders, seed = 'tsukigime', oddShare = 1, previousMonthOrders = 0 } = options;
  const shop = { seed, oddShare };
  const previousMonth = shiftBillingMonth(month, -1);
  for (let index = 0; index < previousMonthOrders; index += 1) {
    yield* repeatDoubled(ageShopOrder(makeShopOrder(shop, previousMonth, index)));
  }
  for (let index = 0; index < orders; index += 1) {
    yield* repeatDoubled(makeShopOrder(shop, month, index));
  }
}

function* repeatDoubled(order: ShopOrder): Generator<ShopOrder> {
  yield order;
  if (order.odd?.doubled) yield order;
}

/** The bytes of an export, in chunks. */
export function* generateOrderExport(options: OrderExportOptions): Generator<Buffer> {
  yield encodeRows([[...orderColumns]]);
  let rows: string[][] = [];
  for (const order of makeExportOrders(options)) {
    rows.push(toRow(order));
    if (rows.length < chunkRows) continue;
    yield encodeRows(rows);
    rows = [];
  }
  if (rows.length > 0) yield encodeRows(rows);
}

function toRow({ values, odd }: ShopOrder): string[] {
  const row = orderColumns.map((column) =>
    column === '顧客名' && odd?.brokenBytes ? values[column] + brokenMark : values[column],
  );
  return odd?.cutColumns ? row.slice(0, -odd.cutColumns) : row;
}

function encodeRows(rows: string[][]): Buffer {
  const text = stringify(rows, { record_delimiter: 'windows' });
  const [head = '', ...tails] = text.split(brokenMark).map((part) => iconv.encode(part, 'cp932'));
  return Buffer.concat([Buffer.from(head), ...tails.flatMap((tail) => [brokenByte, tail])]);
}

/** Counts what the specification demands of the export; from the generator's own knowledge. */
export function expectSummary(options: OrderExportOptions): ExpectedSummary {
  const summary: ExpectedSummary = {
    orders: 0,
    selected: 0,
    amountYen: 0,
    excluded: {},
    quarantined: [],
    selectedOfPreviousMonth: 0,
  };
  const previousPrefix = monthPrefix(shiftBillingMonth(options.month, -1));
  for (const order of makeExportOrders(options)) {
    summary.orders += 1;
    countExpectation(summary, order, order.expectation);
    const ofPreviousMonth = order.orderNumber.startsWith(previousPrefix);
    if (ofPreviousMonth && order.expectation.kind === 'selected') {
      summary.selectedOfPreviousMonth += 1;
    }
  }
  return summary;
}

function monthPrefix(month: string): string {
  return month.slice(2, 4) + month.slice(5);
}

function countExpectation(
  summary: ExpectedSummary,
  order: ShopOrder,
  expectation: Expectation,
): void {
  if (expectation.kind === 'selected') {
    summary.selected += 1;
    summary.amountYen += order.amountYen;
  } else if (expectation.kind === 'excluded') {
    summary.excluded[expectation.reason] = (summary.excluded[expectation.reason] ?? 0) + 1;
  } else {
    const orderNumber = order.odd?.cutColumns ? null : order.orderNumber;
    const { column } = expectation;
    summary.quarantined.push({ record: summary.orders, orderNumber, column });
  }
}
