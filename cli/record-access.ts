import { userInfo } from 'node:os';
import type { Pool } from 'pg';
import { type Config, ConfigError, type EncryptionKey, readConfig } from '../config.ts';
import { type Db, databaseOver, openPool } from '../db/database.ts';

/** What was asked for cannot be done as it was said: exit code 2 and its message, no stack trace. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export interface RecordAccess {
  readonly db: Db;
  /** The pool under `db`, for what needs a connection itself. */
  readonly pool: Pool;
  /** Who types: the name goes to the audit. */
  readonly actor: string;
  /** ISO instant of real time. */
  readonly now: string;
}

/**
 * Runs a command on the record of money as the application role: on the database of the environment,
 * else on that of the running `tsukigime up`.
 * @returns the exit code: 0, 2 for a command that cannot be carried out, 1 when it did not work.
 */
export async function withRecord(work: (access: RecordAccess) => Promise<void>): Promise<number> {
  let db: Db | undefined;
  try {
    const pool = openPool(await findDatabaseUrl(), {
      maxConnections: 2,
      applicationName: 'tsukigime-cli',
    });
    db = databaseOver(pool);
    await work({ db, pool, actor: readActor(), now: new Date().toISOString() });
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
  } finally {
    await db?.destroy();
  }
}

/** Who types, as the audit names them. In a container everybody has one login: there the environment says it. */
export const readActor = () => `cli:${readConfig().actor ?? userInfo().username}`;

async function findDatabaseUrl(): Promise<string> {
  const config = readConfig();
  if (config.databaseUrlApp !== undefined) return config.databaseUrlApp;
  // Loaded only here: in production the environment says it.
  const { findRunningStack } = await import('../stack/running-stack.ts');
  const { appDatabaseUrl } = findRunningStack(config);
  if (appDatabaseUrl === undefined) {
    throw new UsageError(
      'Postgres is not running: start `tsukigime up` first, or give TSUKIGIME_DATABASE_URL_APP.',
    );
  }
  return appDatabaseUrl;
}

/**
 * The keys for stored files and secrets: those of the environment, else those of the running
 * `tsukigime up`. Keys of this checkout are never used for the database of the environment.
 */
export async function findFileKeys(config: Config): Promise<readonly EncryptionKey[]> {
  if (config.fileKeys !== undefined) return config.fileKeys;
  if (config.databaseUrlApp === undefined) {
    const { findRunningStack } = await import('../stack/running-stack.ts');
    const { fileKeys } = findRunningStack(config);
    if (fileKeys !== undefined) return fileKeys;
  }
  throw new UsageError('TSUKIGIME_FILE_KEYS is not set: nothing can be encrypted without it.');
}
