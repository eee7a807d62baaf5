import { CsvRecordSplitter, splitCsvFields } from '../billing/csv-records.ts';
import type { ImportKind } from '../billing/file-import.ts';
import { createStrictDecoder, refuseBinary, type TextEncoding } from '../billing/text-encoding.ts';
import { type ImportLayout, resolveImportLayout } from './import-columns.ts';
import { emptyFile, notCsv } from './import-rows.ts';

/** Looks at the first bytes of a file while they stream elsewhere. */
export interface ImportHead {
  /** @throws UnusableFileError as soon as the file proves to be none of its kind. */
  write(chunk: Uint8Array): void;
  /** @throws UnusableFileError */
  end(): void;
}

const tellingBytes = 1024;
const encodings: readonly TextEncoding[] = ['utf-8', 'cp932'];

/**
 * Refuses what is no import file of its kind before it is stored: not a CSV, other columns, empty.
 * Holds no more than the first record.
 */
export function checkImportHead(kind: ImportKind): ImportHead {
  return checkHead((firstRow) => resolveImportLayout(kind, firstRow));
}

/**
 * The same for any file whose first row tells what it is.
 * @param resolve throws UnusableFileError for the first row of another file
 */
export function checkHead(resolve: (firstRow: readonly string[]) => ImportLayout): ImportHead {
  const splitter = new CsvRecordSplitter();
  let start: Uint8Array = new Uint8Array(0);
  let settled = false;
  const settle = (record: { bytes: Uint8Array; problem: string | null } | undefined) => {
    if (record === undefined) return;
    settled = true;
    if (record.problem !== null) throw notCsv();
    readHead(record.bytes, resolve);
  };
  return {
    write(chunk) {
      if (settled) return;
      if (start.length < tellingBytes) {
        start = Buffer.concat([start, chunk.subarray(0, tellingBytes)]);
        refuseBinary(start);
      }
      // The splitter wants bytes that nobody changes later.
      settle(splitter.push(Buffer.from(chunk))[0]);
    },
    end() {
      if (settled) return;
      settle(splitter.end()[0]);
      if (!settled) throw emptyFile();
    },
  };
}

/** In whichever encoding the first row makes sense: which it is, the whole file will tell. */
function readHead(bytes: Uint8Array, resolve: (firstRow: readonly string[]) => ImportLayout): void {
  let fault: unknown;
  for (const encoding of encodings) {
    const text = createStrictDecoder(encoding)(bytes);
    if (text === null) continue;
    try {
      resolve(splitCsvFields(text));
      return;
    } catch (error) {
      fault ??= error;
    }
  }
  throw fault ?? notCsv();
}
