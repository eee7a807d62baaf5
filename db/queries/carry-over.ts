import { type RawBuilder, sql } from 'kysely';
import {
  type CarryOverTrouble,
  describeMissedCarryOver,
  type MissedCarryOver,
} from '../../billing/carry-over.ts';
import { maxOrderAmountYen } from '../../billing/money.ts';
import type { Db, Trx } from '../database.ts';
import { openRunsOf } from '../fragments.ts';
import { PLAN_ACTOR } from './ng-cases.ts';
import { orderInPlace } from './ng-replacements.ts';

/**
 * Charges that wait for the customer's next order (billing/carry-over.ts says which that is). They are
 * matched in the tables of a preview, so that what was shown, approved and billed is the same sum.
 */

/** The waiting charges of earlier months that a person and the facts leave free to be carried over. */
const waitingBefore = (merchantId: number, month: string): RawBuilder<unknown> => sql`
  select k.id as case_id, k.charge_id, k.n, k.cycle_id, k.amount_yen as yen, c.order_number,
         c.customer_number, o.cycle_count, ${orderInPlace} as in_place,
         (select h.order_number from carry_over_choices h
           where h.case_id = k.id order by h.k desc limit 1) as chosen
    from ng_cases k
    join charges c on c.id = k.charge_id
    join cycles y on y.id = k.cycle_id
    left join orders o on o.collection_id = c.collection_id and o.record = c.record
   where k.merchant_id = ${merchantId} and k.closed_at is null and k.next_step = 'await_order'
     and y.billing_month < ${month}
     and not exists (select from attempts later
                      where later.charge_id = k.charge_id and later.n = k.n + 1 and later.n > 1)
     and not exists (select from contradictions x where x.charge_id = k.charge_id and not exists
           (select from contradiction_settlements s where s.contradiction_id = x.id))
     and not exists (select from open_order_holds h
                      where h.merchant_id = ${merchantId} and h.order_number = c.order_number)`;

/**
 * Stages which order of a month takes over which waiting charge: `month_carry_overs`; and adds their
 * yen to the orders that are about to be billed in `month_orders`.
 */
export async function stageCarryOvers(trx: Trx, merchantId: number, month: string): Promise<void> {
  await sql`drop table if exists pg_temp.month_carry_overs`.execute(trx);
  await sql`
    create temp table month_carry_overs on commit drop as
    with waiting as (${waitingBefore(merchantId, month)}),
    following as (
      select w.case_id, m.order_number, m.yen, m.charge_id is not null as charged,
             m.i is not null and m.charge_id is null as open,
             coalesce(m.previous_order_number = w.order_number
                        or m.order_number = w.order_number, false) as names_it,
             coalesce(m.previous_order_number = w.order_number
               and coalesce(m.cycle_count, o.cycle_count) = w.cycle_count, false) as replaces
        from waiting w
        join month_orders m on m.customer_number = w.customer_number
        left join charges c on c.id = m.charge_id
        left join orders o on o.collection_id = c.collection_id and o.record = c.record
       where m.order_number = w.chosen or m.previous_order_number = w.order_number
          or ((coalesce(m.cycle_count, o.cycle_count) = w.cycle_count) is not true
              and not exists (select from charges other
                where other.merchant_id = ${merchantId} and other.cycle_id = w.cycle_id
                  and other.order_number = m.previous_order_number
                  and other.order_number <> w.order_number))
    ), counted as (
      select w.*, coalesce(w.in_place, min(f.order_number) filter (where f.replaces)) as replacement,
             count(*) filter (where not f.replaces) as candidates,
             (array_agg(f.order_number order by f.names_it desc, f.order_number)
               filter (where not f.replaces))[1:5] as orders,
             case when w.chosen is not null
                    then min(f.order_number) filter (where f.order_number = w.chosen)
                  when count(*) filter (where f.names_it and not f.replaces) = 1
                    then min(f.order_number) filter (where f.names_it and not f.replaces)
                  when count(*) filter (where f.names_it and not f.replaces) = 0
                       and count(*) filter (where not f.replaces) = 1
                    then min(f.order_number) filter (where not f.replaces) end as next_order
        from waiting w left join following f on f.case_id = w.case_id
       group by w.case_id, w.charge_id, w.n, w.cycle_id, w.yen, w.order_number, w.customer_number,
                w.cycle_count, w.in_place, w.chosen
    ), named as (
      select c.*, coalesce(c.replacement, c.next_order) as to_order from counted c
    )
    select t.case_id, t.charge_id, t.n, t.yen, t.order_number as origin, t.to_order, t.orders,
           case when t.replacement is not null then 'replaced'
                when t.to_order is null and t.chosen is not null then 'chosen_missing'
                when t.to_order is null and t.candidates > 1 then 'several'
                when t.to_order is null then 'none'
                when f.charged then 'too_late'
                when f.yen + sum(t.yen) over (partition by t.to_order) > ${maxOrderAmountYen}
                  then 'too_large' end as trouble,
           coalesce(f.open, false) as open
      from named t
      left join following f on f.case_id = t.case_id and f.order_number = t.to_order`.execute(trx);
  await sql`
    update month_orders m set yen = m.yen + t.yen, carried_yen = t.yen
      from (select to_order, sum(yen)::int as yen from month_carry_overs
             where trouble is null and open group by to_order) t
     where m.order_number = t.to_order and m.i is not null and m.charge_id is null`.execute(trx);
}

