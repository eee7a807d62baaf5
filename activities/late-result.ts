import { describeLateResult } from '../billing/correction.ts';
import { exchangeFileName } from '../billing/exchange.ts';
import { mergeAuthorization, mergeCapture } from '../billing/result-merge.ts';
import type { Trx } from '../db/database.ts';
import { insertLateResults, type LateResultRow } from '../db/queries/corrections.ts';
import { listSentLines } from '../db/queries/file-lines.ts';
import { reconcileFiles } from '../psp/paygent/reconcile.ts';
import { alarmOf } from './correction-alarm.ts';
import type { MergeContext } from './merge-result.ts';

/** Rows that are held before they are written: enough for one statement, little for the memory. */
const BATCH_ROWS = 5_000;

/**
 * A result of a month that is closed: its record stays as it is, and every row that says something
 * else becomes a correction, of which operators are told. In the transaction of the decision, under
 * the merchant's lock.
 *
 * @returns whether there was anything new
 */
export async function correctByLateResult(
  trx: Trx,
  context: MergeContext,
  of: { readonly cycleId: number; readonly decisionId: number },
): Promise<boolean> {
  const { merchantId, exchange, fileId, now } = context;
  const fileName = exchangeFileName(exchange);
  const sent = new Map(
    (await listSentLines(trx, merchantId, exchange.id)).map((line) => [line.lineNumber, line]),
  );
  const merge = exchange.kind === 'capture' ? mergeCapture : mergeAuthorization;
  const place = { ...of, exchangeId: exchange.id, fileId, now };
  const late: LateResultRow[] = [];
  const found = { rows: 0, yen: 0, first: 0 };
  const flush = async () => {
    if (late.length === 0) return;
    const fresh = await insertLateResults(trx, merchantId, place, late.splice(0));
    found.first = found.first === 0 ? fresh.first : found.first;
    found.rows += fresh.rows;
    found.yen += fresh.yen;
  };
  for await (const event of reconcileFiles(context.files, { encoding: context.encoding })) {
    if (event.kind === 'summary' || event.kind === 'finding') continue;
    if (event.kind === 'stray') {
      const { orderNumber, amountText } = event;
      const yen = /^\d{1,9}$/.test(amountText) ? Number(amountText) : null;
      const row = { orderNumber, yen, recorded: null, received: 'stray' };
      late.push({ ...row, reason: describeLateResult({ ...row, fileName }) });
    } else {
      const line = sent.get(event.requestLine);
      if (line === undefined || line.orderNumber !== event.orderNumber) {
        throw new Error(`line ${event.requestLine} of the stored file is not in its ledger`);
      }
      const merged = merge(event.kind, line.settled);
      if (merged.kind === 'contradiction') {
        const { recorded, received } = merged;
        const { orderNumber, yen } = line;
        const reason = describeLateResult({ fileName, recorded, received });
        late.push({ orderNumber, yen, recorded, received, reason });
      }
    }
    if (late.length >= BATCH_ROWS) await flush();
  }
  await flush();
  if (found.rows === 0) return false;
  const { billingMonth: month } = exchange;
  const { cycleId } = of;
  await alarmOf(trx, merchantId, { ...found, cycleId, month, kind: 'late_result', now });
  return true;
}
