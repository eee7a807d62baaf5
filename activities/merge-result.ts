import { captureDeadline } from '../billing/capture-window.ts';
import { captureResultOf, outcomeOf } from '../billing/result-merge.ts';
import type { TextEncoding } from '../billing/text-encoding.ts';
import { type CopyRows, encodeRow } from '../db/copy-rows.ts';
import type { Trx } from '../db/database.ts';
import type { Exchange } from '../db/queries/exchanges.ts';
import { FIRST_LINE, readSentSlots, type SentSlots } from '../db/queries/file-lines.ts';
import { insertResultFile } from '../db/queries/result-file.ts';
import { finishSettledExchange } from '../db/queries/settlements.ts';
import {
  createResultStage,
  emptyResultStage,
  mergeStagedResult,
  STAGED_LINE_COLUMNS,
  STAGED_STRAY_COLUMNS,
} from '../db/result-stage.ts';
import {
  type ReconciledRow,
  type ReconcileEvent,
  reconcileByNumber,
  type reconcileFiles,
  type StrayRow,
} from '../psp/paygent/reconcile.ts';
import { stepThrough } from '../psp/paygent/reconcile-in-step.ts';

export interface MergeContext {
  readonly merchantId: number;
  readonly exchange: Exchange;
  readonly fileId: number;
  readonly files: Parameters<typeof reconcileFiles>[0];
  readonly encoding: TextEncoding;
  readonly windowDays: number;
  readonly now: string;
}

/** What a result file says, compared with what was sent and staged in its transaction. */
export interface StagedResult {
  readonly lines: number;
  /** Lines with a definite answer. */
  readonly facts: number;
  /** About the file as a whole. */
  readonly findings: readonly object[];
}

/** Rows on their way into the stage, as COPY takes them. */
interface StagedRows {
  readonly lines: string[];
  readonly strays: string[];
}

/** How many rows are held before they are sent on: enough for COPY, little for the memory. */
const BATCH_ROWS = 10_000;

/**
 * Compares a result file with the file that was sent, line by line, into the stage: all that can be done of
 * it without the merchant's lock. That both are in step shows only at their end; mostly they are.
 */
export async function stageResult(
  trx: Trx,
  copyRows: CopyRows,
  context: MergeContext,
): Promise<StagedResult> {
  const { files, encoding } = context;
  const sent = await readSentSlots(trx, context.merchantId, context.exchange.id);
  await createResultStage(trx);
  const stage = { ...context, copyRows, sent };
  let staged = await stageBatches(stepThrough(files, { encoding }), stage);
  if (staged === null) {
    await emptyResultStage(trx);
    staged = await stageBatches(reconcileByNumber(files, { encoding }), stage);
  }
  if (staged?.lines !== sent.chargeIds.length) {
    throw new Error('a result answers every sent line once');
  }
  return staged;
}

