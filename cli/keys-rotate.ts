import { type Config, type EncryptionKey, readConfig } from '../config.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { appendAudit } from '../db/queries/audit.ts';
import { type Resealed, resealAll } from '../db/queries/encryption-keys.ts';
import { connectTemporal } from '../temporal/client.ts';
import { refuseFailed, syncSchedules } from '../workers/schedules.ts';
import {
  describeFileKey,
  describePayloadKey,
  describeRows,
  type FileKeyState,
  type PayloadKeyState,
  readFileKeyStates,
  readPayloadKeyStates,
} from './key-states.ts';
import { findFileKeys, readActor, UsageError } from './record-access.ts';
import { findServers } from './schedules.ts';

interface RotateOptions {
  readonly json?: boolean;
}

/**
 * `tsukigime keys rotate`: encrypts with the newest file key what older ones encrypt, has the Schedules
 * written anew under the newest payload key, and says which keys are needed no more. Repeating it does
 * what is left to do, and is told by the audit only when there was something.
 * @returns the exit code: 0, 1 when something could not be encrypted anew or looked at, 2 without a
 *   database and keys.
 */
export async function runKeysRotate(command: RotateOptions): Promise<number> {
  const say = command.json ? () => {} : (line: string) => console.log(line);
  try {
    const config = readConfig();
    const keys = await findFileKeys(config);
    const db = openDatabase(await findOwnerUrl(config), {
      ...{ maxConnections: 2, applicationName: 'tsukigime-cli' },
    });
    try {
      const resealed = await rotateFiles(db, keys, say);
      const fileKeys = await readFileKeyStates(db, keys);
      say('File keys (TSUKIGIME_FILE_KEYS)');
      for (const line of fileKeys.flatMap(describeFileKey)) say(line);
      const payloadKeys = await rotateSchedules();
      if (payloadKeys !== null) {
        say('Payload keys (TSUKIGIME_PAYLOAD_KEYS)');
        for (const line of payloadKeys.flatMap(describePayloadKey)) say(line);
      }
      if (command.json) console.log(JSON.stringify({ ...resealed, fileKeys, payloadKeys }));
      const whole = isWhole(resealed, fileKeys) && payloadKeys !== null;
      return whole ? 0 : 1;
    } finally {
      await db.destroy();
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return error instanceof UsageError ? 2 : 1;
  }
}

function isWhole(resealed: Resealed, fileKeys: readonly FileKeyState[]): boolean {
  const left = fileKeys.filter(
    ({ state, rows }) => state !== 'newest' && Object.keys(rows).length > 0,
  );
  return resealed.unreadable.length === 0 && left.length === 0;
}

async function rotateFiles(
  db: Db,
  keys: readonly EncryptionKey[],
  say: (line: string) => void,
): Promise<Resealed> {
  const [newest] = keys;
  if (newest === undefined) throw new UsageError('TSUKIGIME_FILE_KEYS holds no key.');
  const older = (await readFileKeyStates(db, keys)).filter(({ state }) => state === 'older');
  const totals = sumRows(older);
  if (Object.keys(totals).length === 0) return { rows: {}, unreadable: [] };
  say(`Encrypting anew with ${newest.id}: ${describeRows(totals)}.`);
  const from = older.map(({ id }) => id);
  await audit(db, 'keys.rotation_started', { key: newest.id, from, rows: totals });
  const progress = createProgress(totals, say);
  const resealed = await resealAll(db, keys, progress);
  const unreadable = resealed.unreadable.length;
  await audit(db, 'keys.rotated', { key: newest.id, from, rows: { ...resealed.rows }, unreadable });
  say(`Done: ${describeRows(resealed.rows)}.`);
  for (const { what, row } of resealed.unreadable) {
    say(`NOT readable under its own key, left as it is (${what}): ${row}`);
  }
  return resealed;
}

function sumRows(states: readonly FileKeyState[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { rows } of states) {
    for (const [what, n] of Object.entries(rows)) sums[what] = (sums[what] ?? 0) + n;
  }
  return sums;
}

/** At most so often a line. */
const PROGRESS_MS = 2_000;

function createProgress(totals: Readonly<Record<string, number>>, say: (line: string) => void) {
  const done: Record<string, number> = {};
  let saidAt = performance.now();
  return ({ what, rows }: { readonly what: string; readonly rows: number }) => {
    done[what] = (done[what] ?? 0) + rows;
    if (performance.now() - saidAt < PROGRESS_MS) return;
    saidAt = performance.now();
    const total = Math.max(totals[what] ?? 0, done[what]);
    say(`  ${what}: ${done[what].toLocaleString('en')} of ${total.toLocaleString('en')}`);
  };
}

/** In the chain of no single merchant: the keys are everybody's. */
async function audit(db: Db, act: string, details: Record<string, unknown>): Promise<void> {
  await appendAudit(db, null, {
    ...{ at: new Date().toISOString(), actor: readActor(), act, subject: 'file keys' },
    ...{ reason: null, details },
  });
}

/** What runs is not rewritten; what begins from now on is. @returns null when Temporal is away. */
async function rotateSchedules(): Promise<PayloadKeyState[] | null> {
  const servers = await findServers();
  if (servers === undefined) {
    console.error(
      'Payload keys were not looked at: give TSUKIGIME_DATABASE_URL_APP, TEMPORAL_ADDRESS and ' +
        'TSUKIGIME_PAYLOAD_KEYS.',
    );
    return null;
  }
  const db = openDatabase(servers.databaseUrl, { maxConnections: 2 });
  try {
    const client = await connectTemporal(servers.temporal);
    try {
      refuseFailed(await syncSchedules(db, client, new Date().toISOString()));
    } finally {
      await client.connection.close();
    }
    return await readPayloadKeyStates(servers.temporal);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(`Payload keys were not looked at: ${why}`);
    return null;
  } finally {
    await db.destroy();
  }
}

async function findOwnerUrl(config: Config): Promise<string> {
  if (config.databaseUrl !== undefined) return config.databaseUrl;
  // Keys of the environment are meant for the database of the environment.
  if (config.databaseUrlApp === undefined) {
    // Loaded only here: in production the environment says it.
    const { findRunningStack } = await import('../stack/running-stack.ts');
    const { ownerDatabaseUrl } = findRunningStack(config);
    if (ownerDatabaseUrl !== undefined) return ownerDatabaseUrl;
  }
  throw new UsageError(
    'DATABASE_URL is not set: only the owner of the schema may change what is stored. Give it, or ' +
      'start `tsukigime up` first.',
  );
}