/** What a preview shows of them: the sum, and what the earlier month leaves unpaid of it. */
export const carriedFindings: RawBuilder<unknown> = sql`
  select 'carried_over', m.i, m.order_number, m.customer_number, m.yen, t.origin, t.yen, null
    from month_carry_overs t join month_orders m on m.order_number = t.to_order
   where t.trouble is null and t.open and m.i is not null`;

/**
 * Ends the staged charges as carried over and gives their yen to the charges that were just planned of
 * their next orders. In the transaction, under the merchant's lock, that compared the cleared hash.
 *
 * @returns how many
 */
export async function linkCarryOvers(
  trx: Trx,
  merchantId: number,
  of: { readonly cycleId: number; readonly month: string; readonly now: string },
): Promise<number> {
  await sql`
    insert into attempts (charge_id, n, merchant_id, kind, amount_yen, decision_id, claimed_at)
    select t.charge_id, t.n + 1, ${merchantId}, 'carried_over', 0,
           (select s.decision_id from ng_case_steps s
             where s.case_id = t.case_id and s.kind = 'carry_over' and s.decision_id is not null
             order by s.id desc limit 1), ${of.now}
      from month_carry_overs t where t.trouble is null and t.open order by t.charge_id`.execute(
    trx,
  );
  const items = await sql`
    insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
    select c.id, t.charge_id, ${merchantId}, t.yen
      from month_carry_overs t
      join charges c on c.merchant_id = ${merchantId} and c.cycle_id = ${of.cycleId}
                    and c.order_number = t.to_order
     where t.trouble is null and t.open order by c.id, t.charge_id`.execute(trx);
  const linked = Number(items.numAffectedRows ?? 0n);
  const { rows } = await sql<{ staged: number }>`
    select count(*)::int as staged from month_carry_overs where trouble is null and open`.execute(
    trx,
  );
  // Every yen that was carried away must have arrived: else nothing of it happened.
  if (rows[0]?.staged !== linked) throw new Error('a carried charge has lost its next order');
  await sql`
    insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
    select t.case_id, ${merchantId}, 'carry_over', t.n, ${PLAN_ACTOR},
           ${`${of.month} の注文 `} || t.to_order || ' と合算して請求します。', ${of.now}
      from month_carry_overs t where t.trouble is null and t.open order by t.case_id`.execute(trx);
  return linked;
}

/**
 * Gives the cases back to people whose staged charge this month does not take over.
 *
 * @param of `troubles`: null = for any reason
 * @returns the months of those cases
 */
