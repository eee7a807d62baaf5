import type { TransactionFileKind } from '../../psp/paygent/layouts.ts';
import {
  encodeTransactionFiles,
  type TransactionRecord,
} from '../../psp/paygent/transaction-file.ts';

/** Orders as [order number, yen]. */
export type SampleOrder = readonly [string, number];

/** A transaction file as Tsukigime would hand it over. */
export async function makeTransactionFile(
  kind: TransactionFileKind,
  merchantId: string,
  orders: readonly SampleOrder[],
): Promise<Buffer> {
  const records = orders.map(
    ([orderNumber, amountYen], index): TransactionRecord => ({
      orderNumber,
      amountYen,
      previousOrderNumber: String(500 + index),
      customerNumber: String(20_000 + index),
    }),
  );
  const chunks: Uint8Array[] = [];
  for await (const event of encodeTransactionFiles(records, { kind, merchantId })) {
    if (event.kind === 'refused') throw new Error(`order ${event.record.orderNumber} does not fit`);
    if (event.kind === 'bytes') chunks.push(event.bytes);
  }
  return Buffer.concat(chunks);
}

/** The data rows of a result file as columns, without header and trailer. */
export function readResultRows(bytes: Uint8Array): string[][] {
  const lines = Buffer.from(bytes).toString('utf8').split('\r\n');
  return lines.filter((line) => line.startsWith('3,')).map((line) => line.split(','));
}
