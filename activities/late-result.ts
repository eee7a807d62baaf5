import { describeLateResult } from '../billing/correction.ts';
import { exchangeFileName, type IngestedResult } from '../billing/exchange.ts';
import { mergeAuthorization, mergeCapture } from '../billing/result-merge.ts';
import type { Trx } from '../db/database.ts';
import {
  insertLateResults,
  type LateResultRow,
  sumCorrectionsOf,
} from '../db/queries/corrections.ts';
import { listSentLines } from '../db/queries/file-lines.ts';
import { type ReconcileSummary, reconcileFiles } from '../psp/paygent/reconcile.ts';
import { alarmOf } from './correction-alarm.ts';
import type { MergeContext } from './merge-result.ts';

/** Rows that are held before they are written: enough for one statement, little for the memory. */
const BATCH_ROWS = 5_000;

/**
 * A result of a month that is closed: its record stays as it is, and every row that says something
 * else becomes a correction, of which operators are told. In the transaction of the decision, under
 * the merchant's lock.
 *
 * @returns what the file says, and what of it this decision recorded
 */
export async function correctByLateResult(
  trx: Trx,
  context: MergeContext,
  of: { readonly cycleId: number; readonly decisionId: number },
): Promise<IngestedResult> {
  const { merchantId, exchange, fileId, now } = context;
  const fileName = exchangeFileName(exchange);
  const sent = new Map(
    (await listSentLines(trx, merchantId, exchange.id)).map((line) => [line.lineNumber, line]),
  );
  const place = { ...of, exchangeId: exchange.id, fileId, now };
  const late: LateResultRow[] = [];
  const found = { rows: 0, yen: 0, first: 0 };
  let said: ReconcileSummary | undefined;
  const flush = async () => {
    if (late.length === 0) return;
    const fresh = await insertLateResults(trx, merchantId, place, late.splice(0));
    found.first = found.first === 0 ? fresh.first : found.first;
    found.rows += fresh.rows;
    found.yen += fresh.yen;
  };
  for await (const event of reconcileFiles(context.files, { encoding: context.encoding })) {
    if (event.kind === 'finding') continue;
    if (event.kind === 'summary') {
      said = event;
    } else if (event.kind === 'stray') {
      const { orderNumber, amountText } = event;
      const yen = /^\d{1,9}$/.test(amountText) ? Number(amountText) : null;
      const row = { orderNumber, yen, recorded: null, received: 'stray' };
      late.push({ ...row, reason: describeLateResult({ ...row, fileName }) });
    } else {
      const line = sent.get(event.requestLine);
      if (line === undefined || line.orderNumber !== event.orderNumber) {
        throw new Error(`line ${event.requestLine} of the stored file is not in its ledger`);
      }
      const paymentIds = [line.paymentId, event.outcome?.paymentId ?? null] as const;
      const merged =
        exchange.kind === 'capture'
          ? mergeCapture(event.kind, line.settled)
          : mergeAuthorization(event.kind, line.settled, paymentIds);
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
  if (said === undefined) throw new Error('what was compared to its end has its sums');
  const { billingMonth: month } = exchange;
  const { cycleId, decisionId } = of;
  if (found.rows > 0) {
    await alarmOf(trx, merchantId, { ...found, cycleId, month, kind: 'late_result', now });
  }
  const { sent: all, ok, ng, unknown, quarantined, stray: strays } = said;
  const counts = { sent: all, ok, ng, unknown, quarantined, strays };
  const corrections = await sumCorrectionsOf(trx, merchantId, decisionId);
  // Nothing is left to settle in a closed month.
  return { ...counts, round: null, unsettled: 0, corrections };
}
