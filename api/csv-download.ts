import {
  type CsvValue,
  csvStart,
  encodeCsv,
  findUnwritable,
  writeCsv,
} from '../billing/csv-writer.ts';
import type { TextEncoding } from '../billing/text-encoding.ts';
import { Problem } from './problem.ts';

/** A list that leaves as CSV, a page of rows at a time. */
interface CsvList<Row> {
  readonly fileName: string;
  readonly encoding: TextEncoding;
  readonly head: readonly string[];
  /** The next rows behind a position, 0 for the first ones. */
  page(afterPosition: number, limit: number): Promise<readonly Row[]>;
  positionOf(row: Row): number;
  rowOf(row: Row): CsvValue[];
}

const ROWS_AT_ONCE = 5_000;

/**
 * Writes a list as CSV in bounded memory, safe to open in a spreadsheet.
 *
 * @throws Problem `text-not-writable` before the first byte, when the encoding lacks a character.
 */
export async function replyWithCsv<Row>(
  list: CsvList<Row>,
): Promise<{ status: 200; content: AsyncGenerator<Buffer>; fileName: string }> {
  const { encoding, fileName } = list;
  if (encoding !== 'utf-8') {
    for await (const text of textsOf(list)) {
      if (findUnwritable(text, encoding) !== null) throw new Problem('text-not-writable');
    }
  }
  return { status: 200, content: encodeTexts(textsOf(list), encoding), fileName };
}

async function* textsOf<Row>(list: CsvList<Row>): AsyncGenerator<string> {
  yield writeCsv([list.head]);
  for (let after = 0; ; ) {
    const rows = await list.page(after, ROWS_AT_ONCE);
    if (rows.length > 0) yield writeCsv(rows.map((row) => list.rowOf(row)));
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_AT_ONCE) return;
    after = list.positionOf(last);
  }
}

async function* encodeTexts(
  texts: AsyncIterable<string>,
  encoding: TextEncoding,
): AsyncGenerator<Buffer> {
  yield csvStart(encoding);
  for await (const text of texts) yield encodeCsv(text, encoding);
}

/** Pages of a list that goes on behind a key instead of a number. */
export function pagesByKey<Row, Key>(
  first: Key,
  page: (after: Key, limit: number) => Promise<readonly Row[]>,
  keyOf: (row: Row) => Key,
): Pick<CsvList<Row>, 'page' | 'positionOf'> {
  let key = first;
  return {
    async page(after, limit) {
      // It is read from the start once more when every character was looked at before.
      if (after === 0) key = first;
      const rows = await page(key, limit);
      const last = rows.at(-1);
      if (last !== undefined) key = keyOf(last);
      return rows;
    },
    positionOf: () => 1,
  };
}
