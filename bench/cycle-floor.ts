import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import type { Pool } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { encodeRow } from '../db/copy-rows.ts';
import { openPool } from '../db/database.ts';
import { answerFile } from './instant-psp.ts';
import { processorSeconds } from './processor-time.ts';

/**
 * The floor of a month: the least that the same bytes cost on the same Postgres, by plain SQL. No
 * workflow, no ledger, no keys, no rule, no guard, nothing kept of the files; a crash would lose it.
 */
export interface FloorFigures {
  readonly seconds: number;
  /** What each step took, in seconds. */
  readonly steps: Readonly<Record<string, number>>;
  readonly processorSeconds: number;
  readonly walBytes: number;
  readonly databaseBytes: number;
}

const tables = `
  create table orders (line int, ordered_at text, order_number text, customer_number text, name text,
                       email text, phone text, method text, cycle_count text, previous_order_number text,
                       yen int, shipped_on text, status text);
  create table authorizations (order_number text, yen int, ok boolean, payment_id text, code text,
                               processed_at text);
  create table captures (order_number text, yen int, ok boolean, payment_id text, code text,
                         processed_at text)`;

/** A transaction record of Paygent, column by column. */
const record = `'3', null, o.order_number, null, o.yen, null, null, '10', null, null, null,
                o.previous_order_number, null, o.customer_number, null`;

const resultColumns = Array.from({ length: 20 }, (_, index) => `c${index + 1}`);

/**
 * @param of `ordersPath`: the export, `folder`: where its files may lie, `postgresPid`: the server's
 */
export async function measureFloor(of: {
  readonly ownerUrl: string;
  readonly ordersPath: string;
  readonly folder: string;
  readonly postgresPid: number;
}): Promise<FloorFigures> {
  const owner = openPool(of.ownerUrl, { maxConnections: 1 });
  await owner.query('create database floor');
  const url = new URL(of.ownerUrl);
  url.pathname = '/floor';
  const pool = openPool(url.toString(), { maxConnections: 1 });
  try {
    await pool.query(tables);
    return await runFloor(pool, of);
  } finally {
    await pool.end();
    await owner.query('drop database floor');
    await owner.end();
  }
}

async function runFloor(
  pool: Pool,
  { ordersPath, folder, postgresPid }: Parameters<typeof measureFloor>[0],
): Promise<FloorFigures> {
  const steps: Record<string, number> = {};
  const pids = [process.pid, postgresPid];
  const walBefore = await walPosition(pool);
  const bytesBefore = await databaseBytes(pool);
  let spent = 0;
  const step = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const before = processorSeconds(pids);
    const startedAt = performance.now();
    await work();
    steps[name] = (performance.now() - startedAt) / 1000;
    spent += processorSeconds(pids) - before;
  };
  await step('orders in', () => copyOrders(pool, ordersPath));
  for (const kind of ['auth', 'capture'] as const) {
    const [out, back] = [join(folder, `${kind}.csv`), join(folder, `${kind}-result.csv`)];
    await step(`${kind} out`, () => copyOut(pool, kind, out));
    // What the PSP does is not the floor's.
    const answers = answerFile(createReadStream(out), kind, new Date());
    await pipeline(Readable.from(answers), createWriteStream(back));
    await step(`${kind} results in`, () => copyResults(pool, kind, back));
    await step(`${kind} merged`, () => merge(pool, kind));
  }
  const walBytes = (await walPosition(pool)) - walBefore;
  return {
    seconds: Object.values(steps).reduce((sum, seconds) => sum + seconds, 0),
    steps,
    processorSeconds: spent,
    walBytes,
    databaseBytes: (await databaseBytes(pool)) - bytesBefore,
  };
}

/** Where the server's log stands, in bytes. */
export async function walPosition(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>(
    "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::int8 as bytes",
  );
  return rows[0]?.bytes ?? 0;
}

export async function databaseBytes(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>(
    'select pg_database_size(current_database()) as bytes',
  );
  return rows[0]?.bytes ?? 0;
}

/** Decoded, parsed and copied, each while the others are at work. */
async function copyOrders(pool: Pool, path: string): Promise<void> {
  const amount = 9;
  async function* lines() {
    const rows = Readable.from(decoded(path)).pipe(parse({ from: 2 }));
    let batch = '';
    let line = 0;
    for await (const row of rows as AsyncIterable<string[]>) {
      line += 1;
      row[amount] = (row[amount] ?? '').replace(/\D/g, '');
      batch += encodeRow([line, ...row]);
      if (batch.length < 64 * 1024) continue;
      yield Buffer.from(batch);
      batch = '';
    }
    yield Buffer.from(batch);
  }
  await copyIn(pool, 'copy orders from stdin', lines());
}

async function* decoded(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('shift_jis', { fatal: true });
  for await (const chunk of createReadStream(path)) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

async function copyIn(pool: Pool, statement: string, source: AsyncIterable<Buffer>): Promise<void> {
  const client = await pool.connect();
  try {
    const into = client.query(copyFrom(statement));
    await pipeline(Readable.from(source, { objectMode: false }), into);
  } finally {
    client.release();
  }
}

async function copyOut(pool: Pool, kind: 'auth' | 'capture', path: string): Promise<void> {
  const of =
    kind === 'auth'
      ? 'orders o'
      : 'orders o join authorizations a on a.order_number = o.order_number where a.ok';
  const client = await pool.connect();
  try {
    const rows = client.query(copyTo(`copy (select ${record} from ${of}) to stdout (format csv)`));
    await pipeline(rows, createWriteStream(path));
  } finally {
    client.release();
  }
}

async function copyResults(pool: Pool, kind: 'auth' | 'capture', path: string): Promise<void> {
  const columns = resultColumns.map((name) => `${name} text`).join(', ');
  await pool.query(`create table ${kind}_results (${columns})`);
  await copyIn(pool, `copy ${kind}_results from stdin (format csv)`, createReadStream(path));
}

async function merge(pool: Pool, kind: 'auth' | 'capture'): Promise<void> {
  const table = kind === 'auth' ? 'authorizations' : 'captures';
  await pool.query(
    `insert into ${table}
     select o.order_number, o.yen, r.c16 = '0', r.c17, r.c19, r.c20
       from ${kind}_results r join orders o on o.order_number = r.c3 and o.yen = r.c5::int`,
  );
}
