import { encodeCsv, findUnwritable, writeExactCsv } from './csv-writer.ts';
import { formatCustomerId } from './customer-id.ts';
import type { RowReason } from './row-reason.ts';
import type { TextEncoding } from './text-encoding.ts';

/** One customer of a link file: the old cart's number and ours. */
export interface LinkRow {
  /** 旧カートの顧客番号(連携用ID) */
  readonly customerNumber: string;
  /** The number in サブスクストアの顧客ID. */
  readonly customerId: number;
}

/** How a merchant's PSP wants its link files. */
export interface LinkFileForm {
  readonly encoding: TextEncoding;
  readonly header: boolean;
}

/** The two columns and no other (manual 001, c). */
export const LINK_FILE_COLUMNS = [
  '旧カートの顧客番号(連携用ID)',
  'サブスクストアの顧客ID',
] as const;

/** The name of the n-th link file of a migration: a corrected one never looks like the one before. */
export function linkFileName(migration: number, n: number): string {
  return `link-${String(migration).padStart(3, '0')}-${String(n).padStart(2, '0')}.csv`;
}

/**
 * A link file as bytes. The PSP's machine looks its cards up by these numbers, so they are written
 * exactly as they are: no apostrophe in front of what a spreadsheet would take for a formula, and no
 * mark in front of UTF-8. What the encoding cannot write, `checkLinkRow` has refused before.
 */
export async function* writeLinkFile(
  batches: AsyncIterable<readonly LinkRow[]>,
  { encoding, header }: LinkFileForm,
): AsyncGenerator<Buffer> {
  if (header) yield encodeCsv(writeExactCsv([LINK_FILE_COLUMNS]), encoding);
  for await (const rows of batches) {
    const records = rows.map((row) => [row.customerNumber, formatCustomerId(row.customerId)]);
    if (records.length > 0) yield encodeCsv(writeExactCsv(records), encoding);
  }
}

/** Why a customer cannot stand in a link file; null when it can. */
export function checkLinkRow(
  { customerNumber }: Pick<LinkRow, 'customerNumber'>,
  encoding: TextEncoding,
): RowReason | null {
  if (/\p{Cc}/u.test(customerNumber)) {
    return {
      code: 'control_character',
      ja: '顧客番号に改行などの制御文字が含まれています',
      en: 'the customer number holds a control character',
    };
  }
  const character = findUnwritable(customerNumber, encoding);
  if (character === null) return null;
  return {
    code: 'unwritable_character',
    ja: `顧客番号の「${character}」は連携ファイルの文字コードで表せません`,
    en: `the customer number holds ${character}, which the encoding of the link file does not have`,
  };
}
