import { type RawBuilder, sql } from 'kysely';
import { CHARGE_STATES } from '../billing/charge.ts';
import type { OpenReason } from '../billing/open-rows.ts';
import { chargesPerhaps, isRareState, mayBeIn } from './charge-candidates.ts';
import type { Db } from './database.ts';
import { isUnsettled } from './settled-charges.ts';

/** Charges that have not come to an end, as rows of `db/queries/open-rows.ts`. */

type Sql = RawBuilder<unknown>;

/**
 * Why a charge `s` (charge_states) with its open hold `h` is open, and the latest file that carried it.
 *
 * @param orderNumber of the relation by which the rows are in order
 */
const openRow = (orderNumber: Sql): Sql => sql`
  case when s.state = 'quarantined' and exists (select from contradictions x
              where x.charge_id = s.charge_id and not exists (
                select from contradiction_settlements t where t.contradiction_id = x.id))
         then 'contradiction'
       when h.order_number is not null and s.state in ('planned', 'authorized') then 'held'
       when s.state = 'authorized' and s.k is not null then 'capture_refused'
       else s.state end as reason,
  ${orderNumber} as key, s.order_number, s.amount_yen::bigint as yen, null::text as file,
  null::int as line, s.charge_id,
  coalesce((select e.exchange_id from endings e
             where e.charge_id = s.charge_id and e.n = s.n and e.k = s.k),
           (select a.exchange_id from attempts a
             where a.charge_id = s.charge_id and a.n = s.n)) as exchange_id`;

/** @param unsettled see db/settled-charges.ts */
export const openCharges = (
  merchantId: number,
  cycleId: number,
  unsettled: readonly number[] | null,
): Sql => sql`
  select ${openRow(sql`s.order_number`)}
    from charge_states s
    left join open_order_holds h on h.merchant_id = s.merchant_id
                                and h.order_number = s.order_number
   where s.merchant_id = ${merchantId} and s.cycle_id = ${cycleId}
     and ${isUnsettled(sql`s.charge_id`, unsettled)}
     and s.state not in ('captured', 'voided', 'carried_over', 'cancelled', 'given_up')`;

/**
 * Those of one reason, and others, one after the other by order number, so that a page stops as soon as it is
 * full. Null for a reason that is no state by itself: its few are found among all.
 */
export async function walkReason(
  db: Db,
  merchantId: number,
  of: {
    readonly cycleId: number;
    readonly reason: OpenReason;
    readonly after: { readonly reason: OpenReason; readonly key: string } | null;
  },
): Promise<Sql | null> {
  const { cycleId, reason } = of;
  const after = of.after?.reason === reason ? of.after.key : null;
  const state = CHARGE_STATES.find((one) => one === reason);
  if (state === undefined) return null;
  const perhaps = (await isRareState(db, merchantId, state))
    ? chargesPerhaps(merchantId, state)
    : null;
  const chosen =
    perhaps === null
      ? mayBeIn(state)
      : sql`c.id = any(array(select k.charge_id from (${perhaps}) k))`;
  return sql`
    select ${openRow(sql`c.order_number`)}
      from (select c.id, c.order_number from charges c
             where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
               and (${after === null} or c.order_number > ${after ?? ''}) and ${chosen}
             order by c.order_number offset 0) c
      cross join lateral (select v.* from charge_states v
                           where v.charge_id = c.id and v.state = ${state} offset 0) s
      left join lateral (select h.order_number from open_order_holds h
                          where h.merchant_id = s.merchant_id
                            and h.order_number = s.order_number offset 0) h on true`;
}
