import { stringify } from 'csv-stringify/sync';
import iconv from 'iconv-lite';
import type { Desk } from './desk.ts';
import { type PaymentRow, paymentColumns } from './payments.ts';
import { formatPortalTime } from './portal-time.ts';
import { Refusal } from './refusal.ts';
import { merchantOf } from './state.ts';

/** Refuses the CSV of 情報照会 to who has no CSVダウンロード権限 [manual]. */
export function requireCsvRight(desk: Desk, merchantId: string): void {
  if (merchantOf(desk.state, merchantId).csvDownload !== false) return;
  throw new Refusal(403, 'csv_not_allowed', 'CSVダウンロード権限がありません。');
}

/**
 * 照会データ as a CSV: the screen's nine columns with their heads, CP932, CRLF, every field quoted,
 * amounts in bare digits, times as on the screen. All of it is assumed: the manual shows the button
 * only. Nothing is put before a value that a spreadsheet would take for a formula: this file is
 * another company's, and read by programs.
 */
export function writePaymentCsv(rows: readonly PaymentRow[]): Buffer {
  const text = stringify([paymentColumns.map(({ nameJa }) => nameJa), ...rows.map(listCells)], {
    quoted: true,
    quoted_empty: true,
    record_delimiter: 'windows',
  });
  return iconv.encode(text, 'cp932');
}

function listCells(row: PaymentRow): string[] {
  return paymentColumns.map(({ id }) => {
    const value = row[id];
    if (value === null) return '';
    const isTime = id === 'occurredAt' || id === 'updatedAt' || id === 'paidAt';
    return isTime ? formatPortalTime(String(value)) : String(value);
  });
}
