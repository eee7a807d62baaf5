import { sql } from 'kysely';
import type { RowVerdict } from '../../billing/card-migration.ts';
import type { Db, Trx } from '../database.ts';

/** A returned file with what became of it. */
export interface ReturnedFile {
  readonly id: number;
  readonly n: number;
  readonly fileId: number;
  readonly sha256: string;
  readonly fileName: string;
  /** It adds to the files before it instead of taking their place. */
  readonly addition: boolean;
  readonly state: 'taken' | 'read' | 'done' | 'refused' | 'cancelled';
  readonly importId: number | null;
  readonly importNumber: number | null;
  readonly lines: number;
  readonly imported: number;
  readonly failed: number;
  readonly quarantined: number;
  readonly trouble: string | null;
  readonly takenAt: string;
  readonly takenBy: string;
  readonly finishedAt: string | null;
  /** A later file took its place. */
  readonly supersededAt: string | null;
  readonly coverage: unknown;
}

/** The returned files of a migration, the newest first. */
export async function listReturnedFiles(
  db: Db,
  merchantId: number,
  migrationId: number,
): Promise<ReturnedFile[]> {
  const { rows } = await sql<ReturnedFile>`
    select r.id, r.n, r.file_id as "fileId", f.sha256, r.file_name as "fileName", r.addition, r.state,
           r.import_id as "importId", i.number as "importNumber", r.lines, r.imported, r.failed,
           r.quarantined, r.trouble, r.taken_at as "takenAt", r.taken_by as "takenBy",
           r.finished_at as "finishedAt", r.superseded_at as "supersededAt", r.coverage
      from migration_rounds r
      join files f on f.id = r.file_id
      left join imports i on i.id = r.import_id
     where r.merchant_id = ${merchantId} and r.migration_id = ${migrationId}
     order by r.n desc`.execute(db);
  return rows;
}

/** Registers a stored returned file as the migration's next round. */
export async function insertRound(
  trx: Trx,
  merchantId: number,
  of: {
    readonly migrationId: number;
    readonly linkFileId: number;
    readonly fileId: number;
    readonly fileName: string;
    readonly addition: boolean;
    readonly actor: string;
    readonly now: string;
  },
): Promise<void> {
  await sql`
    insert into migration_rounds (merchant_id, migration_id, link_file_id, n, file_id, file_name,
      addition, state, taken_at, taken_by)
    select ${merchantId}, ${of.migrationId}, ${of.linkFileId}, coalesce(max(n), 0) + 1, ${of.fileId},
           ${of.fileName}, ${of.addition}, 'taken', ${of.now}, ${of.actor}
      from migration_rounds where migration_id = ${of.migrationId}`.execute(trx);
}

