import { csvStart, encodeCsv, writeCsv } from '../billing/csv-writer.ts';
import type { ImportKind } from '../billing/file-import.ts';
import type { TextEncoding } from '../billing/text-encoding.ts';
import { importColumns, reportColumns } from './import-columns.ts';
import type { ImportRow } from './import-rows.ts';

/** A failed row of an import: its errors, under the number of its record. */
export interface FailedRecord {
  readonly record: number;
  readonly errors: readonly string[];
}

/** Between the errors of one row in its cell. */
const errorSeparator = ' / ';

/**
 * The failed rows of a file as a CSV to be mended and imported again: the columns of the layout, 行数
 * and エラー内容, in the encoding of the file. Of a row that could not be read it has what could be.
 *
 * @param failed in the order of their records.
 */
export async function* writeFailedRows(
  kind: ImportKind,
  rows: AsyncIterable<readonly ImportRow[]>,
  failed: AsyncIterator<FailedRecord>,
  encoding: TextEncoding,
): AsyncGenerator<Buffer> {
  const columns: readonly string[] = importColumns[kind];
  yield Buffer.concat([
    csvStart(encoding),
    encodeCsv(writeCsv([[...columns, ...reportColumns]]), encoding),
  ]);
  let next = await failed.next();
  for await (const batch of rows) {
    const records: (string | number)[][] = [];
    for (const row of batch) {
      if (next.done === true) break;
      if (row.record !== next.value.record) continue;
      const cells = row.kind === 'cells' ? row.cells : row.fields;
      const shown = columns.map((_, index) => cells[index] ?? '');
      records.push([...shown, row.line, next.value.errors.join(errorSeparator)]);
      next = await failed.next();
    }
    if (records.length > 0) yield encodeCsv(writeCsv(records), encoding);
    if (next.done === true) return;
  }
}
