import { sql } from 'kysely';
import type { Db, Trx } from '../database.ts';

/** A released link file. */
export interface LinkFile {
  readonly id: number;
  readonly n: number;
  readonly fileId: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly fileName: string;
  readonly customers: number;
  readonly releasedAt: string;
  readonly releasedBy: string;
  readonly handedOverAt: string | null;
  readonly handedOverBy: string | null;
  readonly way: 'person' | 'sftp' | null;
}

/** The link files of a migration, the newest first. */
export async function listLinkFiles(
  db: Db,
  merchantId: number,
  migrationId: number,
): Promise<LinkFile[]> {
  const { rows } = await sql<LinkFile>`
    select l.id, l.n, l.file_id as "fileId", f.sha256, f.bytes, l.file_name as "fileName",
           l.customers, l.released_at as "releasedAt", l.released_by as "releasedBy",
           h.handed_over_at as "handedOverAt", h.handed_over_by as "handedOverBy", h.way
      from migration_link_files l
      join files f on f.id = l.file_id
      left join migration_hand_overs h on h.link_file_id = l.id
     where l.merchant_id = ${merchantId} and l.migration_id = ${migrationId}
     order by l.n desc`.execute(db);
  return rows;
}

/** The one that counts: the newest. */
export async function findLinkFile(
  db: Db,
  merchantId: number,
  migrationId: number,
): Promise<LinkFile | undefined> {
  return (await listLinkFiles(db, merchantId, migrationId))[0];
}

/** The ID of a link file to come: its customers are written under it before its bytes are known. */
export async function takeLinkFileId(db: Db, merchantId: number): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    select nextval(pg_get_serial_sequence('migration_link_files', 'id')) as id
      from merchants where id = ${merchantId}`.execute(db);
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('Postgres gave no ID.');
  return id;
}

export async function insertLinkFile(
  trx: Trx,
  merchantId: number,
  of: {
    readonly id: number;
    readonly migrationId: number;
    readonly n: number;
    readonly fileId: number;
    readonly fileName: string;
    readonly customers: number;
    readonly settingsVersion: number;
    readonly actor: string;
    readonly now: string;
  },
): Promise<void> {
  await trx
    .insertInto('migration_link_files')
    .values({
      id: of.id,
      merchant_id: merchantId,
      migration_id: of.migrationId,
      n: of.n,
      file_id: of.fileId,
      file_name: of.fileName,
      customers: of.customers,
      settings_version: of.settingsVersion,
      released_at: of.now,
      released_by: of.actor,
    })
    .execute();
}

/** Writes down that the PSP has a link file, once. @returns whether it is news */
export async function recordLinkHandOver(
  db: Db,
  merchantId: number,
  of: {
    readonly linkFileId: number;
    readonly way: 'person' | 'sftp';
    readonly actor: string;
    readonly now: string;
  },
): Promise<boolean> {
  const inserted = await db
    .insertInto('migration_hand_overs')
    .values({
      link_file_id: of.linkFileId,
      merchant_id: merchantId,
      way: of.way,
      handed_over_at: of.now,
      handed_over_by: of.actor,
    })
    .onConflict((conflict) => conflict.column('link_file_id').doNothing())
    .returning('link_file_id')
    .executeTakeFirst();
  return inserted !== undefined;
}
