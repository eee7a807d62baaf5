import { sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { Trx } from '../database.ts';
import { isChargeLocked } from '../locked-cards.ts';

/**
 * Records that a person wants charges authorized again that expired or were voided: the next
 * authorization file takes them as new attempts. The caller holds the merchant's lock and rolls back
 * when any is refused.
 *
 * @returns what was asked for, and the order numbers of which there is nothing to authorize again: no
 *   such charge in the month, in another state, on hold, its card locked, or asked for already
 */
export async function requestAuthorizations(
  trx: Trx,
  merchantId: number,
  of: { cycleId: number; orderNumbers: readonly string[]; decisionId: number; now: string },
): Promise<RowsAndYen & { refused: string[] }> {
  const { rows } = await sql<{ order_number: string; charge_id: number | null; yen: number }>`
    with asked as (
      select u.order_number, s.charge_id, s.n, s.amount_yen as yen
        from (select distinct t.order_number
                from unnest(${of.orderNumbers}::text[]) as t (order_number)) u
        left join charge_states s on s.merchant_id = ${merchantId} and s.cycle_id = ${of.cycleId}
          and s.order_number = u.order_number and s.state in ('expired', 'voided')
          and not exists (select from open_order_holds h
                           where h.merchant_id = ${merchantId} and h.order_number = s.order_number)
          and not ${isChargeLocked(merchantId, sql`s.charge_id`)}
          and not exists (select from authorization_requests r
                           where r.charge_id = s.charge_id and r.n = s.n)
    ), requested as (
      insert into authorization_requests (charge_id, n, merchant_id, kind, decision_id, requested_at)
      select charge_id, n, ${merchantId}, 'again', ${of.decisionId}, ${of.now}
        from asked where charge_id is not null order by charge_id
    )
    select order_number, charge_id, yen from asked`.execute(trx);
  const found = rows.filter((row) => row.charge_id !== null);
  return {
    rows: found.length,
    yen: found.reduce((total, row) => total + row.yen, 0),
    refused: rows.filter((row) => row.charge_id === null).map((row) => row.order_number),
  };
}
