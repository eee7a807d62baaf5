import { parseCompactJstInstant } from '../../billing/business-date.ts';
import { createDoubledOrderFinder } from '../../billing/doubled-orders.ts';
import type { TextEncoding } from '../../billing/text-encoding.ts';
import { fieldIndex, type RecordLayout } from '../record-layout.ts';
import { columnsPattern } from '../record-pattern.ts';
import { fileReasons, judgeResult } from './judge-result.ts';
import {
  dataLayout,
  minDataWidth,
  resultCodes,
  resultLayout,
  type TransactionFileKind,
} from './layouts.ts';
import { readPairs } from './plain-lines.ts';
import type { ReconciledRow, RowsAndYen } from './reconcile.ts';
import { type RequestEntry, RequestFileDecoder, RequestFileError } from './request-file.ts';
import type { OpenSource } from './result-answers.ts';
import { readAppended } from './result-row.ts';

/** A request that its result answers line by line. */
export interface Step {
  readonly fileKind: TransactionFileKind;
  readonly merchantId: string;
  readonly sent: RowsAndYen;
}

interface Files {
  readonly request: OpenSource;
  readonly result: OpenSource;
}

interface StepOptions {
  readonly encoding: TextEncoding;
  /** The columns that the result appends. */
  readonly appended?: RecordLayout;
}

/**
 * What became of every record, in batches, while each line of the result is the one that was sent with
 * columns appended, in the same order, from header to trailer. Most results are such, and need no record
 * to be looked up.
 *
 * @returns null as soon as the files are not in step, also where the request has a fault: what was given
 * before that says nothing then
 */
export async function* stepThrough(
  files: Files,
  { encoding, appended = resultLayout }: StepOptions,
): AsyncGenerator<readonly ReconciledRow[], Step | null> {
  const decoder = new RequestFileDecoder();
  const orderNumbers = createDoubledOrderFinder();
  const sent = { rows: 0, yen: 0 };
  let header: { fileKind: TransactionFileKind; merchantId: string } | null = null;
  let readPair: PairReader | null = null;
  let ended = false;
  let line = 0;
  for await (const pairs of readPairs(files, encoding)) {
    if (pairs === null) return null;
    const rows: ReconciledRow[] = [];
    for (let at = 0; at < pairs.count; at += 1) {
      const [text, answer] = [pairs.sent[at] ?? '', pairs.answers[at] ?? ''];
      line += 1;
      if (ended || !answers(text, answer)) return null;
      if (header === null || text.startsWith('4,')) {
        const entry = takeLine(decoder, text, line);
        if (entry?.kind === 'header') header = entry;
        else if (entry?.kind === 'trailer' && entry.records === sent.rows) ended = true;
        else return null;
        continue;
      }
      readPair ??= createPairReader(text.split(',').length, appended);
      const row = readPair?.(text, answer, line);
      if (row == null) return null;
      sent.rows += 1;
      sent.yen += row.amountYen;
      orderNumbers.add(row.orderNumber);
      rows.push(row);
    }
    yield rows;
  }
  if (header === null || !ended || sent.rows === 0 || orderNumbers.find().size > 0) return null;
  return { fileKind: header.fileKind, merchantId: header.merchantId, sent };
}

/** Whether `stepThrough` comes to the end of these files. */
export async function findStep(files: Files, options: StepOptions): Promise<Step | null> {
  const batches = stepThrough(files, options);
  for (;;) {
    const { done, value } = await batches.next();
    if (done === true) return value;
  }
}

/** Null for a line with a fault; read as CSV it may have none, such as a byte order mark. */
function takeLine(decoder: RequestFileDecoder, text: string, line: number): RequestEntry | null {
  try {
    return decoder.take({ kind: 'readable', index: line - 1, line, fields: text.split(',') });
  } catch (error) {
    if (error instanceof RequestFileError) return null;
    throw error;
  }
}

/** Whether a line came back as it was sent, perhaps with columns behind it. */
function answers(text: string, answer: string): boolean {
  return answer.startsWith(text) && (answer.length === text.length || answer[text.length] === ',');
}

/** What a result line says of the line that it answers; null where that is not as we write records. */
type PairReader = (text: string, answer: string, line: number) => ReconciledRow | null;

/** Null for a number of columns that no record has. */
function createPairReader(width: number, appended: RecordLayout): PairReader | null {
  if (width < minDataWidth || width > 26) return null;
  const layout = dataLayout('authorization', width);
  const sent = columnsPattern(layout, ['orderNumber', 'amountYen']);
  const sentLine = new RegExp(`^${sent}$`);
  const appendedIds = appended.fields.map(({ id }) => id);
  const pair = new RegExp(`^(${sent}),${columnsPattern(appended, appendedIds)}$`);
  // Behind the whole match, the line that was sent, its number and its amount.
  const place = (id: string) => 4 + fieldIndex(appended, id);
  const places = {
    code: place('resultCode'),
    payment: place('paymentId'),
    response: place('responseCode'),
    detail: place('responseDetail'),
    at: place('processedAt'),
  };
  const readInstant = createInstantReader();
  return (text, answer, line) => {
    const found = pair.exec(answer);
    const code = found?.[places.code];
    const processedAt = found == null ? null : readInstant(found[places.at] ?? '');
    const plain =
      found?.[1]?.length === text.length &&
      (code === resultCodes.ok || code === resultCodes.ng) &&
      processedAt !== null;
    if (!plain) return readOddPair(sentLine.exec(text), { text, answer, line, layout, appended });
    const outcome = {
      resultCode: code,
      paymentId: found[places.payment] || null,
      responseCode: found[places.response] || null,
      responseDetail: found[places.detail] || null,
      processedAt,
    };
    return {
      kind: code === resultCodes.ok ? 'ok' : 'ng',
      requestLine: line,
      resultLine: line,
      orderNumber: found[2] ?? '',
      amountYen: Number(found[3]),
      outcome,
      reasons: none,
    };
  };
}

const none: readonly never[] = [];

/** The same column by column, where the result says anything but plainly OK or NG. */
function readOddPair(
  sent: RegExpExecArray | null,
  {
    text,
    answer,
    line,
    layout,
    appended,
  }: {
    readonly text: string;
    readonly answer: string;
    readonly line: number;
    readonly layout: RecordLayout;
    readonly appended: RecordLayout;
  },
): ReconciledRow | null {
  if (sent === null || answer.length === text.length) return null;
  const fields = text.split(',');
  const [, orderNumber = '', amountText = ''] = sent;
  const amountYen = Number(amountText);
  const same = {
    customerNumber: fields[fieldIndex(layout, 'customerNumber')] ?? '',
    previousOrderNumber: fields[fieldIndex(layout, 'previousOrderNumber')] ?? '',
  };
  const { outcome, findings } = readAppended(appended, answer.slice(text.length + 1).split(','));
  const { verdict, reasons } = judgeResult(
    { orderNumber, amountYen, ...same },
    { amountText, findings, outcome, ...same },
  );
  return {
    kind: verdict,
    requestLine: line,
    resultLine: line,
    orderNumber,
    amountYen,
    outcome,
    reasons: verdict === 'unknown' ? [fileReasons.blank] : reasons,
  };
}

/** Rows of a file share a few instants, mostly with their neighbours. Null also for a blank. */
function createInstantReader(): (text: string) => string | null {
  let last = '';
  let instant: string | null = null;
  return (text) => {
    if (text !== last) [last, instant] = [text, parseCompactJstInstant(text)];
    return instant;
  };
}
