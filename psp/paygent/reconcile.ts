import { readCsvRows } from '../../billing/csv-rows.ts';
import { ownCopy } from '../../billing/doubled-orders.ts';
import type { FieldReason, LineVerdict } from '../../billing/result-merge.ts';
import { fileReasons, type Judgement, judgeResult } from './judge-result.ts';
import type { TransactionFileKind } from './layouts.ts';
import { findStep, stepThrough } from './reconcile-in-step.ts';
import { RequestFileDecoder, RequestFileError } from './request-file.ts';
import { RequestIndex } from './request-index.ts';
import { type Answers, countAnswers, type OpenSource } from './result-answers.ts';
import {
  decodeResultFile,
  type PaygentOutcome,
  type ResultEntry,
  ResultFileDecoder,
  type ResultFileFinding,
  type ResultFileOptions,
  WrongResultFileError,
} from './result-file.ts';

export interface RowsAndYen {
  rows: number;
  yen: number;
}

/** One record that was sent, with what became of it. */
export interface ReconciledRow {
  readonly kind: LineVerdict;
  readonly requestLine: number;
  readonly resultLine: number | null;
  readonly orderNumber: string;
  /** As sent. */
  readonly amountYen: number;
  readonly outcome: PaygentOutcome | null;
  readonly reasons: readonly FieldReason[];
}

/** A row of the result that belongs to no record that was sent: quarantined, outside the balance. */
export interface StrayRow {
  readonly kind: 'stray';
  readonly resultLine: number;
  readonly orderNumber: string;
  readonly amountText: string;
  readonly reasons: readonly FieldReason[];
}

export type ReconcileEvent = ReconciledRow | StrayRow | ResultFileFinding | ReconcileSummary;

/** Comes last. */
export interface ReconcileSummary {
  readonly kind: 'summary';
  readonly fileKind: TransactionFileKind;
  readonly merchantId: string;
  readonly sent: RowsAndYen;
  readonly ok: RowsAndYen;
  readonly ng: RowsAndYen;
  readonly unknown: RowsAndYen;
  readonly quarantined: RowsAndYen;
  /** Rows of the result that were never sent. */
  readonly stray: number;
  /** Findings about the result file as a whole. */
  readonly findings: number;
  /** sent = OK + NG + unknown + quarantined. */
  readonly conservation: { readonly rows: boolean; readonly yen: boolean };
}

/**
 * Compares a transaction file with its result by order number (spec 1.6): every record that was sent
 * is given exactly once, in whatever order the result has them. Memory grows by some 60 bytes per
 * record. Throws RequestFileError or WrongResultFileError.
 */
export async function* reconcileFiles(
  files: { readonly request: OpenSource; readonly result: OpenSource },
  options: Pick<ResultFileOptions, 'encoding' | 'appended'> = {},
): AsyncGenerator<ReconcileEvent> {
  for await (const events of reconcileInBatches(files, options)) yield* events;
}

/** The same in batches: a promise for each row takes longer than the row. */
export async function* reconcileInBatches(
  files: { readonly request: OpenSource; readonly result: OpenSource },
  options: Pick<ResultFileOptions, 'encoding' | 'appended'> = {},
): AsyncGenerator<readonly ReconcileEvent[]> {
  const how = { ...options, encoding: options.encoding ?? 'utf-8' };
  const step = await findStep(files, how);
  if (step !== null) yield* summed(step, stepThrough(files, how));
  else yield* reconcileByNumber(files, how);
}

/** The same of files that are not in step (`stepThrough`): each record is looked up. */
export async function* reconcileByNumber(
  files: { readonly request: OpenSource; readonly result: OpenSource },
  options: Pick<ResultFileOptions, 'encoding' | 'appended'>,
): AsyncGenerator<readonly ReconcileEvent[]> {
  const request = await readRequest(files.request);
  const resultOptions: ResultFileOptions = {
    ...options,
    width: request.width,
    expected: { kind: request.fileKind, merchantId: request.merchantId },
  };
  await checkHeader(files.result, resultOptions);
  const answers = await countAnswers(files.result, request.index, resultOptions);
  if (answers.rows > 0 && answers.matched === 0) throw otherRequest();
  yield* summed(request, compare(files.result, request.index, answers, resultOptions));
}

/** Passes on what became of the records, with the sums of it at the end. */
async function* summed(
  { fileKind, merchantId, sent }: Omit<Request, 'index' | 'width'>,
  batches: AsyncIterable<readonly CompareEvent[]>,
): AsyncGenerator<readonly ReconcileEvent[]> {
  const totals = {
    ok: { rows: 0, yen: 0 },
    ng: { rows: 0, yen: 0 },
    unknown: { rows: 0, yen: 0 },
    quarantined: { rows: 0, yen: 0 },
  };
  let stray = 0;
  let findings = 0;
  for await (const events of batches) {
    for (const event of events) {
      if (event.kind === 'stray') stray += 1;
      else if (event.kind === 'finding') findings += 1;
      else {
        totals[event.kind].rows += 1;
        totals[event.kind].yen += event.amountYen;
      }
    }
    yield events;
  }
  const sum = (unit: keyof RowsAndYen): number =>
    totals.ok[unit] + totals.ng[unit] + totals.unknown[unit] + totals.quarantined[unit];
  const conservation = { rows: sum('rows') === sent.rows, yen: sum('yen') === sent.yen };
  yield [{ kind: 'summary', fileKind, merchantId, sent, ...totals, stray, findings, conservation }];
}

interface Request {
  readonly fileKind: TransactionFileKind;
  readonly merchantId: string;
  readonly width: number;
  readonly sent: RowsAndYen;
  readonly index: RequestIndex;
}

