import { readCsvRows } from '../../billing/csv-rows.ts';
import type { RequestIndex } from './request-index.ts';
import type { ResultFileOptions } from './result-file.ts';
import { createResultRowDecoder } from './result-row.ts';

/** Opens a file from its beginning; reconciling reads each file twice. */
export type OpenSource = () => AsyncIterable<Uint8Array>;

/** How the rows of a result answer the records of its request. */
export interface Answers {
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

/** First look at a result: which records it answers, and whether it is whole. */
export async function countAnswers(
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
