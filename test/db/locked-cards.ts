import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { lockRefusedCards } from '../../db/queries/card-locks.ts';
import { AT, type MoneyRecord } from './money-record.ts';

/** Customers with a card each, and results that refuse some: without files, workflows and GMO. */

let imports = 0;

/** Customers by 顧客番号, each with one GMO card that expires in 2027-01. @returns card IDs */
export async function insertCards(
  db: Db,
  { merchantId, fileId }: MoneyRecord,
  customerNumbers: readonly string[],
): Promise<Map<string, number>> {
  imports += 1;
  const { rows: made } = await sql<{ id: number }>`
    insert into imports (merchant_id, number, kind, file_id, file_name, request_key, stage,
                         registered_at, registered_by)
    values (${merchantId}, ${imports}, 'cards', ${fileId}, 'cards.csv', ${`key-${imports}`}, 'done',
            ${AT}, 'test') returning id`.execute(db);
  const importId = made[0]?.id;
  const { rows } = await sql<{ number: string; id: number }>`
    with named as (
      select number, (select coalesce(max(customer_id), 0) from customers
                       where merchant_id = ${merchantId}) + row_number() over () as id
        from unnest(${customerNumbers}::text[]) as u (number)
    ), people as (
      insert into customers (merchant_id, customer_id, customer_number, import_id, created_at,
                             updated_at)
      select ${merchantId}, id, number, ${importId}, ${AT}, ${AT} from named
    ), held as (
      insert into cards (merchant_id, customer_id, service, identity, last_digits, brand, sequence,
                         expiry, import_id, created_at, updated_at)
      select ${merchantId}, id, 'GMO', 'US-' || id || '/0', '111', 'VISA', '0', '2027-01',
             ${importId}, ${AT}, ${AT} from named
      returning id, customer_id
    )
    select n.number, h.id from held h join named n on n.id = h.customer_id`.execute(db);
  return new Map(rows.map(({ number, id }) => [number, id]));
}

let months = 0;

/** A refresh whose result refuses these cards, and its locks. @returns the refresh, and how many */
export async function refuseCards(
  db: Db,
  { merchantId, fileId }: Pick<MoneyRecord, 'merchantId' | 'fileId'>,
  cardIds: readonly number[],
  verdict: 1 | 2 | 3 = 1,
): Promise<{ refreshId: number; month: string; locked: number }> {
  months += 1;
  const month = `20${String(30 + months).padStart(2, '0')}-01`;
  return await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: number }>`
      insert into card_refreshes (merchant_id, month, stage, started_at, started_by, request_at,
                                  targets, request_file_id)
      values (${merchantId}, ${month}, 'awaiting_result', ${AT}, 'test', ${AT}, ${cardIds.length},
              ${fileId})
      returning id`.execute(trx);
    const refreshId = rows[0]?.id ?? 0;
    await sql`
      insert into refresh_result_files (refresh_id, n, merchant_id, file_id, layout_key, read_at,
                                        lines, merged, news, quarantined, missing, counts)
      values (${refreshId}, 1, ${merchantId}, ${fileId}, 'test', ${AT}, ${cardIds.length},
              ${cardIds.length}, ${cardIds.length}, 0, 0, '{}')`.execute(trx);
    await sql`
      insert into refresh_results (refresh_id, line, n, merchant_id, card_id, result_line, verdict,
                                   outcome, last_digits_before, expiry_before)
      select ${refreshId}, u.line, 1, ${merchantId}, k.id, u.line, ${verdict}, 'refused',
             k.last_digits, k.expiry
        from unnest(${cardIds}::bigint[]) with ordinality as u (id, line)
        join cards k on k.id = u.id`.execute(trx);
    const { locked } = await lockRefusedCards(trx, merchantId, { refreshId, n: 1, now: AT });
    return { refreshId, month, locked };
  });
}

/** A refresh that called these cards valid and gave no newer data. */
export async function leaveUnrenewed(
  db: Db,
  { merchantId, fileId }: Pick<MoneyRecord, 'merchantId' | 'fileId'>,
  cardIds: readonly number[],
): Promise<void> {
  await sql`
    with refresh as (
      insert into card_refreshes (merchant_id, month, stage, started_at, started_by, request_at,
                                  targets, request_file_id, closed_at)
      values (${merchantId}, '2026-11', 'done', ${AT}, 'test', ${AT}, ${cardIds.length}, ${fileId},
              ${AT})
      returning id
    ), result as (
      insert into refresh_result_files (refresh_id, n, merchant_id, file_id, layout_key, read_at,
                                        lines, merged, news, quarantined, missing, counts)
      select id, 1, ${merchantId}, ${fileId}, 'test', ${AT}, 1, 1, 1, 0, 0, '{}' from refresh
    ), asked as (
      insert into refresh_targets (refresh_id, line, merchant_id, card_id, customer_id, member_id,
                                   card_sequence, last_digits, expiry, why)
      select r.id, u.line, ${merchantId}, k.id, k.customer_id, 'm', '0', k.last_digits, k.expiry,
             'first_refresh'
        from refresh r, unnest(${cardIds}::bigint[]) with ordinality as u (id, line)
        join cards k on k.id = u.id
    )
    insert into refresh_results (refresh_id, line, n, merchant_id, card_id, result_line, verdict,
                                 outcome, last_digits_before, expiry_before)
    select r.id, u.line, 1, ${merchantId}, k.id, u.line, 0, 'no_newer_data', k.last_digits, k.expiry
      from refresh r, unnest(${cardIds}::bigint[]) with ordinality as u (id, line)
      join cards k on k.id = u.id`.execute(db);
}
