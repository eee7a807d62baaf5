import { type RawBuilder, sql } from 'kysely';
import type { ChargeState } from '../../billing/charge.ts';
import type { Db } from '../database.ts';
import { type LinesToClaim, linesAsU } from '../lines-to-claim.ts';

/** A capture by which a customer would pay a second time for the same delivery. */
export interface DoubledCapture {
  readonly chargeId: number;
  readonly orderNumber: string;
  readonly yen: number;
}

/** States in which the money of a charge was taken, or may have been. */
const TAKEN: readonly ChargeState[] = ['capture_sent', 'captured', 'unknown', 'quarantined'];
const ON_ITS_WAY: readonly ChargeState[] = ['sent', 'authorized', ...TAKEN];

/**
 * Whether charges `d` and `r` bill the same delivery: the customer placed r anew after d was declined
 * (the rule of `orderInPlace`). Asked in this order: few charges were ever declined.
 */
const areSameDelivery = sql<boolean>`
  case when d.id <> r.id and d.customer_number = r.customer_number
            and exists (select from ng_cases k where k.charge_id = d.id offset 0)
       then exists (select from orders o
                      join orders o2 on o2.collection_id = r.collection_id and o2.record = r.record
                     where o.collection_id = d.collection_id and o.record = d.record
                       and o2.cycle_count = o.cycle_count)
       else false end`;

const isOneOf = (chargeId: RawBuilder<unknown>, states: readonly ChargeState[]) => sql<boolean>`
  (select s.state from charge_states s where s.charge_id = ${chargeId}) = any(${[...states]}::text[])`;

/**
 * Captures among these lines that would be the second of one delivery: of a declined order that was
 * authorized again while the order in its place is on its way, or of that one after the declined one was
 * paid. The order in its place comes first. Asked under the merchant's lock as the lines are claimed;
 * what was held for it once by decisions of `act` and let go by a person stays so.
 */
export async function listDoubledCaptures(
  db: Db,
  merchantId: number,
  lines: LinesToClaim,
  act: string,
): Promise<DoubledCapture[]> {
  // Each line asks by keys ("offset 0"): what is not counted yet would be joined row by row.
  const { rows } = await sql<DoubledCapture>`
    with doubled as materialized (
      select u.charge_id, c.order_number, u.yen
        from ${linesAsU(lines)}
        cross join lateral (select * from charges c where c.id = u.charge_id offset 0) c
       where exists (select from (select * from charges d
                                   where d.merchant_id = ${merchantId}
                                     and d.order_number = c.previous_order_number offset 0) d,
                          lateral (select c.*) r
                      where case when ${areSameDelivery} then ${isOneOf(sql`d.id`, TAKEN)} end)
          or (exists (select from ng_cases k where k.charge_id = c.id offset 0)
              and exists (select from (select * from charges r
                                        where r.merchant_id = ${merchantId}
                                          and r.customer_number = c.customer_number
                                          and r.previous_order_number = c.order_number offset 0) r,
                               lateral (select c.*) d
                           where case when ${areSameDelivery}
                                      then ${isOneOf(sql`r.id`, ON_ITS_WAY)} end))
    )
    select f.charge_id as "chargeId", f.order_number as "orderNumber", f.yen from doubled f
     where not exists (select from order_holds h join decisions x on x.id = h.decision_id
                        where h.merchant_id = ${merchantId} and h.order_number = f.order_number
                          and x.act = ${act})
     order by f.charge_id`.execute(db);
  return rows;
}
