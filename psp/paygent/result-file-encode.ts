import { formatCompactJstInstant } from '../../billing/business-date.ts';
import { encodeRecord } from '../record-layout.ts';
import { resultLayout } from './layouts.ts';
import { decodeRequestFile } from './request-file.ts';
import type { PaygentOutcome } from './result-file.ts';
import type { TransactionRecord } from './transaction-file.ts';

/**
 * Writes the result file of a transaction file the way Paygent does: every record comes back with the
 * result columns appended, header and trailer unchanged. The simulated Paygent and tests use it.
 * Throws RequestFileError for a request that is no transaction file.
 */
export async function* encodeResultFile(
  request: AsyncIterable<Uint8Array>,
  resultOf: (record: TransactionRecord, line: number) => PaygentOutcome,
): AsyncGenerator<Uint8Array> {
  let lines: string[] = [];
  let chars = 0;
  for await (const entry of decodeRequestFile(request)) {
    if (entry.kind === 'record') {
      const columns = entry.columns.join(',');
      lines.push(`${columns},${encodeOutcome(resultOf(entry.record, entry.line))}`);
    } else if (entry.kind === 'header') {
      lines.push(entry.columns.join(','));
    } else {
      lines.push(`4,${entry.records}`);
    }
    chars += lines.at(-1)?.length ?? 0;
    if (chars < 65_536) continue;
    yield toBytes(lines);
    lines = [];
    chars = 0;
  }
  if (lines.length > 0) yield toBytes(lines);
}

/** The result columns of one record as CSV. Throws for an outcome that does not fit them. */
export function encodeOutcome(outcome: PaygentOutcome): string {
  const { processedAt, ...rest } = outcome;
  const time = processedAt === null ? null : formatCompactJstInstant(processedAt);
  const encoded = encodeRecord(resultLayout, { ...rest, processedAt: time });
  if (encoded.ok) return encoded.line;
  throw new Error(encoded.findings.map((finding) => finding.reason.en).join('; '));
}

function toBytes(lines: readonly string[]): Uint8Array {
  return Buffer.from(`${lines.join('\r\n')}\r\n`, 'utf8');
}
