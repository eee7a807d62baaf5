import { type RawBuilder, sql } from 'kysely';
import type { Db } from './database.ts';

/**
 * What spares the captured charges of a month the walk over `charge_states`: most of a month is captured in
 * the end, and nothing but a contradiction takes that back.
 */

/** Up to so many are walked one by one in less time than a whole month at once: 7 of 100 in a seventh of it. */
const fewCharges = { least: 100_000, ofMonth: 0.1 };

/**
 * The charges of a month that are in another state than captured, or may be; null where they are too many
 * for it to make a difference.
 */
export async function findUnsettled(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<readonly number[] | null> {
  const few = await findFew(db, merchantId, cycleId);
  const { rows } = await sql<{ ids: number[] }>`
    select coalesce(array_agg(u.id), '{}') as ids from (
      select c.id from charges c
       where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
         and not exists (select from ending_results r
                          where r.charge_id = c.id and r.result = 'captured')
      union all
      select x.charge_id from contradictions x join charges c on c.id = x.charge_id
       where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
       limit ${few + 1}) u`.execute(db);
  const ids = rows[0]?.ids ?? [];
  return ids.length > few ? null : ids;
}

/** A number, and not part of the statement above: a limit that Postgres cannot read is planned for at random. */
async function findFew(db: Db, merchantId: number, cycleId: number): Promise<number> {
  const { rows } = await sql<{ records: number | null }>`
    select max(k.records) as records from order_collections k
     where k.merchant_id = ${merchantId} and k.cycle_id = ${cycleId}`.execute(db);
  return Math.max(fewCharges.least, Math.floor((rows[0]?.records ?? 0) * fewCharges.ofMonth));
}

/** Whether a charge is one of them, or, where they are many, any. */
export const isUnsettled = (
  id: RawBuilder<unknown>,
  unsettled: readonly number[] | null,
): RawBuilder<boolean> =>
  unsettled === null ? sql<boolean>`true` : sql<boolean>`${id} = any(${[...unsettled]}::bigint[])`;

/**
 * All others, in one row or none: rows, yen; what the month has less those that were counted one by one.
 *
 * @param unsettled those that were; of many (null) none is left over
 */
export const settledBeside = (
  merchantId: number,
  cycleId: number,
  unsettled: readonly number[] | null,
): RawBuilder<unknown> => sql`
  select (t.rows - w.rows)::int as rows, (t.yen - w.yen)::float8 as yen
    from (select (select count(*) from charges c
                   where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}) as rows,
                 (select coalesce(sum(i.yen), 0)
                    from charges c join charge_items i on i.charge_id = c.id
                   where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}) as yen) t,
         (select coalesce(sum(rows), 0) as rows, coalesce(sum(yen), 0) as yen from walked) w
   where ${unsettled !== null} and t.rows > w.rows`;
