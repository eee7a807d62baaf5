import { captureDeadline } from '../billing/capture-window.ts';
import { type ExchangeName, isFinishedExchange, type ResultSummary } from '../billing/exchange.ts';
import { mergeAuthorization, mergeCapture } from '../billing/result-merge.ts';
import { UnusableFileError } from '../billing/row-reason.ts';
import { detectEncoding, type TextEncoding } from '../billing/text-encoding.ts';
import { type CopyRows, type CopyValue, inCopyTransaction } from '../db/copy-rows.ts';
import { lockMerchant, retryMerge, type Trx } from '../db/database.ts';
import { contradictionKey, listKnownContradictions } from '../db/queries/contradictions.ts';
import { requireCycle } from '../db/queries/cycles.ts';
import { type Exchange, requireExchange } from '../db/queries/exchanges.ts';
import { listSentLines, type SentLine } from '../db/queries/file-lines.ts';
import { openFile } from '../db/queries/files.ts';
import {
  CONTRADICTION_COLUMNS,
  ENDING_RESULT_COLUMNS,
  findExchangeOfResult,
  findResultRound,
  insertResultFile,
  nextRound,
  OUTCOME_COLUMNS,
  RESULT_LINE_COLUMNS,
  RESULT_STRAY_COLUMNS,
  summarizeResult,
} from '../db/queries/result-file.ts';
import { finishSettledExchange } from '../db/queries/settlements.ts';
import { refreshStatistics } from '../db/statistics.ts';
import { type ReconciledRow, reconcileFiles, type StrayRow } from '../psp/paygent/reconcile.ts';
import { WrongResultFileError } from '../psp/paygent/result-file.ts';
import type { OfExchange } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchantWithSettings } from './merchant.ts';

export function createResultFileActivities(deps: ActivityDependencies) {
  return {
    /**
     * Takes a result file into the record: every sent line gets its verdict, every definite one its
     * fact, all in one transaction with the operator's decision. The same file again changes
     * nothing; a further file settles what the earlier one left open.
     */
    async ingestResult(of: OfExchange & { sha256: string }): Promise<ResultSummary> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const exchange = await requireExchange(deps.db, merchant.id, of.exchange);
      const result = await openFile(deps.db, merchant.id, of.sha256, deps.fileKeys);
      if (result === undefined) {
        throw refusal(
          'UnknownFile',
          '指定されたファイルは保存されていません。先にアップロードしてください。',
        );
      }
      const source = (sha256: string) => () => readStored(deps, merchant.id, sha256);
      const files = { request: source(exchange.sha256), result: source(of.sha256) };
      const merge = (encoding: TextEncoding) =>
        inCopyTransaction(deps.pool, async (trx, copyRows) => {
          await lockMerchant(trx, merchant.id);
          await decide(trx, merchant.id, of, { act: 'ingest-result', body: { sha256: of.sha256 } });
          const key = { exchangeId: exchange.id, fileId: result.fileId };
          if ((await findResultRound(trx, merchant.id, key)) === undefined) {
            const now = await requireExchange(trx, merchant.id, of.exchange);
            refuseUnaccepted(now);
            const { stage } = await requireCycle(trx, merchant.id, now.billingMonth);
            if (stage === 'closed') throw refuseClosedMonth(now);
            const other = await findExchangeOfResult(trx, merchant.id, key);
            if (other !== undefined) throw refuseOtherResult(other);
            await mergeResult(trx, copyRows, {
              merchantId: merchant.id,
              exchange: now,
              fileId: result.fileId,
              files,
              encoding,
              windowDays: current.settings.capture.windowDays,
              known: await listKnownContradictions(trx, merchant.id, now.id),
              now: of.now,
            });
          }
          const summary = await summarizeResult(trx, merchant.id, exchange.id);
          if (summary === undefined) throw new Error('a result has a verdict for every sent line');
          return summary;
        });
      try {
        // Paygent writes レスポンス詳細 in Japanese, in Windows' encoding.
        const encoding = await detectEncoding(files.result());
        const summary = await withHeartbeat(() => retryMerge(() => merge(encoding)));
        await refreshStatistics(deps.db, summary.sent.rows, [
          exchange.kind === 'capture' ? 'ending_results' : 'outcomes',
          'result_lines',
        ]);
        return summary;
      } catch (error) {
        if (error instanceof WrongResultFileError || error instanceof UnusableFileError) {
          throw refusal(
            'WrongResultFile',
            `${error.ja}。このファイルは保存しましたが、取り込んでいません。`,
            error.code,
          );
        }
        throw asRefusal(error);
      }
    },
  };
}

/**
 * A file that was settled or rejected may still get a result: the PSP did something after all, and
 * only the contradiction shows it.
 */
function refuseUnaccepted(exchange: Exchange): void {
  if (exchange.stage === 'awaiting_result' || isFinishedExchange(exchange.stage)) return;
  throw refusal(
    'StageConflict',
    '受付番号がまだ記録されていません。何も変更していません。受付番号を記録してから結果ファイルを取り込んでください。',
  );
}

function refuseClosedMonth({ billingMonth }: Exchange): Error {
  return refusal(
    'StageConflict',
    `${billingMonth} の請求は締め済みです。何も変更していません。記録と違う結果の場合は、ペイジェントの画面で二重請求がないか確認してください。`,
  );
}

/** A file that bills the same orders again has the same columns: only the bytes tell them apart. */
function refuseOtherResult({ billingMonth, kind, number }: ExchangeName): Error {
  return refusal(
    'WrongResultFile',
    `このファイルは ${billingMonth} の ${kind}-${number} の結果として取り込み済みです。何も変更していません。受付番号を確かめ、このファイルの結果を取り込んでください。`,
    'other_exchange',
  );
}

async function* readStored(
  deps: ActivityDependencies,
  merchantId: number,
  sha256: string,
): AsyncGenerator<Buffer> {
  const file = await openFile(deps.db, merchantId, sha256, deps.fileKeys);
  if (file === undefined) throw new Error('a stored file is never removed while it is read');
  yield* file.content;
}

interface MergeContext {
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

/** Rows on their way into each table; bounded by what fits into one file (10 MB). */
interface MergedRows {
  readonly lines: CopyValue[][];
  readonly strays: CopyValue[][];
  readonly facts: CopyValue[][];
  readonly contradictions: CopyValue[][];
}

async function mergeResult(trx: Trx, copyRows: CopyRows, context: MergeContext): Promise<void> {
  const { merchantId, exchange } = context;
  const sent = new Map(
    (await listSentLines(trx, merchantId, exchange.id)).map((line) => [line.lineNumber, line]),
  );
  const round = await nextRound(trx, merchantId, exchange.id);
  const rows: MergedRows = { lines: [], strays: [], facts: [], contradictions: [] };
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
  }
  await insertResultFile(trx, merchantId, {
    exchangeId: exchange.id,
    fileId: context.fileId,
    findings,
    now: context.now,
  });
  await copyRows('result_lines', RESULT_LINE_COLUMNS, rows.lines);
  await copyRows('result_strays', RESULT_STRAY_COLUMNS, rows.strays);
  // Ordered by charge, as every merge, so that two of them cannot lock each other out.
  rows.facts.sort((a, b) => Number(a[0]) - Number(b[0]));
  if (exchange.kind === 'capture') {
    await copyRows('ending_results', ENDING_RESULT_COLUMNS, rows.facts);
  } else {
    await copyRows('outcomes', OUTCOME_COLUMNS, rows.facts);
  }
  await copyRows('contradictions', CONTRADICTION_COLUMNS, rows.contradictions);
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
