import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../database.ts';
import { PLAN_ACTOR } from './ng-cases.ts';

/**
 * Cases whose order another one of the customer took the place of, and that was captured here: it names
 * the declined order as its 直前回 and has the same 定期回数. The next delivery names it as well, but
 * counts one further: that is no replacement.
 */
const replaced = (merchantId: number) => sql`
  select distinct on (k.id) k.id, k.charge_id, k.n, c2.order_number as by
    from ng_cases k
    join charges c on c.id = k.charge_id
    join orders o on o.collection_id = c.collection_id and o.record = c.record
    join charges c2 on c2.merchant_id = ${merchantId} and c2.customer_number = c.customer_number
                   and c2.id <> c.id
    join orders o2 on o2.collection_id = c2.collection_id and o2.record = c2.record
                  and o2.previous_order_number = c.order_number
                  and o2.cycle_count = o.cycle_count
    join ending_results r on r.charge_id = c2.id and r.result = 'captured'
   where k.merchant_id = ${merchantId} and k.closed_at is null
     and not exists (select from attempts later
                      where later.charge_id = k.charge_id and later.n = k.n + 1 and later.n > 1)
     and not exists (select from contradictions x where x.charge_id = k.charge_id and not exists
           (select from contradiction_settlements s where s.contradiction_id = x.id))
   order by k.id, c2.id`;

/**
 * The order that the customer of case `k` has placed anew for the same delivery and that is billed, or
 * null: were the declined one tried again besides, both would be paid.
 */
export const orderInPlace: RawBuilder<string | null> = sql<string | null>`(
  select min(c2.order_number)
    from charges c
    join orders o on o.collection_id = c.collection_id and o.record = c.record
    join charges c2 on c2.merchant_id = c.merchant_id and c2.customer_number = c.customer_number
                   and c2.id <> c.id and c2.previous_order_number = c.order_number
    join orders o2 on o2.collection_id = c2.collection_id and o2.record = c2.record
                  and o2.cycle_count = o.cycle_count
   where c.id = k.charge_id
     and not exists (select from attempts a where a.charge_id = c2.id
                        and a.kind in ('cancelled', 'given_up')
                        and not exists (select from attempts b
                                         where b.charge_id = a.charge_id and b.n = a.n + 1)))`;

/** How many cases another order has replaced. */
export async function countReplaced(db: Db, merchantId: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (${replaced(merchantId)}) u`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Ends the charges of those cases unbilled: the other order brought the money. */
export async function takeReplaced(
  db: Db,
  merchantId: number,
  of: { readonly decisionId: number; readonly now: string },
): Promise<void> {
  await sql`
    with due as materialized (${replaced(merchantId)}), ended as (
      insert into attempts (charge_id, n, merchant_id, kind, amount_yen, decision_id, claimed_at)
      select charge_id, n + 1, ${merchantId}, 'cancelled', 0, ${of.decisionId}, ${of.now}
        from due order by charge_id
    )
    insert into ng_case_steps (case_id, merchant_id, kind, n, decision_id, actor, why, taken_at)
    select id, ${merchantId}, 'replaced', n, ${of.decisionId}, ${PLAN_ACTOR},
           '同じ定期回数の注文 ' || by || ' が消込済になったため、この請求を終了しました。', ${of.now}
      from due order by id`.execute(db);
}
