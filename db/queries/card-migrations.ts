import { sql } from 'kysely';
import type {
  MigrationRound,
  MigrationScope,
  MigrationStage,
} from '../../billing/card-migration.ts';
import type { CardService } from '../../billing/card-service.ts';
import { type Db, retryMerge, type Trx } from '../database.ts';
import { lockCustomers } from './imports.ts';

/** A move of stored cards, as people see it. */
export interface CardMigration {
  readonly id: number;
  readonly number: number;
  readonly service: CardService;
  readonly oldService: string;
  readonly scope: MigrationScope;
  /** The number of the canary that went before. */
  readonly follows: number | null;
  readonly followsId: number | null;
  readonly rehearsal: boolean;
  readonly stage: MigrationStage;
  readonly waitsSince: string;
  readonly dueAt: string | null;
  readonly note: string | null;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly finishedAt: string | null;
  readonly acceptedBy: string | null;
}

const migrations = sql`
  select m.id, m.number, m.service, m.old_service as "oldService", m.scope,
         f.number as follows, m.follows_id as "followsId", m.rehearsal, m.stage,
         m.waits_since as "waitsSince", m.due_at as "dueAt", m.note, m.started_at as "startedAt",
         m.started_by as "startedBy", m.finished_at as "finishedAt",
         a.accepted_by as "acceptedBy"
    from card_migrations m
    left join card_migrations f on f.id = m.follows_id
    left join migration_acceptances a on a.migration_id = m.id`;

export interface NewMigration {
  readonly service: CardService;
  readonly oldService: string;
  readonly scope: MigrationScope;
  readonly follows: number | null;
  readonly rehearsal: boolean;
  readonly requestKey: string;
  readonly actor: string;
  readonly now: string;
}

/** Why a migration was not started. */
export type MigrationRefused = 'unknown_canary' | 'another_open';

/**
 * Starts a migration under the merchant's next number. The same request key again is the migration that
 * is there. Two that move the same customers at once would each count the other's cards: beside an open
 * one only a rehearsal starts, or one that leaves the open one's customers out.
 */
export async function startMigration(
  db: Db,
  merchantId: number,
  of: NewMigration,
): Promise<{ readonly migration: CardMigration; readonly fresh: boolean } | MigrationRefused> {
  return await retryMerge(() =>
    db.transaction().execute(async (trx) => {
      await lockCustomers(trx, merchantId);
      const known = await readMigrations(trx, merchantId, sql`m.request_key = ${of.requestKey}`);
      if (known[0] !== undefined) return { migration: known[0], fresh: false };
      const followed =
        of.follows === null ? undefined : await findMigration(trx, merchantId, of.follows);
      if (of.follows !== null && !isCanary(followed)) {
        return 'unknown_canary';
      }
      const open = of.rehearsal ? [] : await readMigrations(trx, merchantId, openOnes);
      const spared = new Set((await listFollowed(trx, merchantId, followed?.id ?? null)) ?? []);
      if (open.some(({ id }) => !spared.has(id))) return 'another_open';
      await sql`
        insert into card_migrations (merchant_id, number, service, old_service, scope, follows_id,
          rehearsal, request_key, stage, waits_since, started_at, started_by)
        select ${merchantId}, coalesce(max(number), 0) + 1, ${of.service}, ${of.oldService},
               ${JSON.stringify(of.scope)}::jsonb, ${followed?.id ?? null}, ${of.rehearsal},
               ${of.requestKey}, 'checking', ${of.now}, ${of.now}, ${of.actor}
          from card_migrations where merchant_id = ${merchantId}`.execute(trx);
      const [migration] = await readMigrations(
        trx,
        merchantId,
        sql`m.request_key = ${of.requestKey}`,
      );
      if (migration === undefined) throw new Error('what was just started must be there');
      return { migration, fresh: true };
    }),
  );
}

/** A rehearsal moves nobody, and what was cancelled neither. */
function isCanary(of: CardMigration | undefined): boolean {
  return of !== undefined && !of.rehearsal && of.stage !== 'cancelled';
}

const openOnes = sql`not m.rehearsal and m.stage not in ('accepted', 'cancelled')`;

async function readMigrations(
  db: Db,
  merchantId: number,
  which: ReturnType<typeof sql>,
): Promise<CardMigration[]> {
  const { rows } = await sql<CardMigration>`
    ${migrations} where m.merchant_id = ${merchantId} and ${which} order by m.number desc`.execute(
    db,
  );
  return rows;
}

