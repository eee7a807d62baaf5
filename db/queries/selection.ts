import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../database.ts';
import { isOrderLocked } from '../locked-cards.ts';
import { overVerdicts } from '../month-verdicts.ts';

/**
 * What became of a month's orders, as the newest of its exports and decisions have it; rows and yen,
 * with every order in exactly one count.
 */
export interface SelectionSummary {
  readonly n: number;
  readonly orders: number;
  readonly selected: number;
  readonly amountYen: number;
  readonly excluded: Readonly<Record<string, number>>;
  readonly quarantined: number;
}

export interface LatestCollection {
  readonly collectionId: number;
  /** ISO instant. */
  readonly collectedAt: string;
  /** Null while no selection was made from it. */
  readonly selectionId: number | null;
}

/** The latest collection of a cycle, and whether a selection was made from it. */
export async function findLatestCollection(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<LatestCollection | undefined> {
  const { rows } = await sql<LatestCollection>`
    select c.id as "collectionId", c.collected_at as "collectedAt",
           (select max(s.id) from selections s where s.collection_id = c.id) as "selectionId"
      from order_collections c
     where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
     order by c.n desc limit 1`.execute(db);
  return rows[0];
}

/**
 * Decides for every order of a month: selected, excluded with the first reason that matches, or
 * quarantined. Repeated, it adds what is new: the rows of newer exports, and orders that something
 * outside their row has changed for (another month billed them, a person holds them, their card was
 * locked). What the month has charged stays selected. The caller holds the merchant's lock, so that no
 * other cycle claims an order between this look and its own claim (the claim looks again).
 *
 * @param identityMonth '' or, where the merchant's order numbers repeat every month, the month.
 */
export async function insertSelection(
  db: Db,
  merchantId: number,
  selection: { cycleId: number; collectionId: number; identityMonth: string; now: string },
): Promise<number> {
  const { cycleId } = selection;
  const {
    rows: [row],
  } = await sql<{ id: number }>`
    insert into selections (merchant_id, cycle_id, n, collection_id, selected_at)
    select ${merchantId}, ${cycleId}, coalesce(max(n), 0) + 1, ${selection.collectionId},
           ${selection.now}
      from selections where cycle_id = ${cycleId}
    returning id`.execute(db);
  if (row === undefined) throw new Error('an aggregate always yields a row');

  await sql`
    ${judgeOrders(merchantId, selection)}
    insert into selection_rows (selection_id, cycle_id, collection_id, record, version, n,
                                merchant_id, order_number, amount_yen, verdict, reason, charge_id)
    select ${row.id}::bigint, ${cycleId}::bigint, j.collection_id, j.record, j.version,
           coalesce(r.n, 0) + 1, ${merchantId}::bigint, j.order_number, j.amount_yen, j.verdict,
           j.reason, j.charge_id
      from judged j
      left join (select * from selection_rows t where t.cycle_id = ${cycleId}
                   and not exists (select from selection_rows later
                     where later.collection_id = t.collection_id and later.record = t.record
                       and later.n = t.n + 1 and later.n > 1)) r
        on r.collection_id = j.collection_id and r.record = j.record
     where r.n is null or (r.verdict, r.reason) is distinct from (j.verdict, j.reason)
    `.execute(db);
  return Number(row.id);
}

/**
 * A `with` that ends in `judged`: the verdict of every order's latest row and of every row that cannot
 * be read. An order number that was doubled in one file stays blocked for the month, even if another
 * export of the month has it clean (spec 1.2).
 */
function judgeOrders(
  merchantId: number,
  { cycleId, identityMonth }: { cycleId: number; identityMonth: string },
): RawBuilder<unknown> {
  return sql`
    with exports as (select id from order_collections where cycle_id = ${cycleId}),
    numbered as (
      select collection_id, order_number from orders
       where collection_id in (select id from exports)
      union all
      select collection_id, order_number from quarantined_orders
       where order_number is not null and collection_id in (select id from exports)
    ), doubled as (
      select distinct order_number from numbered
       group by collection_id, order_number having count(*) > 1
    ), judged as (
      select o.collection_id, o.record, o.version, o.order_number,
             -- What is charged is billed as it was, whatever a newer export says.
             case when own.id is null then o.amount_yen else (select i.yen from charge_items i
               where i.charge_id = own.id and i.origin_charge_id = own.id) end as amount_yen,
             case when d.order_number is not null then 'quarantined'
                  when own.id is not null then 'selected'
                  when o.exclusion is not null or c.id is not null or h.order_number is not null
                       or ${isOrderLocked(merchantId, 'o')}
                    then 'excluded'
                  else 'selected' end as verdict,
             case when d.order_number is not null then 'order_number_doubled'
                  when own.id is not null then null
                  when o.exclusion is not null then o.exclusion
                  when c.id is not null then 'already_billed'
                  when ${isOrderLocked(merchantId, 'o')} then 'card_locked'
                  when h.order_number is not null then 'on_hold' end as reason,
             c.id as charge_id
        from orders o
        left join charges own on own.cycle_id = ${cycleId} and own.order_number = o.order_number
        left join doubled d on d.order_number = o.order_number
        left join open_order_holds h on h.merchant_id = ${merchantId}
                                    and h.order_number = o.order_number
        -- Where the number alone makes the order, a charge of any month bills it, also one of a time
        -- when the month joined the key.
        -- ("+ 0": the newest of the order's few, never looked for among all charges by their key.)
        left join lateral (
          select max(c.id + 0) as id from charges c
           where c.merchant_id = ${merchantId} and c.order_number = o.order_number
             and ${identityMonth} in ('', c.identity_month) and c.cycle_id <> ${cycleId}) c on true
       where o.collection_id in (select id from exports)
         and not exists (select from orders later
           where later.cycle_id = o.cycle_id and later.order_number = o.order_number
             and later.version = o.version + 1 and later.version > 1)
         and not exists (select from quarantined_orders later
           where later.cycle_id = o.cycle_id and later.order_number = o.order_number
             and later.version = o.version + 1 and later.version > 1)
      union all
      select q.collection_id, q.record, q.version, q.order_number, null, 'quarantined',
             q.reason_code, null
        from quarantined_orders q
       where q.collection_id in (select id from exports)
    )`;
}

/** The verdicts that hold today, counted. */
export async function summarizeSelection(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<SelectionSummary | undefined> {
  const counted = overVerdicts(
    cycleId,
    sql`v.verdict, v.reason, count(*)::int as rows, coalesce(sum(v.amount_yen), 0)::float8 as yen`,
    sql`group by v.verdict, v.reason`,
  );
  const { rows } = await sql<{
    n: number;
    verdict: 'selected' | 'excluded' | 'quarantined' | null;
    reason: string | null;
    rows: number;
    yen: number;
  }>`
    select s.n, r.verdict, r.reason, coalesce(r.rows, 0) as rows, coalesce(r.yen, 0) as yen
      from selections s left join (${counted}) r on true
     where s.merchant_id = ${merchantId}
       and s.id = (select id from selections where cycle_id = ${cycleId} order by n desc limit 1)
     order by r.verdict, r.reason`.execute(db);
  const [first] = rows;
  if (first === undefined) return undefined;
  const of = (verdict: string) => rows.filter((row) => row.verdict === verdict);
  const sum = (list: { rows: number }[]) => list.reduce((total, row) => total + row.rows, 0);
  return {
    n: first.n,
    orders: sum(rows),
    selected: sum(of('selected')),
    amountYen: of('selected').reduce((total, row) => total + row.yen, 0),
    excluded: Object.fromEntries(of('excluded').map((row) => [row.reason ?? '', row.rows])),
    quarantined: sum(of('quarantined')),
  };
}
