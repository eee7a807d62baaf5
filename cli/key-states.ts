import type { EncryptionKey } from '../config.ts';
import type { Db } from '../db/database.ts';
import { listKeyUse } from '../db/queries/encryption-keys.ts';
import { connectTemporal, type TemporalServer } from '../temporal/client.ts';
import { findPayloadKeyUse, type PayloadKeyUse } from '../temporal/payload-keys.ts';

/** The first of a list, one behind it, or one that is in no list though something needs it. */
export type KeyState = 'newest' | 'older' | 'missing';

export interface FileKeyState {
  readonly id: string;
  readonly state: KeyState;
  /** What it encrypts. */
  readonly rows: Readonly<Record<string, number>>;
}

export interface PayloadKeyState extends Omit<PayloadKeyUse, 'keyId'> {
  readonly id: string;
  readonly state: KeyState;
}

const idsOf = (keys: readonly EncryptionKey[]) => keys.map(({ id }) => id);

function stateOf(id: string, ids: readonly string[]): KeyState {
  const position = ids.indexOf(id);
  if (position < 0) return 'missing';
  return position === 0 ? 'newest' : 'older';
}

/** The keys of the list, newest first, then those that are missing from it. */
export async function readFileKeyStates(
  db: Db,
  keys: readonly EncryptionKey[],
): Promise<FileKeyState[]> {
  const used = await listKeyUse(db);
  const ids = idsOf(keys);
  return [...new Set([...ids, ...used.map(({ keyId }) => keyId)])].map((id) => ({
    id,
    state: stateOf(id, ids),
    rows: Object.fromEntries(
      used.filter(({ keyId }) => keyId === id).map(({ what, rows }) => [what, rows]),
    ),
  }));
}

/** @throws when Temporal does not answer. */
export async function readPayloadKeyStates(server: TemporalServer): Promise<PayloadKeyState[]> {
  const client = await connectTemporal(server);
  try {
    const ids = idsOf(server.keys);
    const used = await findPayloadKeyUse(client, ids);
    return used.map(({ keyId, ...use }) => ({ id: keyId, state: stateOf(keyId, ids), ...use }));
  } finally {
    await client.connection.close();
  }
}

const stateWords: Readonly<Record<KeyState, string>> = {
  newest: 'encrypts',
  older: 'only decrypts',
  missing: 'MISSING',
};

/** One line for a key, and one for what to do about it. */
export function describeFileKey({ id, state, rows }: FileKeyState): string[] {
  const counts = describeRows(rows);
  const line = `  ${id}  ${stateWords[state]}: ${counts}`;
  if (state === 'missing') {
    return [line, '    → put it back behind the newest: without it this cannot be read'];
  }
  if (state === 'newest') return [line];
  if (counts !== nothing) return [line, '    → tsukigime keys rotate'];
  return [
    line,
    '    → take it out once every worker and API runs with the newest in front; keep it with the backups of its time',
  ];
}

/** The same for a payload key. */
export function describePayloadKey(key: PayloadKeyState): string[] {
  const { id, state, open, schedules, readableUntil } = key;
  const uses = [
    open.length === 0 ? '' : `open workflows ${open.length}`,
    schedules.length === 0 ? '' : `Schedules ${schedules.length}`,
  ].filter((use) => use !== '');
  const line = `  ${id}  ${stateWords[state]}: ${uses.join(', ') || nothing}`;
  if (state === 'newest') return [line];
  if (state === 'missing') {
    return [
      line,
      `    → put it back behind the newest: ${named([...open, ...schedules])} stand still`,
    ];
  }
  const lines = [line];
  if (open.length > 0) lines.push(`    → must stay until these are closed: ${named(open)}`);
  if (schedules.length > 0) {
    lines.push(`    → tsukigime keys rotate writes these anew: ${named(schedules)}`);
  }
  if (readableUntil !== null) {
    lines.push(`    → without it, closed histories are unreadable until ${readableUntil}`);
  }
  if (lines.length === 1) {
    lines.push('    → take it out once every worker and API runs with the newest in front');
  }
  return lines;
}

const nothing = 'nothing';

export function describeRows(rows: Readonly<Record<string, number>>): string {
  const parts = Object.entries(rows).map(([what, n]) => `${what} ${n.toLocaleString('en')}`);
  return parts.join(', ') || nothing;
}

/** So many are named; the others are counted. */
const NAMED = 5;

function named(ids: readonly string[]): string {
  const rest = ids.length - NAMED;
  return ids.slice(0, NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
