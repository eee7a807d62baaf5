import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pool } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { databaseOver, type Trx } from './database.ts';

/** A value of a row on its way into Postgres; objects travel as JSON. */
export type CopyValue = string | number | boolean | null | object;

/** Streams rows, or what `encodeRow` made of them, into a table by COPY, inside the transaction that handed it out. */
export type CopyRows = (
  table: string,
  columns: readonly string[],
  rows: Iterable<readonly CopyValue[]> | AsyncIterable<readonly CopyValue[]> | Buffer | EncodedRows,
) => Promise<number>;

/** Pieces that `encodeRow` made, for who has many rows at hand: a promise for each takes its time. */
export interface EncodedRows {
  readonly pieces: AsyncIterable<Buffer>;
}

/**
 * Runs one transaction on one connection that speaks both Kysely and COPY: the stream protocol of
 * COPY needs the connection itself, which Kysely does not give out.
 */
export async function inCopyTransaction<T>(
  pool: Pool,
  work: (trx: Trx, copyRows: CopyRows) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  const single = databaseOver({
    connect: async () => ({ query: client.query.bind(client), release: () => {} }),
    end: async () => {},
  } as unknown as Pool);
  const copyRows: CopyRows = async (table, columns, rows) => {
    const stream = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`));
    await pipeline(Readable.from(encode(rows), { objectMode: false }), stream);
    return stream.rowCount;
  };
  try {
    return await single.transaction().execute((trx) => work(trx, copyRows));
  } finally {
    client.off('error', onError);
    // A connection that broke is not given to the next transaction.
    client.release(broken);
  }
}

function encode(rows: Parameters<CopyRows>[2]): Iterable<Buffer> | AsyncIterable<Buffer> {
  if (Buffer.isBuffer(rows)) return [rows];
  return 'pieces' in rows ? rows.pieces : encodeRows(rows);
}

/** About this many characters travel to the socket at a time. */
const BATCH_CHARACTERS = 64 * 1024;

async function* encodeRows(
  rows: Iterable<readonly CopyValue[]> | AsyncIterable<readonly CopyValue[]>,
): AsyncGenerator<Buffer> {
  let batch = '';
  for await (const row of rows) {
    batch += encodeRow(row);
    if (batch.length >= BATCH_CHARACTERS) {
      yield Buffer.from(batch, 'utf8');
      batch = '';
    }
  }
  if (batch !== '') yield Buffer.from(batch, 'utf8');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

const escaped = /[\\\t\n\r]/;

/** A row as a line of COPY's text format. */
export function encodeRow(row: readonly CopyValue[]): string {
  // Joined, not added up: a text that grows leaves a piece behind for each of its steps.
  const cells = new Array<string | number>(row.length);
  for (let index = 0; index < row.length; index += 1) {
    const value = row[index] ?? null;
    cells[index] = typeof value === 'number' ? value : encodeValue(value);
  }
  return `${cells.join('\t')}\n`;
}

/** The text format of COPY: \N is null, and four characters are escaped. */
function encodeValue(value: CopyValue): string {
  if (value === null) return '\\N';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (!escaped.test(text)) return text;
  return text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}

/** The text of a Postgres array, as a value of a row. */
export function toPgArray(values: readonly (string | number | null)[]): string {
  const items = values.map((value) =>
    value === null ? 'NULL' : `"${String(value).replace(/["\\]/g, '\\$&')}"`,
  );
  return `{${items.join(',')}}`;
}
