import { createDoubledOrderFinder, ownCopy } from '../../billing/doubled-orders.ts';
import { type FieldReason, fileReasons, judgeResult, type Verdict } from './judge-result.ts';
import type { TransactionFileKind } from './layouts.ts';
import { decodeRequestFile, RequestFileError } from './request-file.ts';
import {
  createResultRowDecoder,
  decodeResultFile,
  type PaygentOutcome,
  type ResultFileFinding,
  type ResultFileOptions,
  type ResultRow,
  type ResultRowDecoder,
  WrongResultFileError,
} from './result-file.ts';
import type { TransactionRecord } from './transaction-file.ts';

export interface RowsAndYen {
  rows: number;
  yen: number;
}

/** One record that was sent, with what became of it. */
export interface ReconciledRow {
  readonly kind: Verdict;
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

/** Opens a file from its beginning; reconciling reads each file twice. */
export type OpenSource = () => AsyncIterable<Uint8Array>;

/**
 * Compares a transaction file with its result by order number (spec 1.6): every record that was sent
 * is given exactly once. Memory is bounded by how far the two files differ in order; files in the
 * same order need next to none. Throws RequestFileError or WrongResultFileError.
 */
export async function* reconcileFiles(
  files: { readonly request: OpenSource; readonly result: OpenSource },
  options: Pick<ResultFileOptions, 'encoding' | 'appended'> = {},
): AsyncGenerator<ReconcileEvent> {
  const request = await inspectRequest(files.request);
  const resultOptions: ResultFileOptions = {
    ...options,
    width: request.width,
    expected: { kind: request.fileKind, merchantId: request.merchantId },
  };
  const doubled = await findDoubledResults(files.result, resultOptions);
  const totals = {
    ok: { rows: 0, yen: 0 },
    ng: { rows: 0, yen: 0 },
    unknown: { rows: 0, yen: 0 },
    quarantined: { rows: 0, yen: 0 },
  };
  let stray = 0;
  let findings = 0;
  let returned = 0;
  const join = joinFiles(files, resultOptions, doubled);
  for await (const event of join) {
    if (event.kind === 'stray') stray += 1;
    else if (event.kind === 'finding') findings += 1;
    else {
      totals[event.kind].rows += 1;
      totals[event.kind].yen += event.amountYen;
      if (event.resultLine !== null) returned += 1;
    }
    yield event;
  }
  if (returned === 0 && stray > 0) throw otherRequest();
  const sum = (unit: keyof RowsAndYen): number =>
    totals.ok[unit] + totals.ng[unit] + totals.unknown[unit] + totals.quarantined[unit];
  yield {
    kind: 'summary',
    fileKind: request.fileKind,
    merchantId: request.merchantId,
    sent: request.sent,
    ...totals,
    stray,
    findings,
    conservation: {
      rows: sum('rows') === request.sent.rows,
      yen: sum('yen') === request.sent.yen,
    },
  };
}

interface InspectedRequest {
  readonly fileKind: TransactionFileKind;
  readonly merchantId: string;
  readonly width: number;
  readonly sent: RowsAndYen;
}

async function inspectRequest(open: OpenSource): Promise<InspectedRequest> {
  const finder = createDoubledOrderFinder();
  const sent = { rows: 0, yen: 0 };
  let width = 0;
  let header: { fileKind: TransactionFileKind; merchantId: string } | null = null;
  for await (const entry of decodeRequestFile(open())) {
    if (entry.kind === 'header') header = entry;
    if (entry.kind !== 'record') continue;
    finder.add(entry.record.orderNumber);
    width = entry.columns.length;
    sent.rows += 1;
    sent.yen += entry.record.amountYen;
  }
  const [twice] = finder.find();
  if (twice !== undefined || !header || sent.rows === 0) {
    throw new RequestFileError(
      1,
      twice === undefined ? 'the file holds no record' : `order ${twice} stands in it twice`,
      twice === undefined ? 'データレコードがありません' : `注文番号 ${twice} が複数あります`,
    );
  }
  return { fileKind: header.fileKind, merchantId: header.merchantId, width, sent };
}

/** Lines of the result per order number that stands in it more than once. */
type DoubledResults = Map<string, number[]>;

async function findDoubledResults(
  open: OpenSource,
  options: ResultFileOptions,
): Promise<DoubledResults> {
  const finder = createDoubledOrderFinder();
  for await (const entry of decodeResultFile(open(), options)) {
    if (entry.kind === 'row') finder.add(entry.orderNumber);
  }
  return new Map([...finder.find()].map((orderNumber) => [orderNumber, []]));
}

type JoinEvent = ReconciledRow | StrayRow | ResultFileFinding;

/**
 * Reads both files side by side. What has met no partner yet waits as one packed string; the rows of
 * doubled order numbers wait until the end of the result, when all their lines are known.
 */
async function* joinFiles(
  files: { readonly request: OpenSource; readonly result: OpenSource },
  options: ResultFileOptions,
  doubled: DoubledResults,
): AsyncGenerator<JoinEvent> {
  const decoder = createResultRowDecoder(options);
  const requests = decodeRequestFile(files.request());
  const waitingRequests = new Map<string, string>();
  const waitingResults = new Map<string, string>();
  const unreadable = new Map<string, ResultFileFinding>();
  const takeRequest = async (): Promise<JoinEvent | null | 'end'> => {
    for (;;) {
      const next = await requests.next();
      if (next.done) return 'end';
      if (next.value.kind !== 'record') continue;
      const { line, record } = next.value;
      const packed = waitingResults.get(record.orderNumber);
      if (packed === undefined) {
        waitingRequests.set(ownCopy(record.orderNumber), packRequest(line, record));
        return null;
      }
      waitingResults.delete(record.orderNumber);
      return toReconciled(line, record, unpackResult(packed, decoder));
    }
  };
  for await (const entry of decodeResultFile(files.result(), options)) {
    if (entry.kind === 'finding') {
      if (entry.orderNumber !== null) unreadable.set(ownCopy(entry.orderNumber), entry);
      yield entry;
    }
    if (entry.kind !== 'row') continue;
    const lines = doubled.get(entry.orderNumber);
    if (lines) {
      lines.push(entry.line);
      continue;
    }
    const met = await takeRequest();
    if (met !== null && met !== 'end') yield met;
    const packed = waitingRequests.get(entry.orderNumber);
    if (packed === undefined) {
      waitingResults.set(ownCopy(entry.orderNumber), packResult(entry));
    } else {
      waitingRequests.delete(entry.orderNumber);
      const { line, record } = unpackRequest(entry.orderNumber, packed);
      yield toReconciled(line, record, entry);
    }
  }
  for (let met = await takeRequest(); met !== 'end'; met = await takeRequest()) {
    if (met !== null) yield met;
  }
  yield* unanswered(waitingRequests, unreadable, doubled);
  yield* strays(waitingResults, doubled, decoder);
}

/** Records of the request without a readable row of their own in the result. */
function* unanswered(
  waitingRequests: ReadonlyMap<string, string>,
  unreadable: ReadonlyMap<string, ResultFileFinding>,
  doubled: DoubledResults,
): Generator<ReconciledRow> {
  for (const [orderNumber, packed] of waitingRequests) {
    const { line, record } = unpackRequest(orderNumber, packed);
    const lines = doubled.get(orderNumber);
    const finding = unreadable.get(orderNumber);
    doubled.delete(orderNumber);
    let reason = fileReasons.missing(orderNumber);
    if (lines) reason = fileReasons.duplicate(orderNumber, lines);
    else if (finding) reason = fileReasons.unreadable(finding);
    yield {
      kind: 'quarantined',
      requestLine: line,
      resultLine: lines?.[0] ?? finding?.line ?? null,
      orderNumber,
      amountYen: record.amountYen,
      outcome: null,
      reasons: [reason],
    };
  }
}

function* strays(
  waitingResults: ReadonlyMap<string, string>,
  doubled: DoubledResults,
  decoder: ResultRowDecoder,
): Generator<StrayRow> {
  for (const packed of waitingResults.values()) {
    const row = unpackResult(packed, decoder);
    yield toStray(row.line, row.orderNumber, row.amountText);
  }
  for (const [orderNumber, lines] of doubled) {
    for (const line of lines) yield toStray(line, orderNumber, '');
  }
}

function toReconciled(line: number, record: TransactionRecord, row: ResultRow): ReconciledRow {
  const { verdict, reasons } = judgeResult(record, row);
  return {
    kind: verdict,
    requestLine: line,
    resultLine: row.line,
    orderNumber: record.orderNumber,
    amountYen: record.amountYen,
    outcome: row.outcome,
    reasons,
  };
}

function toStray(resultLine: number, orderNumber: string, amountText: string): StrayRow {
  const reasons = [fileReasons.unmatched(orderNumber)];
  return { kind: 'stray', resultLine, orderNumber, amountText, reasons };
}

const separator = '\u001f';

function packRequest(line: number, record: TransactionRecord): string {
  const { amountYen, customerNumber, previousOrderNumber } = record;
  const parts = [line, amountYen, customerNumber, previousOrderNumber ?? ''];
  return parts.join(separator);
}

function unpackRequest(
  orderNumber: string,
  packed: string,
): { line: number; record: TransactionRecord } {
  const [line, amountYen, customerNumber = '', previous = ''] = packed.split(separator);
  const previousOrderNumber = previous || null;
  const record = { orderNumber, amountYen: Number(amountYen), customerNumber, previousOrderNumber };
  return { line: Number(line), record };
}

function packResult(row: ResultRow): string {
  return [row.line, ...row.columns].join(separator);
}

function unpackResult(packed: string, decoder: ResultRowDecoder): ResultRow {
  const [line, ...columns] = packed.split(separator);
  return decoder.decode(columns, Number(line));
}

function otherRequest(): WrongResultFileError {
  return new WrongResultFileError(
    'other_request',
    'no row of the result belongs to a record of the request: this is the result of another file',
    '結果ファイルのどの行も取引ファイルの注文番号と一致しません。別のファイルの結果です',
  );
}
