import { captureDeadline } from '../billing/capture-window.ts';
import { mergeAuthorization, mergeCapture } from '../billing/result-merge.ts';
import type { TextEncoding } from '../billing/text-encoding.ts';
import { type CopyRows, type CopyValue, encodeRow } from '../db/copy-rows.ts';
import type { Trx } from '../db/database.ts';
import { contradictionKey } from '../db/queries/contradictions.ts';
import type { Exchange } from '../db/queries/exchanges.ts';
import { FIRST_LINE, readSentSlots, type SentSlots } from '../db/queries/file-lines.ts';
import {
  CONTRADICTION_COLUMNS,
  ENDING_RESULT_COLUMNS,
  insertResultFile,
  nextRound,
  OUTCOME_COLUMNS,
  RESULT_LINE_COLUMNS,
  RESULT_STRAY_COLUMNS,
} from '../db/queries/result-file.ts';
import { finishSettledExchange } from '../db/queries/settlements.ts';
import {
  type ReconciledRow,
  type reconcileFiles,
  reconcileInBatches,
  type StrayRow,
} from '../psp/paygent/reconcile.ts';
import type { Step } from '../psp/paygent/reconcile-in-step.ts';

export interface MergeContext {
  readonly merchantId: number;
  readonly exchange: Exchange;
  readonly fileId: number;
  readonly files: Parameters<typeof reconcileFiles>[0];
  readonly encoding: TextEncoding;
  /** What `findStep` said of the files. */
  readonly step: Step | null;
  readonly windowDays: number;
  /** Contradictions of this exchange that are on record: a further result says them again. */
  readonly known: ReadonlySet<string>;
  readonly now: string;
}

/** Rows on their way into each table, as COPY takes them. */
interface MergedRows {
  readonly lines: string[];
  readonly strays: string[];
  readonly facts: string[];
  readonly contradictions: string[];
}

const nothingYet = (): MergedRows => ({ lines: [], strays: [], facts: [], contradictions: [] });

const outcomes = { table: 'outcomes', columns: OUTCOME_COLUMNS } as const;
const endingResults = { table: 'ending_results', columns: ENDING_RESULT_COLUMNS } as const;

/** How many rows are held before they are sent on: enough for COPY, little for the memory. */
const BATCH_ROWS = 10_000;

/** Takes every row of a result file into the record, in the transaction of its decision. */
export async function mergeResult(
  trx: Trx,
  copyRows: CopyRows,
  context: MergeContext,
): Promise<void> {
  const { merchantId, exchange, encoding, step } = context;
  const sent = await readSentSlots(trx, merchantId, exchange.id);
  const round = await nextRound(trx, merchantId, exchange.id);
  const place: Place = { round, deadlines: new Map(), definite: 0 };
  const facts = exchange.kind === 'capture' ? endingResults : outcomes;
  const send = async (rows: MergedRows) => {
    for (const [table, columns, lines] of [
      ['result_lines', RESULT_LINE_COLUMNS, rows.lines],
      ['result_strays', RESULT_STRAY_COLUMNS, rows.strays],
      [facts.table, facts.columns, rows.facts],
      ['contradictions', CONTRADICTION_COLUMNS, rows.contradictions],
    ] as const) {
      if (lines.length === 0) continue;
      await copyRows(table, columns, Buffer.from(lines.join(''), 'utf8'));
    }
  };
  const findings: object[] = [];
  let rows = nothingYet();
  // While Postgres takes a batch, the next one is read.
  let sending = Promise.resolve();
  const batches = reconcileInBatches(context.files, { encoding, step });
  try {
    for await (const events of batches) {
      for (const event of events) {
        if (event.kind === 'summary') continue;
        if (event.kind === 'finding') {
          const { line, nameJa, value, reason } = event;
          findings.push({ line, nameJa, value, code: reason.code, ja: reason.ja, en: reason.en });
        } else if (event.kind === 'stray') {
          rows.strays.push(encodeRow(strayRow(event, context, place.round)));
        } else {
          mergeLine(rows, event, sent, context, place);
        }
      }
      if (rows.lines.length + rows.strays.length < BATCH_ROWS) continue;
      await sending;
      sending = send(rows);
      // A failure is thrown when its turn comes.
      sending.catch(() => {});
      rows = nothingYet();
    }
  } finally {
    // Nothing of it may come after the end of its transaction.
    await sending.catch(() => {});
  }
  await sending;
  await send(rows);
  await insertResultFile(trx, merchantId, {
    exchangeId: exchange.id,
    fileId: context.fileId,
    findings,
    now: context.now,
  });
  const unsettled = sent.chargeIds.length - place.definite;
  const settled = { exchangeId: exchange.id, unsettled, now: context.now };
  await finishSettledExchange(trx, merchantId, settled);
}

