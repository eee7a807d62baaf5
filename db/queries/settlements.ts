import { sql } from 'kysely';
import type { Db } from '../database.ts';
import { moveExchange } from './exchanges.ts';
import { countUnsettled } from './result-file.ts';

/** What a person may say of a line: of an authorization the first three, of a capture the others. */
export type SettledOutcome = 'ok' | 'declined' | 'not_sent' | 'captured' | 'refused';

/**
 * Writes the outcome that a person vouches for, of lines that have none. The caller holds the
 * merchant's lock and rolls back when any is refused.
 *
 * @returns the order numbers that have no open line in the exchange, or whose line is of the other
 *   kind than the outcome
 */
export async function settleLines(
  db: Db,
  merchantId: number,
  settlement: {
    exchangeId: number;
    orderNumbers: readonly string[];
    outcome: SettledOutcome;
    captureBefore: string;
    decisionId: number;
    now: string;
  },
): Promise<string[]> {
  const { exchangeId, orderNumbers, outcome, decisionId, now } = settlement;
  const ofCapture = outcome === 'captured' || outcome === 'refused';
  const settled = await sql<{ charge_id: number }>`
    insert into outcomes (charge_id, n, merchant_id, outcome, capture_before, exchange_id,
                          decision_id, recorded_at)
    select l.charge_id, l.n, ${merchantId}, ${outcome},
           ${outcome === 'ok' ? settlement.captureBefore : null}::timestamptz, ${exchangeId},
           ${decisionId}, ${now}
      from file_lines l
     where l.exchange_id = ${exchangeId} and l.order_number = any(${orderNumbers})
       and l.k is null and not ${ofCapture}
       and not exists (select from outcomes o where o.charge_id = l.charge_id and o.n = l.n)
     order by l.charge_id
    returning charge_id`.execute(db);
  const ended = await sql<{ charge_id: number }>`
    insert into ending_results (charge_id, n, k, merchant_id, result, exchange_id, decision_id,
                                recorded_at)
    select l.charge_id, l.n, l.k, ${merchantId}, ${outcome}, ${exchangeId}, ${decisionId}, ${now}
      from file_lines l
     where l.exchange_id = ${exchangeId} and l.order_number = any(${orderNumbers})
       and l.k is not null and (${ofCapture} or ${outcome === 'not_sent'})
       and not exists (select from ending_results r
                        where r.charge_id = l.charge_id and r.n = l.n and r.k = l.k)
     order by l.charge_id
    returning charge_id`.execute(db);
  const chargeIds = [...settled.rows, ...ended.rows].map((row) => row.charge_id);
  const { rows } = await sql<{ order_number: string }>`
    select u.order_number from unnest(${orderNumbers}::text[]) as u (order_number)
     where not exists (select from file_lines l where l.exchange_id = ${exchangeId}
                          and l.order_number = u.order_number
                          and l.charge_id = any(${chargeIds}))`.execute(db);
  return rows.map((row) => row.order_number);
}

/**
 * A file never left: every line of it ends as not sent, which permits a new attempt or ending. What
 * became of a line by another way, as the PSP's own list told, stays.
 */
export async function settleFileAsNotSent(
  db: Db,
  merchantId: number,
  of: { exchangeId: number; decisionId: number; now: string },
): Promise<void> {
  const { exchangeId, decisionId, now } = of;
  await sql`
    insert into outcomes (charge_id, n, merchant_id, outcome, exchange_id, decision_id, recorded_at)
    select charge_id, n, ${merchantId}, 'not_sent', ${exchangeId}, ${decisionId}, ${now}
      from file_lines l where l.exchange_id = ${exchangeId} and l.k is null
       and not exists (select from outcomes o where o.charge_id = l.charge_id and o.n = l.n)
     order by charge_id`.execute(db);
  await sql`
    insert into ending_results (charge_id, n, k, merchant_id, result, exchange_id, decision_id,
                                recorded_at)
    select charge_id, n, k, ${merchantId}, 'not_sent', ${exchangeId}, ${decisionId}, ${now}
      from file_lines l where l.exchange_id = ${exchangeId} and l.k is not null
       and not exists (select from ending_results r
                        where r.charge_id = l.charge_id and r.n = l.n and r.k = l.k)
     order by charge_id`.execute(db);
}

/** Lines of an authorization file whose outcome is on record. */
export async function countSettledLines(
  db: Db,
  merchantId: number,
  exchangeId: number,
): Promise<number> {
  const { rows } = await sql<{ settled: number }>`
    select count(*)::int as settled
      from file_lines l join outcomes o on o.charge_id = l.charge_id and o.n = l.n
     where l.merchant_id = ${merchantId} and l.exchange_id = ${exchangeId}
       and l.k is null`.execute(db);
  return rows[0]?.settled ?? 0;
}

/**
 * An exchange is reconciled when every line has its definite outcome; till then it stays open.
 *
 * @param of `unsettled`: lines without one, from who has just been through all of them
 */
export async function finishSettledExchange(
  db: Db,
  merchantId: number,
  of: { exchangeId: number; unsettled?: number; now: string },
): Promise<void> {
  const unsettled = of.unsettled ?? (await countUnsettled(db, merchantId, of.exchangeId));
  await moveExchange(db, merchantId, {
    exchangeId: of.exchangeId,
    from: 'awaiting_result',
    to: unsettled === 0 ? 'reconciled' : 'awaiting_result',
    attention: unsettled > 0,
    ...(unsettled === 0 ? { set: { finished_at: of.now } } : {}),
  });
}