export async function findMigration(
  db: Db,
  merchantId: number,
  number: number,
): Promise<CardMigration | undefined> {
  return (await readMigrations(db, merchantId, sql`m.number = ${number}`))[0];
}

/** The migration whose workflow asks: it has its row before its workflow. */
export async function requireMigration(
  db: Db,
  merchantId: number,
  number: number,
): Promise<CardMigration> {
  const found = await findMigration(db, merchantId, number);
  if (found === undefined) throw new Error(`migration ${number} has no row`);
  return found;
}

/** The same, held until the transaction ends: acts on one migration come one after another. */
export async function lockMigration(
  trx: Trx,
  merchantId: number,
  number: number,
): Promise<CardMigration> {
  await sql`
    select from card_migrations
     where merchant_id = ${merchantId} and number = ${number} for update`.execute(trx);
  return await requireMigration(trx, merchantId, number);
}

/** The newest first; `before` is the number of the last one on the page before. */
export async function listMigrations(
  db: Db,
  merchantId: number,
  page: { readonly before: number | null; readonly limit: number },
): Promise<CardMigration[]> {
  const { rows } = await sql<CardMigration>`
    ${migrations} where m.merchant_id = ${merchantId}
       and (${page.before}::int is null or m.number < ${page.before})
     order by m.number desc limit ${page.limit}`.execute(db);
  return rows;
}

/** A migration and those that it follows, by ID: their customers are left out of it. */
export async function listFollowed(
  db: Db,
  merchantId: number,
  firstId: number | null,
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    with recursive followed as (
      select id, follows_id from card_migrations
       where merchant_id = ${merchantId} and id = ${firstId}::bigint
      union
      select m.id, m.follows_id from card_migrations m join followed f on m.id = f.follows_id)
    select id from followed`.execute(db);
  return rows.map(({ id }) => id);
}

/**
 * Moves a migration that stands at one of the expected stages, and has it wait from now on.
 * @returns false when it stands elsewhere: nothing was changed then.
 */
export async function moveMigration(
  db: Db,
  merchantId: number,
  move: {
    readonly migrationId: number;
    readonly from: readonly MigrationStage[];
    readonly to: MigrationStage;
    readonly now: string;
    /** When a machine acts next; nothing by default. */
    readonly dueAt?: string;
  },
): Promise<boolean> {
  const ends = move.to === 'accepted' || move.to === 'cancelled';
  const result = await db
    .updateTable('card_migrations')
    .set({
      stage: move.to,
      waits_since: move.now,
      due_at: move.dueAt ?? null,
      note: null,
      ...(ends ? { finished_at: move.now } : {}),
    })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', move.migrationId)
    .where('stage', 'in', [...move.from])
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** What stands in the way of a machine, and when it tries again. */
export async function noteMigration(
  db: Db,
  merchantId: number,
  of: { readonly migrationId: number; readonly note: string; readonly dueAt: string },
): Promise<void> {
  await db
    .updateTable('card_migrations')
    .set({ note: of.note, due_at: of.dueAt })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', of.migrationId)
    .where('stage', '=', 'handing_over')
    .execute();
}

/** Numbers of migrations that are not over. */
export async function listOpenMigrations(db: Db, merchantId: number): Promise<number[]> {
  const rows = await db
    .selectFrom('card_migrations')
    .select('number')
    .where('merchant_id', '=', merchantId)
    .where('stage', 'not in', ['accepted', 'cancelled'])
    .orderBy('number')
    .execute();
  return rows.map(({ number }) => number);
}

/** The newest returned file of a migration. */
export async function findNewestRound(
  db: Db,
  merchantId: number,
  migrationId: number,
): Promise<MigrationRound | null> {
  const row = await db
    .selectFrom('migration_rounds')
    .select(['n', 'state', 'lines', 'imported', 'failed', 'quarantined', 'trouble'])
    .where('merchant_id', '=', merchantId)
    .where('migration_id', '=', migrationId)
    .orderBy('n', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

export async function recordAcceptance(
  trx: Trx,
  merchantId: number,
  of: {
    readonly migrationId: number;
    readonly coverage: unknown;
    readonly actor: string;
    readonly now: string;
  },
): Promise<void> {
  await trx
    .insertInto('migration_acceptances')
    .values({
      migration_id: of.migrationId,
      merchant_id: merchantId,
      coverage: JSON.stringify(of.coverage),
      accepted_at: of.now,
      accepted_by: of.actor,
    })
    .execute();
}
