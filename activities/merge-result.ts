import { captureDeadline } from '../billing/capture-window.ts';
import { mergeAuthorization, mergeCapture } from '../billing/result-merge.ts';
import type { TextEncoding } from '../billing/text-encoding.ts';
import type { CopyRows, CopyValue } from '../db/copy-rows.ts';
import type { Trx } from '../db/database.ts';
import { contradictionKey } from '../db/queries/contradictions.ts';
import type { Exchange } from '../db/queries/exchanges.ts';
import { listSentLines, type SentLine } from '../db/queries/file-lines.ts';
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
import { type ReconciledRow, reconcileFiles, type StrayRow } from '../psp/paygent/reconcile.ts';

export interface MergeContext {
  readonly merchantId: number;
  readonly exchange: Exchange;
  readonly fileId: number;
  readonly files: Parameters<typeof reconcileFiles>[0];
  readonly encoding: TextEncoding;
  readonly windowDays: number;
  /** Contradictions of this exchange that are on record: a further result says them again. */
  readonly known: ReadonlySet<string>;
  readonly now: string;
}

/** Rows on their way into each table. */
interface MergedRows {
  readonly lines: CopyValue[][];
  readonly strays: CopyValue[][];
  readonly facts: CopyValue[][];
  readonly contradictions: CopyValue[][];
}

const outcomes = { table: 'outcomes', columns: OUTCOME_COLUMNS } as const;
const endingResults = { table: 'ending_results', columns: ENDING_RESULT_COLUMNS } as const;

/** How many rows are held before they are sent on: enough for COPY, little for the memory. */
const BATCH_ROWS = 5_000;

/** Takes every row of a result file into the record, in the transaction of its decision. */
export async function mergeResult(
  trx: Trx,
  copyRows: CopyRows,
  context: MergeContext,
): Promise<void> {
  const { merchantId, exchange } = context;
  const sent = new Map(
    (await listSentLines(trx, merchantId, exchange.id)).map((line) => [line.lineNumber, line]),
  );
  const round = await nextRound(trx, merchantId, exchange.id);
  const rows: MergedRows = { lines: [], strays: [], facts: [], contradictions: [] };
  const facts = exchange.kind === 'capture' ? endingResults : outcomes;
  const flush = async () => {
    for (const [table, columns, batch] of [
      ['result_lines', RESULT_LINE_COLUMNS, rows.lines],
      ['result_strays', RESULT_STRAY_COLUMNS, rows.strays],
      [facts.table, facts.columns, rows.facts],
      ['contradictions', CONTRADICTION_COLUMNS, rows.contradictions],
    ] as const) {
      if (batch.length > 0) await copyRows(table, columns, batch.splice(0));
    }
  };
  const findings: object[] = [];
  for await (const event of reconcileFiles(context.files, { encoding: context.encoding })) {
    if (event.kind === 'summary') continue;
    if (event.kind === 'finding') {
      const { line, nameJa, value, reason } = event;
      findings.push({ line, nameJa, value, code: reason.code, ja: reason.ja, en: reason.en });
    } else if (event.kind === 'stray') {
      rows.strays.push(strayRow(event, context, round));
    } else {
      const line = sent.get(event.requestLine);
      if (line === undefined || line.orderNumber !== event.orderNumber) {
        throw new Error(`line ${event.requestLine} of the stored file is not in its ledger`);
      }
      mergeLine(rows, event, line, context, round);
    }
    if (rows.lines.length + rows.strays.length >= BATCH_ROWS) await flush();
  }
  await flush();
  await insertResultFile(trx, merchantId, {
    exchangeId: exchange.id,
    fileId: context.fileId,
    findings,
    now: context.now,
  });
  await finishSettledExchange(trx, merchantId, { exchangeId: exchange.id, now: context.now });
}

function mergeLine(
  rows: MergedRows,
  event: ReconciledRow,
  line: SentLine,
  context: MergeContext,
  round: number,
): void {
  const { merchantId, exchange, now } = context;
  const code = event.outcome?.responseCode ?? null;
  const detail = event.outcome?.responseDetail ?? null;
  const paymentId = event.outcome?.paymentId ?? null;
  const processedAt = event.outcome?.processedAt ?? null;
  rows.lines.push([
    exchange.id,
    round,
    line.lineNumber,
    merchantId,
    event.kind,
    event.resultLine,
    code,
    detail,
    paymentId,
    processedAt,
    event.reasons,
  ]);
  const merged =
    exchange.kind === 'capture'
      ? mergeCapture(event.kind, line.settled)
      : mergeAuthorization(event.kind, line.settled);
  if (merged.kind === 'contradiction') {
    const detail = `result round ${round}, line ${event.resultLine}`;
    addContradiction(rows, merged, line, context, detail);
  }
  if (merged.kind !== 'record') return;
  if (exchange.kind === 'capture') {
    rows.facts.push([
      line.chargeId,
      line.n,
      line.k,
      merchantId,
      merged.fact,
      code,
      detail,
      processedAt,
      exchange.id,
      null,
      now,
    ]);
    return;
  }
  // Without 処理日時 the window is counted from the hand-over, the earlier of the two (spec 1.7).
  const completedAt = processedAt ?? exchange.acceptedAt ?? exchange.createdAt;
  rows.facts.push([
    line.chargeId,
    line.n,
    merchantId,
    merged.fact,
    code,
    detail,
    paymentId,
    processedAt,
    merged.fact === 'ok' ? captureDeadline(completedAt, context.windowDays) : null,
    exchange.id,
    null,
    now,
  ]);
}

/** Once for each slot and answer: a further result of the exchange says the same again. */
function addContradiction(
  rows: MergedRows,
  { recorded, received }: { readonly recorded: string; readonly received: string },
  line: SentLine,
  { merchantId, exchange, known, now }: MergeContext,
  detail: string,
): void {
  if (known.has(contradictionKey(line, received))) return;
  const { chargeId, n, k } = line;
  rows.contradictions.push([
    merchantId,
    chargeId,
    n,
    k,
    exchange.id,
    recorded,
    received,
    detail,
    now,
  ]);
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