export async function returnMissedCarryOvers(
  trx: Trx,
  merchantId: number,
  of: {
    readonly month: string;
    readonly troubles: readonly CarryOverTrouble[] | null;
    readonly now: string;
  },
): Promise<string[]> {
  const { rows } = await sql<Omit<MissedCarryOver, 'month'> & { id: number }>`
    select t.case_id as id, t.trouble, t.to_order as "toOrderNumber",
           coalesce(t.orders, '{}') as candidates
      from month_carry_overs t
     where t.trouble is not null
       and (${of.troubles}::text[] is null or t.trouble = any(${of.troubles}::text[]))`.execute(
    trx,
  );
  if (rows.length === 0) return [];
  const why = rows.map((row) => describeMissedCarryOver({ ...row, month: of.month }));
  const { rows: months } = await sql<{ month: string }>`
    with returned as (
      update ng_cases k
         set next_step = 'decide', due_at = null, plan = '[]', why = u.why, revision = k.revision + 1
        from unnest(${rows.map(({ id }) => id)}::bigint[], ${why}::text[]) as u (id, why)
       where k.merchant_id = ${merchantId} and k.id = u.id and k.next_step = 'await_order'
      returning k.id, k.n, k.why, k.cycle_id
    ), noted as (
      insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
      select id, ${merchantId}, 'planned', n, ${PLAN_ACTOR}, why, ${of.now} from returned order by id
    )
    select distinct y.billing_month as month from returned r join cycles y on y.id = r.cycle_id
     order by 1`.execute(trx);
  return months.map(({ month }) => month);
}

/** Whether the month is about to bill all that it selected, and not chosen orders only. */
export async function billsAll(db: Db, merchantId: number, cycleId: number): Promise<boolean> {
  const { rows } = await sql<{ all: boolean }>`
    select exists (select from runs r join (${openRunsOf(cycleId)}) u on u.id = r.id
                    where r.merchant_id = ${merchantId} and u.scope = 'all') as all`.execute(db);
  return rows[0]?.all ?? false;
}

/** Keeps which order a person named to take charges over. */
export async function chooseCarryOverOrder(
  trx: Trx,
  merchantId: number,
  of: {
    readonly caseIds: readonly number[];
    readonly toOrderNumber: string | null;
    readonly decisionId: number;
    readonly now: string;
  },
): Promise<void> {
  await sql`
    insert into carry_over_choices (case_id, k, merchant_id, order_number, decision_id, chosen_at)
    select u.id, coalesce((select max(h.k) from carry_over_choices h where h.case_id = u.id), 0) + 1,
           ${merchantId}, ${of.toOrderNumber}, ${of.decisionId}, ${of.now}
      from unnest(${of.caseIds}::bigint[]) as u (id)
     where ${of.toOrderNumber}::text is not null
        or exists (select from carry_over_choices h where h.case_id = u.id)
     order by u.id`.execute(trx);
}

/** Of cases that a person wants an order to take over, those that it cannot, and why in Japanese. */
export async function findUnfitForChoice(
  db: Db,
  merchantId: number,
  of: {
    readonly cases: readonly {
      readonly month: string;
      readonly orderNumber: string;
      readonly customerNumber: string;
    }[];
    readonly toOrderNumber: string;
  },
): Promise<{ month: string; orderNumber: string; why: string }[]> {
  const { rows } = await sql<{ customer: string; month: string; charged: boolean }>`
    select o.customer_number as customer, y.billing_month as month,
           exists (select from charges c where c.merchant_id = ${merchantId}
                      and c.cycle_id = o.cycle_id and c.order_number = o.order_number) as charged
      from orders o join cycles y on y.id = o.cycle_id
     where o.merchant_id = ${merchantId} and o.order_number = ${of.toOrderNumber}`.execute(db);
  return of.cases.flatMap(({ month, orderNumber, customerNumber }) => {
    const later = rows.filter((row) => row.month > month);
    // An order that has not come yet may still be named.
    const why = later.some(({ customer }) => customer !== customerNumber)
      ? `注文 ${of.toOrderNumber} は別の顧客の注文です`
      : later.some(({ charged }) => charged)
        ? `注文 ${of.toOrderNumber} はすでに請求を作成済みです`
        : later.length === 0 && rows.length > 0
          ? `注文 ${of.toOrderNumber} は翌月以降の注文ではありません`
          : null;
    return why === null ? [] : [{ month, orderNumber, why }];
  });
}
