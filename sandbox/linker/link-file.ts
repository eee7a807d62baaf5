import { parse } from 'csv-parse/sync';
import { Refusal } from '../paygent/refusal.ts';
import type { FileEncoding } from './merchant.ts';

/**
 * Link files as a PSP reads them. A reading of its own, not that of billing/: what both sides get wrong
 * alike, no test would find.
 */

/** A customer to be linked: the number at the old cart, and the ID in the new one. */
export type LinkedPair = readonly [oldNumber: string, customerId: string];

const labels = { cp932: 'shift_jis', 'utf-8': 'utf-8' } as const;

/** Throws a Refusal that says what is wrong, with the row. */
export function readLinkFile(bytes: Uint8Array, encoding: FileEncoding): LinkedPair[] {
  const rows = parseRows(decode(bytes, encoding));
  const data = rows[0] !== undefined && !isCustomerId(rows[0][1]) ? rows.slice(1) : rows;
  if (data.length === 0) throw refuse('empty', '連携ファイルに顧客がありません。');
  return data.map((row, at) => {
    const [oldNumber = '', customerId = ''] = row;
    const where = `${at + 1 + rows.length - data.length} 行目`;
    if (row.length !== 2) throw refuse('wrong_columns', `${where}: 2列ではありません。`);
    if (oldNumber === '') throw refuse('old_number_missing', `${where}: 旧番号が空です。`);
    if (!isCustomerId(customerId)) {
      throw refuse('customer_id_unreadable', `${where}: 顧客IDの形式が正しくありません。`);
    }
    return [oldNumber, customerId];
  });
}

function decode(bytes: Uint8Array, encoding: FileEncoding): string {
  try {
    return new TextDecoder(labels[encoding], { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refuse('wrong_encoding', `連携ファイルの文字コードが ${encoding} ではありません。`);
  }
}

function parseRows(text: string): string[][] {
  try {
    return parse(text, { relax_column_count: true, skip_empty_lines: true });
  } catch {
    throw refuse('not_csv', '連携ファイルを CSV として読めません。');
  }
}

function isCustomerId(text: string | undefined): boolean {
  return text !== undefined && /^US-\d{8}$/.test(text);
}

function refuse(code: string, ja: string): Refusal {
  return new Refusal(422, code, ja);
}