/** What is written of a round when it goes on; only from the expected state. */
export async function moveRound(
  db: Db,
  merchantId: number,
  of: {
    readonly roundId: number;
    readonly from: readonly ReturnedFile['state'][];
    readonly to: ReturnedFile['state'];
    readonly importId?: number;
    readonly lines?: number;
    readonly imported?: number;
    readonly failed?: number;
    readonly quarantined?: number;
    readonly settingsVersion?: number;
    readonly coverage?: unknown;
    readonly trouble?: string;
    readonly now: string;
  },
): Promise<boolean> {
  const { roundId, from, to, importId, settingsVersion, coverage, now, ...rest } = of;
  const result = await db
    .updateTable('migration_rounds')
    .set({
      ...rest,
      state: to,
      ...(importId === undefined ? {} : { import_id: importId }),
      ...(settingsVersion === undefined ? {} : { settings_version: settingsVersion }),
      ...(coverage === undefined ? {} : { coverage: JSON.stringify(coverage) }),
      ...(to === 'read' ? {} : { finished_at: now }),
    })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', roundId)
    .where('state', 'in', [...from])
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** What COPY writes of every line of a returned file. */
export const MIGRATION_ROW_COLUMNS = [
  'round_id',
  'line',
  'merchant_id',
  'record',
  'customer_id',
  'verdict',
  'columns',
  'errors',
] as const;

/** How many lines of a round have each verdict. */
export async function countVerdicts(
  db: Db,
  merchantId: number,
  roundId: number,
): Promise<Readonly<Record<RowVerdict, number>>> {
  const { rows } = await sql<{ verdict: RowVerdict; lines: number }>`
    select verdict, count(*) as lines from migration_rows
     where merchant_id = ${merchantId} and round_id = ${roundId} group by verdict`.execute(db);
  const counts = { passed: 0, failed: 0, quarantined: 0 };
  for (const { verdict, lines } of rows) counts[verdict] = lines;
  return counts;
}

/** One line of a returned file, as the report shows it. */
export interface ReturnedRow {
  readonly line: number;
  /** The number in our customer ID; null where the line names nobody. */
  readonly customerId: number | null;
  readonly result: 'imported' | 'failed' | 'quarantined';
  readonly columns: readonly (string | null)[];
  readonly texts: readonly string[];
}

/** The lines of a round by line number, a page at a time; all, or those of one result. */
export async function listReturnedRows(
  db: Db,
  merchantId: number,
  page: {
    readonly roundId: number;
    readonly result: ReturnedRow['result'] | null;
    readonly after: number;
    readonly limit: number;
  },
): Promise<ReturnedRow[]> {
  const { rows } = await sql<ReturnedRow>`
    select * from (
      select w.line, w.customer_id as "customerId",
             case when w.verdict <> 'passed' then w.verdict
                  when f.import_id is null then 'imported' else 'failed' end as result,
             coalesce(f.columns, w.columns) as columns, coalesce(f.errors, w.errors) as texts
        from migration_rows w
        join migration_rounds r on r.id = w.round_id
        left join import_failures f on f.import_id = r.import_id and f.record = w.record
       where w.merchant_id = ${merchantId} and w.round_id = ${page.roundId}
         and w.line > ${page.after}) every
     where ${page.result}::text is null or result = ${page.result}
     order by line limit ${page.limit}`.execute(db);
  return rows;
}

/** The returned file at work, and its import, go no further. */
export async function cancelRound(
  trx: Trx,
  merchantId: number,
  of: { readonly migrationId: number; readonly now: string },
): Promise<void> {
  await sql`
    update imports i set stage = 'cancelled', finished_at = ${of.now}
      from migration_rounds r
     where r.migration_id = ${of.migrationId} and r.state in ('taken', 'read')
       and i.id = r.import_id and i.merchant_id = ${merchantId} and i.stage = 'running'`.execute(
    trx,
  );
  await sql`
    update migration_rounds set state = 'cancelled', finished_at = ${of.now}
     where merchant_id = ${merchantId} and migration_id = ${of.migrationId}
       and state in ('taken', 'read')`.execute(trx);
}

/** The import that was to follow a returned file does not; one that is over is left as it is. */
export async function refuseImportOfRound(
  trx: Trx,
  merchantId: number,
  of: { readonly roundId: number; readonly trouble: string; readonly now: string },
): Promise<void> {
  await sql`
    update imports i set stage = 'refused', trouble = ${of.trouble}, finished_at = ${of.now}
      from migration_rounds r
     where r.id = ${of.roundId} and i.id = r.import_id and i.merchant_id = ${merchantId}
       and i.stage = 'running'`.execute(trx);
}

/** The returned files that count so far count no more: another takes their place, or none. */
export async function supersedeRounds(
  trx: Trx,
  merchantId: number,
  of: { readonly migrationId: number; readonly now: string },
): Promise<void> {
  await trx
    .updateTable('migration_rounds')
    .set({ superseded_at: of.now })
    .where('merchant_id', '=', merchantId)
    .where('migration_id', '=', of.migrationId)
    .where('state', '=', 'done')
    .where('superseded_at', 'is', null)
    .execute();
}
