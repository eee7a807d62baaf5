import { sql } from 'kysely';
import type { ExportFile, SeenFile } from '../../billing/order-source.ts';
import type { Db, Trx } from '../database.ts';

/** What is known of a merchant's order source before a look. */
export interface SourceKnowledge {
  readonly seen: readonly SeenFile[];
  /** What this month took or refused from this source. */
  readonly taken: readonly ExportFile[];
  /** What other months took from it before this one began. */
  readonly takenBefore: readonly ExportFile[];
}

/** `cycleId` null: no month yet, so it has nothing, and all that others took was before it. */
export async function readSourceKnowledge(
  db: Db,
  merchantId: number,
  of: { readonly source: string; readonly cycleId: number | null },
): Promise<SourceKnowledge> {
  const look = await db
    .selectFrom('source_looks')
    .where('merchant_id', '=', merchantId)
    .where('source', '=', of.source)
    .select('seen')
    .executeTakeFirst();
  const { rows } = await sql<ExportFile & { own: boolean }>`
    select f.name, f.bytes, f.mark, f.cycle_id is not distinct from ${of.cycleId}::bigint as own
      from source_files f
     where f.merchant_id = ${merchantId} and f.source = ${of.source}
       and (f.cycle_id is not distinct from ${of.cycleId}::bigint or f.fetched_at < coalesce(
             (select started_at from cycles where id = ${of.cycleId}::bigint), 'infinity'))
     order by f.id`.execute(db);
  const pick = (own: boolean) =>
    rows
      .filter((row) => row.own === own)
      .map(({ name, bytes, mark }) => ({ name, bytes: Number(bytes), mark }));
  return {
    seen: (look?.seen ?? []) as readonly SeenFile[],
    taken: pick(true),
    takenBefore: pick(false),
  };
}

/** Notes what a look saw. An error stays until a whole visit went well (`noteSourceError`). */
export async function recordLook(
  db: Db,
  merchantId: number,
  look: { readonly source: string; readonly seen: readonly SeenFile[]; readonly now: string },
): Promise<void> {
  const seen = JSON.stringify(look.seen);
  await db
    .insertInto('source_looks')
    .values({ merchant_id: merchantId, looked_at: look.now, source: look.source, seen })
    .onConflict((conflict) =>
      conflict
        .column('merchant_id')
        .doUpdateSet({ looked_at: look.now, source: look.source, seen }),
    )
    .execute();
}

/**
 * Notes how a visit to the source ended; null = well.
 * @returns since when it goes wrong, ISO; null when it does not
 */
export async function noteSourceError(
  db: Db,
  merchantId: number,
  visit: { readonly source: string; readonly error: string | null; readonly now: string },
): Promise<string | null> {
  const { rows } = await sql<{ errorAt: string | null }>`
    insert into source_looks (merchant_id, looked_at, source, seen, error, error_at)
    values (${merchantId}, ${visit.now}, ${visit.source}, '[]', ${visit.error},
            ${visit.error === null ? null : visit.now})
    on conflict (merchant_id) do update
       set looked_at = excluded.looked_at, source = excluded.source, error = excluded.error,
           seen = case when source_looks.source = excluded.source then source_looks.seen
                       else excluded.seen end,
           error_at = case when excluded.error is null then null
                           else coalesce(source_looks.error_at, excluded.error_at) end
    returning error_at as "errorAt"`.execute(db);
  return rows[0]?.errorAt ?? null;
}

export interface SourceFileRow extends ExportFile {
  readonly cycleId: number;
  readonly source: string;
  /** Null: nothing of it was kept. */
  readonly sha256: string | null;
  /** Why it is not used, in Japanese; null = it is. */
  readonly refusal: string | null;
  /** ISO instant. */
  readonly now: string;
}

/** Notes a file that a month took or refused; false when that is noted already. */
export async function recordSourceFile(
  trx: Trx,
  merchantId: number,
  file: SourceFileRow,
): Promise<boolean> {
  const row = await trx
    .insertInto('source_files')
    .values({
      merchant_id: merchantId,
      cycle_id: file.cycleId,
      source: file.source,
      name: file.name,
      bytes: file.bytes,
      mark: file.mark,
      sha256: file.sha256,
      refusal: file.refusal,
      fetched_at: file.now,
    })
    .onConflict((conflict) =>
      conflict.columns(['merchant_id', 'cycle_id', 'source', 'name', 'bytes', 'mark']).doNothing(),
    )
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** The newest file that a month took from a source of one address: its mark asks for news. */
export async function findNewestSourceFile(
  db: Db,
  merchantId: number,
  of: { readonly cycleId: number; readonly source: string; readonly name: string },
): Promise<ExportFile | undefined> {
  return await db
    .selectFrom('source_files')
    .where('merchant_id', '=', merchantId)
    .where('cycle_id', '=', of.cycleId)
    .where('source', '=', of.source)
    .where('name', '=', of.name)
    .orderBy('id', 'desc')
    .limit(1)
    .select(['name', 'bytes', 'mark'])
    .executeTakeFirst();
}

/**
 * Files that a month has from its source and has not read, in the order in which they came. One that
 * could not be read comes again once the settings have a newer version.
 */
export async function listPendingExports(
  db: Db,
  merchantId: number,
  of: { readonly cycleId: number; readonly settingsVersion: number },
): Promise<string[]> {
  const { rows } = await sql<{ sha256: string }>`
    select s.sha256 from source_files s
     where s.merchant_id = ${merchantId} and s.cycle_id = ${of.cycleId} and s.sha256 is not null
       and (s.refusal is null or s.refused_settings_version < ${of.settingsVersion})
       and not exists (
         select from order_collections c join files f on f.id = c.file_id
          where c.cycle_id = s.cycle_id and f.merchant_id = s.merchant_id and f.sha256 = s.sha256)
     group by s.sha256 order by min(s.id)`.execute(db);
  return rows.map((row) => row.sha256);
}

/** Notes why the month cannot read a file of its source; false when it has no such file. */
export async function refuseSourceFile(
  trx: Trx,
  merchantId: number,
  file: {
    readonly cycleId: number;
    readonly sha256: string;
    readonly refusal: string;
    readonly settingsVersion: number;
  },
): Promise<string | null> {
  const rows = await trx
    .updateTable('source_files')
    .set({ refusal: file.refusal, refused_settings_version: file.settingsVersion })
    .where('merchant_id', '=', merchantId)
    .where('cycle_id', '=', file.cycleId)
    .where('sha256', '=', file.sha256)
    .returning('name')
    .execute();
  return rows[0]?.name ?? null;
}

export interface SourceState {
  /** ISO instants. */
  readonly lookedAt: string | null;
  readonly error: string | null;
  readonly errorAt: string | null;
}

export async function readSourceState(db: Db, merchantId: number): Promise<SourceState> {
  const row = await db
    .selectFrom('source_looks')
    .where('merchant_id', '=', merchantId)
    .select(['looked_at as lookedAt', 'error', 'error_at as errorAt'])
    .executeTakeFirst();
  return row ?? { lookedAt: null, error: null, errorAt: null };
}

/** The newest first. */
export async function listSourceFiles(db: Db, merchantId: number, limit: number) {
  return await db
    .selectFrom('source_files as f')
    .innerJoin('cycles as c', 'c.id', 'f.cycle_id')
    .where('f.merchant_id', '=', merchantId)
    .orderBy('f.id', 'desc')
    .limit(limit)
    .select([
      'c.billing_month as month',
      'f.source',
      'f.name',
      'f.bytes',
      'f.sha256',
      'f.fetched_at as fetchedAt',
      'f.refusal',
    ])
    .execute();
}
