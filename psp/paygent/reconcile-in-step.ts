import { createDoubledOrderFinder } from '../../billing/doubled-orders.ts';
import type { TextEncoding } from '../../billing/text-encoding.ts';
import { fieldIndex, type RecordLayout } from '../record-layout.ts';
import { fileReasons, judgeResult } from './judge-result.ts';
import { dataLayout, resultLayout, type TransactionFileKind } from './layouts.ts';
import { readPairs } from './plain-lines.ts';
import type { ReconciledRow, RowsAndYen } from './reconcile.ts';
import { RequestFileDecoder } from './request-file.ts';
import type { OpenSource } from './result-answers.ts';
import { readAppended } from './result-row.ts';

/** A request that its result answers line by line. */
export interface Step {
  readonly fileKind: TransactionFileKind;
  readonly merchantId: string;
  /** Columns of a data record in the request. */
  readonly width: number;
  readonly sent: RowsAndYen;
}

interface Files {
  readonly request: OpenSource;
  readonly result: OpenSource;
}

/**
 * Whether each line of a result is the one that was sent with columns appended, in the same order, from
 * header to trailer; null for any other result. Most are such, and need no record to be looked up.
 *
 * @throws RequestFileError
 */
export async function findStep(files: Files, encoding: TextEncoding): Promise<Step | null> {
  const decoder = new RequestFileDecoder();
  const orderNumbers = createDoubledOrderFinder();
  const sent = { rows: 0, yen: 0 };
  let header: { fileKind: TransactionFileKind; merchantId: string } | null = null;
  let width = 0;
  let ended = false;
  let line = 0;
  for await (const pairs of readPairs(files, encoding)) {
    if (pairs === null) return null;
    for (let at = 0; at < pairs.count; at += 1) {
      const [text, answer] = [pairs.sent[at] ?? '', pairs.answers[at] ?? ''];
      line += 1;
      const fields = text.split(',');
      const entry = decoder.take({ kind: 'readable', index: line - 1, line, fields });
      const appended = answer.length > text.length;
      if (!answer.startsWith(text) || (appended && answer[text.length] !== ',')) return null;
      if (entry.kind === 'header') header = entry;
      else if (entry.kind === 'trailer') ended = true;
      else {
        if (!appended) return null;
        width = fields.length;
        sent.rows += 1;
        sent.yen += entry.record.amountYen;
        orderNumbers.add(entry.record.orderNumber);
      }
    }
  }
  if (header === null || !ended || sent.rows === 0 || orderNumbers.find().size > 0) return null;
  decoder.end();
  const { fileKind, merchantId } = header;
  return { fileKind, merchantId, width, sent };
}

/** What became of every record, in batches: of files of which `findStep` said so. */
export async function* reconcileInStep(
  files: Files,
  { width, sent }: Step,
  options: { readonly encoding: TextEncoding; readonly appended?: RecordLayout },
): AsyncGenerator<readonly ReconciledRow[]> {
  const layout = dataLayout('authorization', width);
  const columns = {
    orderNumber: fieldIndex(layout, 'orderNumber'),
    amountYen: fieldIndex(layout, 'amountYen'),
    customerNumber: fieldIndex(layout, 'customerNumber'),
    previousOrderNumber: fieldIndex(layout, 'previousOrderNumber'),
  };
  const appended = options.appended ?? resultLayout;
  let line = 0;
  for await (const pairs of readPairs(files, options.encoding)) {
    if (pairs === null) throw new Error('a stored file has changed while it was read');
    const rows: ReconciledRow[] = [];
    for (let at = 0; at < pairs.count; at += 1) {
      line += 1;
      if (line === 1 || line > sent.rows + 1) continue;
      const [text, answer] = [pairs.sent[at] ?? '', pairs.answers[at] ?? ''];
      const fields = text.split(',');
      const orderNumber = fields[columns.orderNumber] ?? '';
      const amountText = fields[columns.amountYen] ?? '';
      const amountYen = Number(amountText);
      const customerNumber = fields[columns.customerNumber] ?? '';
      const previousOrderNumber = fields[columns.previousOrderNumber] ?? '';
      const { outcome, findings } = readAppended(
        appended,
        answer.slice(text.length + 1).split(','),
      );
      const same = { customerNumber, previousOrderNumber };
      const { verdict, reasons } = judgeResult(
        { orderNumber, amountYen, ...same },
        { amountText, findings, outcome, ...same },
      );
      rows.push({
        kind: verdict,
        requestLine: line,
        resultLine: line,
        orderNumber,
        amountYen,
        outcome,
        reasons: verdict === 'unknown' ? [fileReasons.blank] : reasons,
      });
    }
    yield rows;
  }
}
