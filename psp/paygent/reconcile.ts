import { readCsvRows } from '../../billing/csv-rows.ts';
import { ownCopy } from '../../billing/doubled-orders.ts';
import type { FieldReason, LineVerdict } from '../../billing/result-merge.ts';
import { fileReasons, type Judgement, judgeResult } from './judge-result.ts';
import type { TransactionFileKind } from './layouts.ts';
import { decodeRequestFile, RequestFileError } from './request-file.ts';
import { RequestIndex } from './request-index.ts';
import {
  decodeResultFile,
  type PaygentOutcome,
  type ResultFileFinding,
  type ResultFileOptions,
  WrongResultFileError,
} from './result-file.ts';
import { createResultRowDecoder } from './result-row.ts';

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

/** Opens a file from its beginning; reconciling reads each file twice. */
export type OpenSource = () => AsyncIterable<Uint8Array>;

/**
 * Compares a transaction file with its result by order number (spec 1.6): every record that was sent
 * is given exactly once, in whatever order the result has them. Memory grows by some 60 bytes per
 * record. Throws RequestFileError or WrongResultFileError.
 */
export async function* reconcileFiles(
  files: { readonly request: OpenSource; readonly result: OpenSource },
  options: Pick<ResultFileOptions, 'encoding' | 'appended'> = {},
): AsyncGenerator<ReconcileEvent> {
  const request = await readRequest(files.request);
  const resultOptions: ResultFileOptions = {
    ...options,
    width: request.width,
    expected: { kind: request.fileKind, merchantId: request.merchantId },
  };
  await checkHeader(files.result, resultOptions);
  const answers = await countAnswers(files.result, request.index, resultOptions);
  if (answers.rows > 0 && answers.matched === 0) throw otherRequest();
  const totals = {
    ok: { rows: 0, yen: 0 },
    ng: { rows: 0, yen: 0 },
    unknown: { rows: 0, yen: 0 },
    quarantined: { rows: 0, yen: 0 },
  };
  let stray = 0;
  let findings = 0;
  for await (const event of compare(files.result, request.index, answers, resultOptions)) {
    if (event.kind === 'stray') stray += 1;
    else if (event.kind === 'finding') findings += 1;
    else {
      totals[event.kind].rows += 1;
      totals[event.kind].yen += event.amountYen;
    }
    yield event;
  }
  const sum = (unit: keyof RowsAndYen): number =>
    totals.ok[unit] + totals.ng[unit] + totals.unknown[unit] + totals.quarantined[unit];
  const { fileKind, merchantId, sent } = request;
  const conservation = { rows: sum('rows') === sent.rows, yen: sum('yen') === sent.yen };
  yield { kind: 'summary', fileKind, merchantId, sent, ...totals, stray, findings, conservation };
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
  for await (const entry of decodeRequestFile(open())) {
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
  if (!header || sent.rows === 0) {
    throw new RequestFileError(1, 'the file holds no record', 'データレコードがありません');
  }
  return { fileKind: header.fileKind, merchantId: header.merchantId, width, sent, index };
}

/** Reads no further than the header, which says whether the file can be a result of the request. */
async function checkHeader(open: OpenSource, options: ResultFileOptions): Promise<void> {
  for await (const _header of decodeResultFile(open(), options)) return;
}

interface Answers {
  /** Data rows of the result, and how many of them name an order of the request. */
  readonly rows: number;
  readonly matched: number;
  /** How many rows of the result each record of the request has; 2 stands for more. */
  readonly perRecord: Uint8Array;
  /** The last line of a file without trailer that breaks off in it: part of it is missing. */
  readonly cutLine: number | null;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

async function countAnswers(
  open: OpenSource,
  index: RequestIndex,
  options: ResultFileOptions,
): Promise<Answers> {
  const { orderNumberColumn } = createResultRowDecoder(options);
  const perRecord = new Uint8Array(index.size);
  let counted = 0;
  let matched = 0;
  let hasTrailer = false;
  let lastLine = 0;
  let lastByte: number | undefined;
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const bytes of open()) {
      lastByte = bytes.at(-1) ?? lastByte;
      yield bytes;
    }
  }
  for await (const rows of readCsvRows(watched(), options.encoding ?? 'utf-8')) {
    for (const { kind, fields, line } of rows) {
      lastLine = line;
      hasTrailer ||= fields[0] === '4';
      if (kind !== 'readable' || fields[0] !== '3') continue;
      counted += 1;
      const slot = index.find(fields[orderNumberColumn] ?? '');
      if (slot === null) continue;
      matched += 1;
      perRecord[slot] = Math.min(2, perRecord[slot]! + 1);
    }
  }
  const whole = hasTrailer || lastByte === LINE_FEED || lastByte === CARRIAGE_RETURN;
  return { rows: counted, matched, perRecord, cutLine: whole ? null : lastLine };
}

type CompareEvent = ReconciledRow | StrayRow | ResultFileFinding;

// Enough to find the rows of a doubled order in the file.
const shownLines = 10;

async function* compare(
  open: OpenSource,
  index: RequestIndex,
  { perRecord: answers, cutLine }: Answers,
  options: ResultFileOptions,
): AsyncGenerator<CompareEvent> {
  const doubledLines = new Map<number, number[]>();
  const unreadable = new Map<number, ResultFileFinding>();
  for await (const entry of decodeResultFile(open(), options)) {
    if (entry.kind === 'finding') {
      const slot = entry.orderNumber === null ? null : index.find(entry.orderNumber);
      if (slot !== null) unreadable.set(slot, { ...entry, value: ownCopy(entry.value) });
      yield entry;
    }
    if (entry.kind !== 'row') continue;
    const { line: resultLine, orderNumber, amountText, outcome } = entry;
    const slot = index.find(orderNumber);
    if (slot === null) {
      const reasons = [fileReasons.unmatched(orderNumber)];
      yield { kind: 'stray', resultLine, orderNumber, amountText, reasons };
    } else if (answers[slot] === 1) {
      const { line: requestLine, record } = index.read(slot);
      const cut = resultLine === cutLine;
      const judged = cut ? cutRow(orderNumber) : judgeResult(record, entry);
      const { verdict } = judged;
      const reasons = verdict === 'unknown' ? [fileReasons.blank] : judged.reasons;
      const { amountYen } = record;
      yield { kind: verdict, requestLine, resultLine, orderNumber, amountYen, outcome, reasons };
    } else {
      const lines = doubledLines.get(slot) ?? [];
      if (lines.length < shownLines) lines.push(resultLine);
      doubledLines.set(slot, lines);
    }
  }
  yield* unanswered(index, answers, doubledLines, unreadable);
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
