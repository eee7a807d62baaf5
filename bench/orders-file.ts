import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import iconv from 'iconv-lite';
import { makeShopOrder, orderColumns } from '../sandbox/shop/subscription-order.ts';

/** The month that is billed. */
export const billedMonth = '2026-11';

const chunkRows = 5_000;

/**
 * Writes the simulated shop's export of a month (CP932, CRLF, grouped amounts and names with commas
 * in quotes), without the rows that the shop spoils: every order is billed.
 *
 * @param quoted with the line breaks that the shop leaves inside quotes (one row of eight has one)
 */
export async function writeOrdersFile(
  path: string,
  of: { readonly orders: number; readonly quoted: boolean },
): Promise<void> {
  await pipeline(Readable.from(orderChunks(of), { objectMode: false }), createWriteStream(path));
}

function* orderChunks(of: { readonly orders: number; readonly quoted: boolean }) {
  const shop = { seed: 'tsukigime', oddShare: 0 };
  let lines = [orderColumns.join(',')];
  for (let index = 0; index < of.orders; index += 1) {
    const { values } = makeShopOrder(shop, billedMonth, index);
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

function quote(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
