import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import type { Database } from './tables.ts';

export type { Database } from './tables.ts';
export type Db = Kysely<Database>;
export type Trx = Transaction<Database>;

export interface DatabaseOptions {
  /** Connections at most; a worker needs one per activity that runs at the same time. */
  maxConnections?: number;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  /** Longer statements are cut off by the server; none by default. */
  statementTimeoutMs?: number;
  /** Called when an idle connection breaks; the pool replaces it by itself. */
  onIdleError?: (error: Error) => void;
}

/**
 * Opens a pool. What is read comes in types that can go straight into JSON: int8 and numeric as
 * number, date as 'YYYY-MM-DD', timestamptz as ISO-8601 in UTC. jsonb is parsed; to insert it, give
 * JSON text.
 */
export function openDatabase(url: string, options: DatabaseOptions = {}): Db {
  return databaseOver(openPool(url, options));
}

/** The pool under a database, for what needs a connection itself: COPY, LISTEN. */
export function openPool(url: string, options: DatabaseOptions = {}): pg.Pool {
  const { statementTimeoutMs: cutMs = 0 } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? 10,
    // A server that takes the connection and says nothing is away, like one that refuses it.
    connectionTimeoutMillis: 10_000,
    application_name: options.applicationName ?? 'tsukigime',
    // Compiling costs a page of a list more than all of its rows; the embedded server has it off anyway.
    options: `-c timezone=UTC -c datestyle=ISO -c jit=off -c statement_timeout=${cutMs}`,
    types: { getTypeParser },
  });
  // Without a listener a broken connection would end the process: the pool listens to idle ones, and
  // the one that is at work tells its query, which rejects.
  pool.on('error', options.onIdleError ?? (() => {}));
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** A database over a pool that someone else opened; destroying it ends the pool. */
export function databaseOver(pool: pg.Pool): Db {
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
}

const { builtins } = pg.types;
const ARRAY_OF_INT8 = 1016;
const textParsers: ReadonlyMap<number, (text: string) => unknown> = new Map<
  number,
  (text: string) => unknown
>([
  [builtins.INT8, parseSafeNumber],
  [builtins.NUMERIC, parseSafeNumber],
  [
    ARRAY_OF_INT8,
    (text) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(parseSafeNumber)),
  ],
  [builtins.DATE, (text) => text],
  [builtins.TIMESTAMPTZ, parseInstant],
]);

function getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
  const own = format === 'binary' ? undefined : textParsers.get(oid);
  return own ?? pg.types.getTypeParser(oid, format as 'text');
}

/** Ids and sums of yen stay far below 2^53; a number that does not is an error, never rounded. */
function parseSafeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value)) {
    throw new RangeError(`a number from the database cannot be held exactly: ${text}`);
  }
  return value;
}

/** "2026-11-22 00:00:00+00" (DateStyle ISO, TimeZone UTC) as "2026-11-22T00:00:00.000Z". */
function parseInstant(text: string): string {
  return new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')).toISOString();
}

/**
 * Holds the money of one merchant until the transaction ends. Whoever adds items, attempts, endings
 * or contradictions holds it anyway (the triggers take it); take it first where a transaction reads
 * before it writes, and always in a merge: a statement that inserts before it locks can deadlock.
 */
export async function lockMerchant(trx: Trx, merchantId: number): Promise<void> {
  await sql`select lock_merchant(${merchantId})`.execute(trx);
}

/** Holds the audit chain of one merchant (0: the chain of no single merchant). */
export async function lockAuditChain(trx: Trx, chainId: number): Promise<void> {
  await sql`select lock_audit_chain(${chainId})`.execute(trx);
}

/** Deadlock, serialization failure, and a key that another merge filled between look and insert. */
const RETRIED_SQLSTATES: ReadonlySet<string> = new Set(['40P01', '40001', '23505']);
/** A merge that loses against another finds the facts there the second time; more is a defect. */
const MERGE_TRIES = 5;

/**
 * Runs a whole merge, transaction included, again when it collided with another. `merge` must open
 * its own transaction and classify anew each time: what was free before may be taken now.
 *
 * @throws the last error once the tries are used up, and every other error at once
 */
export async function retryMerge<T>(merge: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await merge(attempt);
    } catch (error) {
      const sqlState = readSqlState(error);
      if (attempt >= MERGE_TRIES || sqlState === undefined || !RETRIED_SQLSTATES.has(sqlState)) {
        throw error;
      }
    }
  }
}

/** The SQLSTATE of an error that came from Postgres. */
export function readSqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/**
 * The rule of the record that a refused fact broke, as named in the migration
 * (`no_open_contradiction`, `attempt_follows_a_finished_one` …); undefined for any other error.
 */
export function readBrokenRule(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError && error.code === 'TK001' ? error.constraint : undefined;
}

/**
 * While rows are written in many short statements, a process that hangs is cut off, and with it the locks
 * of its transaction; null: one statement may take as long as it takes.
 */
export async function limitSilence(trx: Trx, limit: string | null): Promise<void> {
  const cut = limit === null ? sql`default` : sql.lit(limit);
  await sql`set local statement_timeout to ${cut}`.execute(trx);
  await sql`set local idle_in_transaction_session_timeout to ${cut}`.execute(trx);
}
