import { sql } from 'kysely';
import type { ExchangeStage } from '../../billing/exchange.ts';
import type { Db } from '../database.ts';

/** One sending of a file by a machine; `answer` is null while nobody knows what became of it. */
export interface Send {
  readonly sendNumber: number;
  readonly answer: 'accepted' | 'rejected' | 'not_sent' | null;
}

/** The latest sending of a file; undefined when none was begun. */
export async function findLatestSend(
  db: Db,
  merchantId: number,
  exchangeId: number,
): Promise<Send | undefined> {
  const { rows } = await sql<Send>`
    select s.send_number as "sendNumber", a.answer
      from sends s
      left join send_answers a on a.exchange_id = s.exchange_id and a.send_number = s.send_number
     where s.merchant_id = ${merchantId} and s.exchange_id = ${exchangeId}
     order by s.send_number desc limit 1`.execute(db);
  return rows[0];
}

/** Says of a file what its machine waits for next, unless it stands elsewhere by now. */
export async function noteCarriage(
  db: Db,
  merchantId: number,
  of: {
    readonly exchangeId: number;
    readonly stage: ExchangeStage;
    readonly dueAt: string | null;
    readonly note: string | null;
    readonly attention?: boolean;
  },
): Promise<void> {
  await db
    .updateTable('exchanges')
    .set({
      due_at: of.dueAt,
      note: of.note,
      ...(of.attention === undefined ? {} : { attention: of.attention }),
    })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', of.exchangeId)
    .where('stage', '=', of.stage)
    .execute();
}

/** Has a machine act now that would have waited. One that never acts again by itself stays so. */
export async function hastenCarriage(
  db: Db,
  merchantId: number,
  exchangeId: number,
  now: string,
): Promise<void> {
  await db
    .updateTable('exchanges')
    .set({ due_at: now })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', exchangeId)
    .where('due_at', 'is not', null)
    .execute();
}

/**
 * Notes that a look saw a result like this.
 * @returns ISO instant of the first look that saw it so
 */
export async function noteSighting(
  db: Db,
  merchantId: number,
  seen: { fileName: string; bytes: number; mark: string; now: string },
): Promise<string> {
  const { fileName, bytes, mark, now } = seen;
  await sql`
    insert into result_sightings (merchant_id, file_name, bytes, mark, seen_at)
    values (${merchantId}, ${fileName}, ${bytes}, ${mark}, ${now})
    on conflict do nothing`.execute(db);
  const { rows } = await sql<{ since: string }>`
    select seen_at as since from result_sightings
     where merchant_id = ${merchantId} and file_name = ${fileName} and bytes = ${bytes}
       and mark = ${mark}`.execute(db);
  return rows[0]?.since ?? now;
}