interface Place {
  readonly round: number;
  /** The end of the window by the hour of completion: rows of a file share a few. */
  readonly deadlines: Map<string, string>;
  /** Lines so far of which something definite is on record. */
  definite: number;
}

function mergeLine(
  rows: MergedRows,
  event: ReconciledRow,
  sent: SentSlots,
  context: MergeContext,
  place: Place,
): void {
  const { merchantId, exchange, now } = context;
  const at = event.requestLine - FIRST_LINE;
  if (sent.orderNumbers[at] !== event.orderNumber) {
    throw new Error(`line ${event.requestLine} of the stored file is not in its ledger`);
  }
  const code = event.outcome?.responseCode ?? null;
  const detail = event.outcome?.responseDetail ?? null;
  const paymentId = event.outcome?.paymentId ?? null;
  const processedAt = event.outcome?.processedAt ?? null;
  rows.lines.push(
    encodeRow([
      exchange.id,
      place.round,
      event.requestLine,
      merchantId,
      event.kind,
      event.resultLine,
      code,
      detail,
      paymentId,
      processedAt,
      event.reasons,
    ]),
  );
  const [chargeId, n, k] = [sent.chargeIds[at]!, sent.ns[at]!, sent.ks[at]!];
  const settled = sent.settled.get(at) ?? null;
  const merged =
    exchange.kind === 'capture'
      ? mergeCapture(event.kind, settled)
      : mergeAuthorization(event.kind, settled);
  if (merged.kind === 'contradiction') {
    const detail = `result round ${place.round}, line ${event.resultLine}`;
    addContradiction(rows, merged, { chargeId, n, k: k === 0 ? null : k }, context, detail);
  }
  if (settled !== null || merged.kind === 'record') place.definite += 1;
  if (merged.kind !== 'record') return;
  const slot = exchange.kind === 'capture' ? [chargeId, n, k] : [chargeId, n];
  const said = [merchantId, merged.fact, code, detail];
  const deadline = merged.fact === 'ok' ? deadlineOf(processedAt, context, place) : null;
  const rest = exchange.kind === 'capture' ? [processedAt] : [paymentId, processedAt, deadline];
  rows.facts.push(encodeRow([...slot, ...said, ...rest, exchange.id, null, now]));
}

/** Without 処理日時 the window is counted from the hand-over, the earlier of the two (spec 1.7). */
function deadlineOf(
  processedAt: string | null,
  { exchange, windowDays }: MergeContext,
  { deadlines }: Place,
): string {
  const completedAt = processedAt ?? exchange.acceptedAt ?? exchange.createdAt;
  const hour = completedAt.slice(0, 'YYYY-MM-DDTHH'.length);
  const deadline = deadlines.get(hour) ?? captureDeadline(completedAt, windowDays);
  deadlines.set(hour, deadline);
  return deadline;
}

/** Once for each slot and answer: a further result of the exchange says the same again. */
function addContradiction(
  rows: MergedRows,
  { recorded, received }: { readonly recorded: string; readonly received: string },
  slot: { readonly chargeId: number; readonly n: number; readonly k: number | null },
  { merchantId, exchange, known, now }: MergeContext,
  detail: string,
): void {
  if (known.has(contradictionKey(slot, received))) return;
  const { chargeId, n, k } = slot;
  rows.contradictions.push(
    encodeRow([merchantId, chargeId, n, k, exchange.id, recorded, received, detail, now]),
  );
}

function strayRow(event: StrayRow, context: MergeContext, round: number): CopyValue[] {
  return [
    context.exchange.id,
    round,
    event.resultLine,
    context.merchantId,
    event.orderNumber,
    /^\d{1,9}$/.test(event.amountText) ? Number(event.amountText) : null,
    event.reasons,
  ];
}
