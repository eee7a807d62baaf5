import { sql } from 'kysely';
import type { MigrationRound, MigrationStage } from '../../billing/card-migration.ts';
import type { ImportKind, ImportStage } from '../../billing/file-import.ts';
import type { Db } from '../database.ts';

/**
 * What may wait for a person outside of a month's billing. Asked for every few seconds by each open
 * console: every statement here finds its rows by an index and reads so many at most.
 */

/** Overrides of card locks that wait for a second person, the oldest first. */
export async function listAskedOverrides(
  db: Db,
  merchantId: number,
  limit: number,
): Promise<{ readonly lock: number; readonly askedBy: string; readonly askedAt: string }[]> {
  const { rows } = await sql<{ lock: number; askedBy: string; askedAt: string }>`
    select l.number as lock, o.requested_by as "askedBy", o.requested_at as "askedAt"
      from card_lock_overrides o
      join card_locks l on l.id = o.lock_id
     where o.merchant_id = ${merchantId}
       and not exists (select from card_lock_override_answers a where a.override_id = o.id)
       and not exists (select from card_unlocks u where u.lock_id = o.lock_id)
     order by o.id limit ${limit}`.execute(db);
  return rows;
}

/** A migration that goes on, with what became of its newest returned file. */
export interface WaitingMigration {
  readonly number: number;
  readonly stage: MigrationStage;
  readonly note: string | null;
  readonly waitsSince: string;
  readonly round: (Pick<MigrationRound, 'state'> & { readonly trouble: string | null }) | null;
}

export async function listWaitingMigrations(
  db: Db,
  merchantId: number,
  limit: number,
): Promise<WaitingMigration[]> {
  const { rows } = await sql<WaitingMigration>`
    select m.number, m.stage, m.note, m.waits_since as "waitsSince",
           case when r.state is not null
             then jsonb_build_object('state', r.state, 'trouble', r.trouble) end as round
      from card_migrations m
      left join lateral (select state, trouble from migration_rounds
                          where migration_id = m.id order by n desc limit 1) r on true
     where m.merchant_id = ${merchantId} and m.finished_at is null
     order by m.number desc limit ${limit}`.execute(db);
  return rows;
}

export interface RecentImport {
  readonly number: number;
  readonly kind: ImportKind;
  readonly fileName: string;
  readonly stage: ImportStage;
  readonly trouble: string | null;
}

/** The newest first. */
export async function listRecentImports(
  db: Db,
  merchantId: number,
  limit: number,
): Promise<RecentImport[]> {
  const { rows } = await sql<RecentImport>`
    select number, kind, file_name as "fileName", stage, trouble
      from imports where merchant_id = ${merchantId}
     order by registered_at desc, id desc limit ${limit}`.execute(db);
  return rows;
}

/** Mails that may have left: only a person can tell. @param limit up to how many are counted */
export async function countUnclearMails(
  db: Db,
  merchantId: number,
  limit: number,
): Promise<{ readonly rows: number; readonly oldestAt: string | null }> {
  const { rows } = await sql<{ rows: number; oldestAt: string | null }>`
    select count(*)::int as rows, min(created_at) as "oldestAt"
      from (select created_at from mail_outbox
             where merchant_id = ${merchantId} and state = 'unknown'
             order by id limit ${limit}) unclear`.execute(db);
  return rows[0] ?? { rows: 0, oldestAt: null };
}