async function readRequest(open: OpenSource): Promise<Request> {
  const index = new RequestIndex();
  const sent = { rows: 0, yen: 0 };
  let width = 0;
  let header: { fileKind: TransactionFileKind; merchantId: string } | null = null;
  const decoder = new RequestFileDecoder();
  for await (const rows of readCsvRows(open(), 'utf-8')) {
    for (const row of rows) {
      const entry = decoder.take(row);
      if (entry.kind === 'header') header = entry;
      if (entry.kind !== 'record') continue;
      const { line, record, columns } = entry;
      if (!index.add(line, record)) {
        const { orderNumber } = record;
        const ja = `注文番号 ${orderNumber} が複数あります`;
        throw new RequestFileError(line, `order ${orderNumber} stands in the file twice`, ja);
      }
      width = columns.length;
      sent.rows += 1;
      sent.yen += record.amountYen;
    }
  }
  decoder.end();
  if (!header || sent.rows === 0) {
    throw new RequestFileError(1, 'the file holds no record', 'データレコードがありません');
  }
  return { fileKind: header.fileKind, merchantId: header.merchantId, width, sent, index };
}

/** Reads no further than the header, which says whether the file can be a result of the request. */
async function checkHeader(open: OpenSource, options: ResultFileOptions): Promise<void> {
  for await (const _header of decodeResultFile(open(), options)) return;
}

type CompareEvent = ReconciledRow | StrayRow | ResultFileFinding;

// Enough to find the rows of a doubled order in the file.
const shownLines = 10;

async function* compare(
  open: OpenSource,
  index: RequestIndex,
  answers: Answers,
  options: ResultFileOptions,
): AsyncGenerator<readonly CompareEvent[]> {
  const decoder = new ResultFileDecoder(options);
  const odd: OddRows = { doubledLines: new Map(), unreadable: new Map() };
  for await (const rows of readCsvRows(open(), options.encoding ?? 'utf-8')) {
    const events: CompareEvent[] = [];
    for (const row of rows) {
      for (const entry of decoder.take(row)) compareEntry(entry, index, answers, odd, events);
    }
    yield events;
  }
  const events: CompareEvent[] = [];
  for (const entry of decoder.end()) compareEntry(entry, index, answers, odd, events);
  yield events;
  yield [...unanswered(index, answers.perRecord, odd.doubledLines, odd.unreadable)];
}

/** Rows that answer no record by themselves. */
interface OddRows {
  readonly doubledLines: Map<number, number[]>;
  readonly unreadable: Map<number, ResultFileFinding>;
}

function compareEntry(
  entry: ResultEntry,
  index: RequestIndex,
  { perRecord: answers, cutLine }: Answers,
  { doubledLines, unreadable }: OddRows,
  events: CompareEvent[],
): void {
  if (entry.kind === 'finding') {
    const slot = entry.orderNumber === null ? null : index.find(entry.orderNumber);
    if (slot !== null) unreadable.set(slot, { ...entry, value: ownCopy(entry.value) });
    events.push(entry);
  }
  if (entry.kind !== 'row') return;
  const { line: resultLine, orderNumber, amountText, outcome } = entry;
  const slot = index.find(orderNumber);
  if (slot === null) {
    const reasons = [fileReasons.unmatched(orderNumber)];
    events.push({ kind: 'stray', resultLine, orderNumber, amountText, reasons });
  } else if (answers[slot] === 1) {
    const { line: requestLine, record } = index.read(slot);
    const cut = resultLine === cutLine;
    const judged = cut ? cutRow(orderNumber) : judgeResult(record, entry);
    const { verdict } = judged;
    const reasons = verdict === 'unknown' ? [fileReasons.blank] : judged.reasons;
    const { amountYen } = record;
    const said = { kind: verdict, requestLine, resultLine, orderNumber, amountYen } as const;
    events.push({ ...said, outcome, reasons });
  } else {
    const lines = doubledLines.get(slot) ?? [];
    if (lines.length < shownLines) lines.push(resultLine);
    doubledLines.set(slot, lines);
  }
}

/** A row that breaks off may look whole, with half a 決済ID or half a code of decline. */
function cutRow(orderNumber: string): Judgement {
  return { verdict: 'quarantined', reasons: [fileReasons.cut(orderNumber)] };
}

/** Records of the request without exactly one readable row in the result. */
function* unanswered(
  index: RequestIndex,
  answers: Uint8Array,
  doubledLines: ReadonlyMap<number, readonly number[]>,
  unreadable: ReadonlyMap<number, ResultFileFinding>,
): Generator<ReconciledRow> {
  for (let slot = 0; slot < index.size; slot += 1) {
    if (answers[slot] === 1) continue;
    const { line: requestLine, record } = index.read(slot);
    const { orderNumber, amountYen } = record;
    const lines = doubledLines.get(slot);
    const finding = unreadable.get(slot);
    let reason = fileReasons.missing(orderNumber);
    if (lines) reason = fileReasons.duplicate(orderNumber, lines);
    else if (finding) reason = fileReasons.unreadable(finding);
    yield {
      kind: 'quarantined',
      requestLine,
      resultLine: lines?.[0] ?? finding?.line ?? null,
      orderNumber,
      amountYen,
      outcome: null,
      reasons: [reason],
    };
  }
}

function otherRequest(): WrongResultFileError {
  return new WrongResultFileError(
    'other_request',
    'no row of the result belongs to a record of the request: this is the result of another file',
    '結果ファイルのどの行も取引ファイルの注文番号と一致しません。別のファイルの結果です',
  );
}
