import type { RefreshVerdict } from '../../billing/card-refresh.ts';
import type { RefreshResultLayout } from '../../billing/card-refresh-settings.ts';
import { encodeQuotedRecord } from '../record-layout.ts';
import { refreshResultLayout } from './refresh-layouts.ts';

/** What a result says of a card. */
export interface RefreshAnswer {
  readonly memberId: string;
  readonly sequence: string;
  readonly freeText: string;
  readonly verdict: RefreshVerdict;
  /** Masked; null: the issuer gave none. */
  readonly maskedNumber: string | null;
  /** YYYY-MM; null: the issuer gave none. */
  readonly expiry: string | null;
}

/** Writes lines of a result, each with its CRLF, as GMO does [assumed]: for the sandbox and tests. */
export function createRefreshResultEncoder(
  settings: RefreshResultLayout,
): (answer: RefreshAnswer) => string {
  const layout = refreshResultLayout(settings);
  return ({ memberId, sequence, freeText, verdict, maskedNumber, expiry }) => {
    const encoded = encodeQuotedRecord(layout, {
      memberId,
      cardSequence: sequence,
      freeText,
      verdict,
      cardNumber: maskedNumber,
      expiry: expiry === null ? null : writeExpiry(expiry, settings),
    });
    if (encoded.ok) return `${encoded.line}\r\n`;
    const [finding] = encoded.findings;
    throw new Error(`an answer does not fit: ${finding?.field} (${finding?.reason.code})`);
  };
}

function writeExpiry(expiry: string, { expiryFormat: format }: RefreshResultLayout): string {
  const [year, month] = [expiry.slice(2, 4), expiry.slice(5)];
  return format === 'MMYY' ? month + year : year + month;
}
