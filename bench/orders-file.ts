import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import iconv from 'iconv-lite';
import { shiftBillingMonth } from '../billing/billing-month.ts';
import { makeShopOrder, orderColumns } from '../sandbox/shop/subscription-order.ts';
import { filledOrder, pastPrefix } from './month-to-fill.ts';

/** The month that is billed. */
export const billedMonth = '2026-11';

const chunkRows = 5_000;

interface OrdersToWrite {
  readonly orders: number;
  readonly quoted: boolean;
  readonly follows: boolean;
}

/**
 * Writes the simulated shop's export of a month (CP932, CRLF, grouped amounts and names with commas
 * in quotes), without the rows that the shop spoils: every order is billed.
 *
 * @param of `quoted`: with the line breaks that the shop leaves inside quotes (one row of eight has one).
 *   `follows`: each order names one of the filled month before (bench/past-months.ts), seven of eight for
 *   the same yen.
 */
export async function writeOrdersFile(path: string, of: OrdersToWrite): Promise<void> {
  await pipeline(Readable.from(orderChunks(of), { objectMode: false }), createWriteStream(path));
}

function* orderChunks(of: OrdersToWrite) {
  const shop = { seed: 'tsukigime', oddShare: 0 };
  let lines = [orderColumns.join(',')];
  for (let index = 0; index < of.orders; index += 1) {
    const order = makeShopOrder(shop, billedMonth, index);
    const values = of.follows ? { ...order.values, ...followingValues(index) } : order.values;
    const fields = orderColumns.map((column) =>
      of.quoted ? values[column] : values[column].replaceAll('\r\n', ''),
    );
    lines.push(fields.map(quote).join(','));
    if (lines.length < chunkRows) continue;
    yield iconv.encode(`${lines.join('\r\n')}\r\n`, 'cp932');
    lines = [];
  }
  if (lines.length > 0) yield iconv.encode(`${lines.join('\r\n')}\r\n`, 'cp932');
}

function followingValues(index: number) {
  const before = filledOrder(pastPrefix(shiftBillingMonth(billedMonth, -1)), index + 1);
  const yen = before.yen + (index % 8 === 0 ? 10 : 0);
  return { 直前回注文番号: before.orderNumber, 購入金額: String(yen) };
}

function quote(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
