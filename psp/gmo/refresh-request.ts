import { type BillingMonth, parseBillingMonth } from '../../billing/billing-month.ts';
import { encodeCsv } from '../../billing/csv-writer.ts';
import { decodeRecord, encodeQuotedRecord } from '../record-layout.ts';
import { refreshRequestLayout } from './refresh-layouts.ts';

/** A card that GMO is asked about. */
export interface RefreshRequestRow {
  readonly memberId: string;
  /** カード登録連番 */
  readonly sequence: string;
  /** 自由項目: it comes back with the result. */
  readonly freeText: string;
}

/** A row cannot be written. The values are not named: they belong to a customer. */
export class RefreshRequestError extends Error {
  override readonly name = 'RefreshRequestError';
}

/** What we write into 自由項目: of which month and which line of its request a card is. */
export function formatRefreshReference(month: BillingMonth, line: number): string {
  return `${month.replace('-', '')}-${line}`;
}

/** The month and line that a 自由項目 names; null when we did not write it. */
export function readRefreshReference(
  text: string,
): { readonly month: BillingMonth; readonly line: number } | null {
  if (!referenceSpelling.test(text)) return null;
  const month = parseBillingMonth(`${text.slice(0, 4)}-${text.slice(4, 6)}`);
  return month === null ? null : { month, line: Number(text.slice(7)) };
}

const referenceSpelling = /^\d{6}-[1-9]\d{0,7}$/;

/**
 * One line of a request with its CRLF.
 * @throws RefreshRequestError when a value does not fit: nothing is cut
 */
export function encodeRefreshRequestLine(row: RefreshRequestRow): string {
  const { memberId, sequence: cardSequence, freeText } = row;
  const encoded = encodeQuotedRecord(refreshRequestLayout, { memberId, cardSequence, freeText });
  if (encoded.ok) return `${encoded.line}\r\n`;
  const fields = encoded.findings
    .map(({ field, reason }) => `${field} (${reason.code})`)
    .join(', ');
  throw new RefreshRequestError(`a row does not fit the request: ${fields}`);
}

/** Almost every request: then a character is a byte. */
const isAsciiText = /^[ -~\r\n]*$/;

/** The bytes of a request, a piece for each batch of rows. */
export async function* encodeRefreshRequest(
  batches: AsyncIterable<readonly RefreshRequestRow[]>,
): AsyncGenerator<Buffer> {
  for await (const rows of batches) {
    let text = '';
    for (const row of rows) text += encodeRefreshRequestLine(row);
    if (text !== '')
      yield isAsciiText.test(text) ? Buffer.from(text, 'latin1') : encodeCsv(text, 'cp932');
  }
}

/** A row of a request as its receiver reads it; null when it is none. */
export function readRefreshRequestFields(columns: readonly string[]): RefreshRequestRow | null {
  const { values, findings } = decodeRecord(refreshRequestLayout, columns);
  if (findings.length > 0 || columns.length !== refreshRequestLayout.fields.length) return null;
  const { memberId = '', cardSequence: sequence = '', freeText = '' } = values;
  return { memberId, sequence, freeText };
}
