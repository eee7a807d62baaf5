import { type Kysely, sql } from 'kysely';
import type { Trx } from '../database.ts';
import type { FileKey } from '../file-chunks.ts';
import { type Sealed, type SealedPlace, sealedPlaces } from '../sealed-places.ts';
import type { Database } from '../tables.ts';

/** How many rows of one place a key encrypts. */
export interface KeyUse {
  readonly keyId: string;
  /** As in `sealedPlaces`. */
  readonly what: string;
  readonly rows: number;
}

/** A row that no key opens, named by its table and primary key alone. */
export interface UnreadableRow {
  readonly what: string;
  readonly row: string;
}

export interface Resealed {
  /** Rows that were encrypted anew, by place. */
  readonly rows: Readonly<Record<string, number>>;
  readonly unreadable: readonly UnreadableRow[];
}

/** Which file keys encrypt what, in the whole database; reads no ciphertext. */
export async function listKeyUse(db: Kysely<Database>): Promise<KeyUse[]> {
  const all = sealedPlaces.map(({ what, table, columns }, position) => {
    const keyId = sql.ref(columns.keyId);
    return sql`
      select ${keyId} as "keyId", ${what}::text as what, count(*) as rows, ${position}::int as position
        from ${sql.table(table)} where ${keyId} is not null group by 1`;
  });
  const { rows } = await sql<KeyUse>`
    select "keyId", what, rows from (${sql.join(all, sql` union all `)}) used
     order by "keyId", position`.execute(db);
  return rows;
}

/**
 * Encrypts with the first of `keys` whatever the others of them encrypt, in batches of one short
 * transaction each: what was done stays done when the process is killed, and doing it again changes
 * nothing. Rows that somebody else holds are passed over and looked at again, so that nobody waits for
 * anybody; a row is only touched in its three columns. Needs the owner's rights.
 *
 * @param onProgress is told of every batch.
 */
export async function resealAll(
  db: Kysely<Database>,
  keys: readonly FileKey[],
  onProgress: (done: { readonly what: string; readonly rows: number }) => void = () => {},
): Promise<Resealed> {
  const counts: Record<string, number> = {};
  const unreadable: UnreadableRow[] = [];
  for (const place of sealedPlaces) {
    const { what } = place;
    for (;;) {
      const pass = await resealOnce(db, place, keys, (rows) => {
        counts[what] = (counts[what] ?? 0) + rows;
        onProgress({ what, rows });
      });
      // Behind the walk, running imports may have copied rows under the old key.
      if (pass.rows > 0) continue;
      unreadable.push(...pass.unreadable);
      break;
    }
  }
  return { rows: counts, unreadable };
}

interface Pass {
  rows: number;
  readonly unreadable: UnreadableRow[];
}

/** `last`: the primary key of its last row; null = there was none. */
type Batch = Pass & { readonly last: readonly unknown[] | null };

/** One walk through a place, by its primary key. */
async function resealOnce(
  db: Kysely<Database>,
  place: SealedPlace,
  keys: readonly FileKey[],
  onBatch: (rows: number) => void,
): Promise<Pass> {
  const pass: Pass = { rows: 0, unreadable: [] };
  let after: readonly unknown[] | null = null;
  for (;;) {
    const from: readonly unknown[] | null = after;
    const batch: Batch = await db
      .transaction()
      .execute((trx) => resealBatch(trx, place, keys, { after: from }));
    if (batch.last === null) return pass;
    after = batch.last;
    pass.rows += batch.rows;
    pass.unreadable.push(...batch.unreadable);
    if (batch.rows > 0) onBatch(batch.rows);
  }
}

async function resealBatch(
  trx: Trx,
  place: SealedPlace,
  keys: readonly FileKey[],
  of: { readonly after: readonly unknown[] | null },
): Promise<Batch> {
  const [to] = keys;
  if (to === undefined) throw new Error('No key was given to encrypt with.');
  const found = await lockBatch(trx, place, { olderIds: idsOf(keys.slice(1)), after: of.after });
  const unreadable: UnreadableRow[] = [];
  const resealed: { readonly key: readonly unknown[]; readonly sealed: Sealed }[] = [];
  let last: readonly unknown[] | null = null;
  for (const row of found) {
    const key = place.key.map((_, index) => row[`k${index}`]);
    last = key;
    try {
      resealed.push({ key, sealed: place.reseal(row, row, keys, to) });
    } catch {
      // Its error names what would be read; what matters here is that the others go on.
      unreadable.push({ what: place.what, row: `${place.table} (${key.join(', ')})` });
    }
  }
  if (resealed.length > 0) await updateBatch(trx, place, resealed);
  return { rows: resealed.length, unreadable, last };
}

type FoundRow = Sealed & Readonly<Record<string, unknown>>;

async function lockBatch(
  trx: Trx,
  { table, key, columns, joins, bound, rowsAtOnce }: SealedPlace,
  of: { readonly olderIds: readonly string[]; readonly after: readonly unknown[] | null },
): Promise<FoundRow[]> {
  const names = key.map(([column]) => sql.ref(`t.${column}`));
  const values = key.map(([, type], index) => sql`${of.after?.[index]}::${sql.raw(type)}`);
  const beyond = of.after === null ? sql`` : sql`and (${sql.join(names)}) > (${sql.join(values)})`;
  const { rows } = await sql<FoundRow>`
    select ${sql.join(names.map((name, index) => sql`${name} as ${sql.ref(`k${index}`)}`))},
           ${sql.ref(`t.${columns.keyId}`)} as "keyId", ${sql.ref(`t.${columns.iv}`)} as iv,
           ${sql.ref(`t.${columns.data}`)} as data, ${sql.raw(bound)}
      from ${sql.table(table)} t ${sql.raw(joins)}
     where ${sql.ref(`t.${columns.keyId}`)} = any(${of.olderIds}::text[]) ${beyond}
     order by ${sql.join(names)} limit ${rowsAtOnce}
       for update of t skip locked`.execute(trx);
  return rows;
}

async function updateBatch(
  trx: Trx,
  { table, key, columns }: SealedPlace,
  rows: readonly { readonly key: readonly unknown[]; readonly sealed: Sealed }[],
): Promise<void> {
  const keyArrays = key.map(
    ([, type], index) => sql`${rows.map((row) => row.key[index])}::${sql.raw(type)}[]`,
  );
  const matches = key.map(([column]) => sql`${sql.ref(`t.${column}`)} = ${sql.ref(`u.${column}`)}`);
  await sql`
    update ${sql.table(table)} t
       set ${sql.ref(columns.keyId)} = u.sealed_by, ${sql.ref(columns.iv)} = u.sealed_iv,
           ${sql.ref(columns.data)} = u.sealed_data
      from unnest(${sql.join(keyArrays)}, ${rows.map(({ sealed }) => sealed.keyId)}::text[],
                  ${rows.map(({ sealed }) => sealed.iv)}::bytea[],
                  ${rows.map(({ sealed }) => sealed.data)}::bytea[])
           as u(${sql.join(key.map(([column]) => sql.ref(column)))}, sealed_by, sealed_iv, sealed_data)
     where ${sql.join(matches, sql` and `)}`.execute(trx);
}

const idsOf = (keys: readonly FileKey[]) => keys.map(({ id }) => id);