/** Null where the batches end in a null: they say nothing then. */
async function stageBatches(
  batches: AsyncGenerator<readonly ReconcileEvent[], unknown>,
  stage: Pick<MergeContext, 'exchange' | 'windowDays'> & {
    readonly copyRows: CopyRows;
    readonly sent: SentSlots;
  },
): Promise<StagedResult | null> {
  const { copyRows, sent, windowDays } = stage;
  const send = async ({ lines, strays }: StagedRows) => {
    for (const [table, columns, rows] of [
      ['staged_lines', STAGED_LINE_COLUMNS, lines],
      ['staged_strays', STAGED_STRAY_COLUMNS, strays],
    ] as const) {
      if (rows.length > 0) await copyRows(table, columns, Buffer.from(rows.join(''), 'utf8'));
    }
  };
  const findings: object[] = [];
  const factOf = stage.exchange.kind === 'capture' ? captureResultOf : outcomeOf;
  const deadlines: Deadlines = new Map();
  let [lines, facts] = [0, 0];
  let rows: StagedRows = { lines: [], strays: [] };
  // While Postgres takes a batch, the next one is read.
  let sending = Promise.resolve();
  try {
    for (;;) {
      const { done, value } = await batches.next();
      if (done === true && value === null) return null;
      if (done === true) break;
      for (const event of value) {
        if (event.kind === 'summary') continue;
        if (event.kind === 'finding') {
          const { line, nameJa, value, reason } = event;
          findings.push({ line, nameJa, value, code: reason.code, ja: reason.ja, en: reason.en });
        } else if (event.kind === 'stray') {
          rows.strays.push(encodeStray(event));
        } else {
          const fact = factOf(event.kind);
          lines += 1;
          if (fact !== null) facts += 1;
          rows.lines.push(encodeLine(event, fact, sent, windowDays, deadlines));
        }
      }
      if (rows.lines.length + rows.strays.length < BATCH_ROWS) continue;
      await sending;
      sending = send(rows);
      // A failure is thrown when its turn comes.
      sending.catch(() => {});
      rows = { lines: [], strays: [] };
    }
  } finally {
    // Nothing of it may come after the end of its transaction.
    await sending.catch(() => {});
    await batches.return(undefined);
  }
  await sending;
  await send(rows);
  return { lines, facts, findings };
}

/** Takes a staged result into the record, in the transaction of its decision and under the lock. */
export async function mergeResult(
  trx: Trx,
  { merchantId, exchange, fileId, windowDays, now }: MergeContext,
  staged: StagedResult,
): Promise<void> {
  const { lines, facts, findings } = staged;
  const round = await insertResultFile(trx, merchantId, {
    exchangeId: exchange.id,
    ...{ fileId, findings, now },
  });
  const recorded = await mergeStagedResult(trx, merchantId, {
    kind: exchange.kind === 'capture' ? 'capture' : 'authorization',
    exchangeId: exchange.id,
    ...{ round, lines, facts, now },
    // Without 処理日時 the window is counted from the hand-over, the earlier of the two (spec 1.7).
    captureBefore: captureDeadline(exchange.acceptedAt ?? exchange.createdAt, windowDays),
  });
  // With a fact for every line nothing has to be counted.
  const unsettled = recorded === lines ? { unsettled: 0 } : {};
  await finishSettledExchange(trx, merchantId, { exchangeId: exchange.id, ...unsettled, now });
}

/** The end of the window by the hour of completion: rows of a file share a few. */
type Deadlines = Map<string, string>;

function encodeLine(
  event: ReconciledRow,
  fact: string | null,
  sent: SentSlots,
  windowDays: number,
  deadlines: Deadlines,
): string {
  const at = event.requestLine - FIRST_LINE;
  if (sent.orderNumbers[at] !== event.orderNumber) {
    throw new Error(`line ${event.requestLine} of the stored file is not in its ledger`);
  }
  const { responseCode, responseDetail, paymentId, processedAt } = event.outcome ?? {};
  const k = sent.ks[at]!;
  const deadline =
    processedAt == null || k !== 0 ? null : deadlineOf(processedAt, windowDays, deadlines);
  return encodeRow([
    ...[event.requestLine, sent.chargeIds[at]!, sent.ns[at]!, k === 0 ? null : k],
    ...[event.kind, fact, event.resultLine],
    ...[responseCode ?? null, responseDetail ?? null, paymentId ?? null, processedAt ?? null],
    ...[deadline, event.reasons],
  ]);
}

function deadlineOf(completedAt: string, windowDays: number, deadlines: Deadlines): string {
  const hour = completedAt.slice(0, 'YYYY-MM-DDTHH'.length);
  const deadline = deadlines.get(hour) ?? captureDeadline(completedAt, windowDays);
  deadlines.set(hour, deadline);
  return deadline;
}

function encodeStray({ resultLine, orderNumber, amountText, reasons }: StrayRow): string {
  const yen = /^\d{1,9}$/.test(amountText) ? Number(amountText) : null;
  return encodeRow([resultLine, orderNumber, yen, reasons]);
}
