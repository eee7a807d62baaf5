import { sql } from 'kysely';
import type { RefreshFacts, RefreshStage } from '../../billing/card-refresh.ts';
import type { Db } from '../database.ts';

/** A month's card refresh, with what its newest result file came to. */
export interface CardRefresh extends RefreshFacts {
  readonly id: number;
  readonly startedAt: string;
  readonly startedBy: string;
  /** Whether it covers all cards; null until they were selected. */
  readonly first: boolean | null;
  readonly requestSha256: string | null;
  /** Under which it was put, or will be. */
  readonly requestName: string | null;
  readonly requestBytes: number | null;
  readonly unclearAt: string | null;
  readonly sentAt: string | null;
  readonly closedAt: string | null;
  /** The how-manieth result file was merged last; 0 = none yet. */
  readonly resultFiles: number;
}

const refreshColumns = sql`
  r.id, r.month, r.stage, r.attention, r.note, r.started_at as "startedAt",
  r.started_by as "startedBy", r.request_at as "requestAt", r.due_at as "dueAt", r.first, r.targets,
  f.sha256 as "requestSha256", f.name as "requestName", f.bytes as "requestBytes", r.unclear_at as "unclearAt",
  r.sent_at as "sentAt", r.closed_at as "closedAt", coalesce(n.n, 0) as "resultFiles", n.counts,
  exists (select from refresh_sends s where s.refresh_id = r.id
     and not exists (select from refresh_send_answers a
           where a.refresh_id = s.refresh_id and a.n = s.n)) as "sendOpen"`;

const refreshTables = sql`
  card_refreshes r
  left join files f on f.id = r.request_file_id
  left join lateral (select n, counts from refresh_result_files
                      where refresh_id = r.id order by n desc limit 1) n on true`;

export async function findRefresh(
  db: Db,
  merchantId: number,
  month: string,
): Promise<CardRefresh | undefined> {
  const { rows } = await sql<CardRefresh>`
    select ${refreshColumns} from ${refreshTables}
     where r.merchant_id = ${merchantId} and r.month = ${month}`.execute(db);
  return rows[0];
}

export async function requireRefresh(
  db: Db,
  merchantId: number,
  month: string,
): Promise<CardRefresh> {
  const found = await findRefresh(db, merchantId, month);
  if (found === undefined) throw new Error(`no card refresh of ${month}`);
  return found;
}

/** Newest month first; `before` is the last month of the page before. */
export async function listRefreshes(
  db: Db,
  merchantId: number,
  page: { readonly before: string | null; readonly limit: number },
): Promise<CardRefresh[]> {
  const { rows } = await sql<CardRefresh>`
    select ${refreshColumns} from ${refreshTables}
     where r.merchant_id = ${merchantId}
       and (${page.before}::text is null or r.month < ${page.before})
     order by r.month desc limit ${page.limit}`.execute(db);
  return rows;
}

/** Months of refreshes that are not finished. */
export async function listOpenRefreshMonths(db: Db, merchantId: number): Promise<string[]> {
  const rows = await db
    .selectFrom('card_refreshes')
    .select('month')
    .where('merchant_id', '=', merchantId)
    .where('stage', 'not in', ['done', 'not_run'])
    .orderBy('month')
    .execute();
  return rows.map(({ month }) => month);
}

/**
 * Opens a month's refresh, once: the row is the lock, not the workflow's ID.
 * @returns whether it is new
 */
export async function openRefresh(
  db: Db,
  merchantId: number,
  of: {
    readonly month: string;
    readonly requestAt: string;
    readonly startedBy: string;
    readonly now: string;
  },
): Promise<boolean> {
  const opened = await db
    .insertInto('card_refreshes')
    .values({
      merchant_id: merchantId,
      month: of.month,
      stage: 'planned',
      started_at: of.now,
      started_by: of.startedBy,
      request_at: of.requestAt,
      // The connection is tried at once.
      due_at: of.now,
    })
    .onConflict((conflict) => conflict.columns(['merchant_id', 'month']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return opened !== undefined;
}

/** What changes with a step; what is left out stays. */
export interface RefreshChange {
  readonly stage?: RefreshStage;
  readonly attention?: boolean;
  readonly note?: string | null;
  readonly request_at?: string;
  readonly due_at?: string | null;
  readonly unclear_at?: string | null;
  readonly first?: boolean;
  readonly targets?: number;
  readonly request_file_id?: number;
  readonly sent_at?: string;
  readonly closed_at?: string | null;
}

/** Changes a refresh that stands where the caller saw it. @returns false when it does not any more */
export async function changeRefresh(
  db: Db,
  merchantId: number,
  of: { readonly id: number; readonly stage: RefreshStage },
  change: RefreshChange,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('card_refreshes')
    .set(change)
    .where('merchant_id', '=', merchantId)
    .where('id', '=', of.id)
    .where('stage', '=', of.stage)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/**
 * As `changeRefresh`, where nobody had the refresh hurry since the caller saw it: what a step has found
 * out meanwhile must not put off, or end, what a person wants now.
 *
 * @returns false when it stands elsewhere or is due at another time by now: the next step looks again
 */
export async function changeUnhastened(
  db: Db,
  merchantId: number,
  seen: Pick<CardRefresh, 'id' | 'stage' | 'requestAt' | 'dueAt'>,
  change: RefreshChange,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('card_refreshes')
    .set(change)
    .where('merchant_id', '=', merchantId)
    .where('id', '=', seen.id)
    .where('stage', '=', seen.stage)
    .where('request_at', '=', seen.requestAt)
    .where('due_at', 'is not distinct from', seen.dueAt)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Whether no refresh of the merchant has had a result: the next covers all its cards (manual 004). */
export async function isFirstRefresh(db: Db, merchantId: number): Promise<boolean> {
  const row = await db
    .selectFrom('refresh_result_files')
    .select('n')
    .where('merchant_id', '=', merchantId)
    .limit(1)
    .executeTakeFirst();
  return row === undefined;
}

export interface RefreshSend {
  readonly n: number;
  /** Null while nobody knows. */
  readonly answer: 'accepted' | 'not_sent' | null;
}

/** The latest sending of a request; undefined when none was begun. */
export async function findLatestRefreshSend(
  db: Db,
  merchantId: number,
  refreshId: number,
): Promise<RefreshSend | undefined> {
  const { rows } = await sql<RefreshSend>`
    select s.n, a.answer
      from refresh_sends s
      left join refresh_send_answers a on a.refresh_id = s.refresh_id and a.n = s.n
     where s.merchant_id = ${merchantId} and s.refresh_id = ${refreshId}
     order by s.n desc limit 1`.execute(db);
  return rows[0];
}

/** Writes the intent to send down, under the next number; the caller holds the merchant. */
export async function insertRefreshSend(
  db: Db,
  merchantId: number,
  of: { readonly refreshId: number; readonly n: number; readonly now: string },
): Promise<void> {
  await db
    .insertInto('refresh_sends')
    .values({
      refresh_id: of.refreshId,
      n: of.n,
      merchant_id: merchantId,
      intended_at: of.now,
    })
    .execute();
}

export async function insertRefreshSendAnswer(
  db: Db,
  merchantId: number,
  of: {
    readonly refreshId: number;
    readonly n: number;
    readonly answer: 'accepted' | 'not_sent';
    readonly now: string;
  },
): Promise<void> {
  await db
    .insertInto('refresh_send_answers')
    .values({
      refresh_id: of.refreshId,
      n: of.n,
      merchant_id: merchantId,
      answer: of.answer,
      answered_at: of.now,
    })
    .execute();
}
