import { sql } from 'kysely';
import type { Db } from '../database.ts';

/** What became of a month's orders; rows and yen, with every row in exactly one count. */
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
 * Decides for every record of a collection: selected, excluded with the first reason that matches,
 * or quarantined. The caller holds the merchant's lock, so that no other cycle claims an order
 * between this look and its own claim (the claim looks again).
 *
 * @param identityMonth '' or, where the merchant's order numbers repeat every month, the month.
 */
export async function insertSelection(
  db: Db,
  merchantId: number,
  selection: { cycleId: number; collectionId: number; identityMonth: string; now: string },
): Promise<number> {
  const {
    rows: [row],
  } = await sql<{ id: number }>`
    insert into selections (merchant_id, cycle_id, n, collection_id, selected_at)
    select ${merchantId}, ${selection.cycleId}, coalesce(max(n), 0) + 1, ${selection.collectionId},
           ${selection.now}
      from selections where cycle_id = ${selection.cycleId}
    returning id`.execute(db);
  if (row === undefined) throw new Error('an aggregate always yields a row');

  // An order number that was doubled in one file stays blocked for the month, even if another
  // export of the month has it clean (spec 1.2).
  await sql`
    with numbered as (
      select collection_id, order_number from orders
       where collection_id in (select id from order_collections where cycle_id = ${selection.cycleId})
      union all
      select collection_id, order_number from quarantined_orders
       where order_number is not null
         and collection_id in (select id from order_collections where cycle_id = ${selection.cycleId})
    ), doubled as (
      select distinct order_number from numbered
       group by collection_id, order_number having count(*) > 1
    )
    insert into selection_rows (selection_id, record, merchant_id, order_number, amount_yen, verdict,
                                reason, charge_id)
    select ${row.id}::bigint, o.record, ${merchantId}::bigint, o.order_number, o.amount_yen,
           case when d.order_number is not null then 'quarantined'
                when o.exclusion is not null or c.id is not null then 'excluded'
                else 'selected' end,
           case when d.order_number is not null then 'order_number_doubled'
                when o.exclusion is not null then o.exclusion
                when c.id is not null then 'already_billed' end,
           c.id
      from orders o
      left join doubled d on d.order_number = o.order_number
      -- Where the number alone makes the order, a charge of any month bills it, also one of a time
      -- when the month joined the key.
      left join lateral (
        select c.id from charges c
         where c.merchant_id = ${merchantId} and c.order_number = o.order_number
           and ${selection.identityMonth} in ('', c.identity_month)
         order by c.id desc limit 1) c on true
     where o.collection_id = ${selection.collectionId}
    union all
    select ${row.id}::bigint, q.record, ${merchantId}::bigint, q.order_number, null, 'quarantined',
           q.reason_code, null
      from quarantined_orders q
     where q.collection_id = ${selection.collectionId}
    `.execute(db);
  return Number(row.id);
}

/** The latest selection of a cycle, counted. */
export async function summarizeSelection(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<SelectionSummary | undefined> {
  const { rows } = await sql<{
    n: number;
    verdict: 'selected' | 'excluded' | 'quarantined' | null;
    reason: string | null;
    rows: number;
    yen: number;
  }>`
    select s.n, r.verdict, r.reason, count(r.record)::int as rows,
           coalesce(sum(r.amount_yen), 0)::float8 as yen
      from selections s left join selection_rows r on r.selection_id = s.id
     where s.merchant_id = ${merchantId}
       and s.id = (select id from selections where cycle_id = ${cycleId} order by n desc limit 1)
     group by s.n, r.verdict, r.reason
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

export interface SelectionRow {
  readonly record: number;
  readonly line: number;
  readonly orderNumber: string | null;
  readonly customerNumber: string | null;
  readonly amountYen: number | null;
  readonly verdict: 'selected' | 'excluded' | 'quarantined';
  readonly reason: string | null;
  /** Quarantined rows: where and why; else null. */
  readonly column: string | null;
  readonly value: string | null;
  readonly reasonJa: string | null;
  readonly reasonEn: string | null;
  /** Already billed: by the charge of which month, and in which state it is. */
  readonly billedIn: string | null;
  readonly billedState: string | null;
}

/** The rows of the latest selection in the export's order, a page at a time. */
export async function listSelectionRows(
  db: Db,
  merchantId: number,
  page: {
    cycleId: number;
    verdict?: string | undefined;
    reason?: string | undefined;
    afterRecord: number;
    limit: number;
  },
): Promise<SelectionRow[]> {
  const { rows } = await sql<SelectionRow>`
    select r.record, coalesce(o.line, q.line) as line, r.order_number as "orderNumber",
           o.customer_number as "customerNumber", r.amount_yen as "amountYen", r.verdict, r.reason,
           q.column_name as "column", q.value, q.reason_ja as "reasonJa", q.reason_en as "reasonEn",
           b.billing_month as "billedIn", cs.state as "billedState"
      from selection_rows r
      join selections s on s.id = r.selection_id
      left join orders o on o.collection_id = s.collection_id and o.record = r.record
      left join quarantined_orders q on q.collection_id = s.collection_id and q.record = r.record
      left join charge_states cs on cs.charge_id = r.charge_id
      left join cycles b on b.id = cs.cycle_id
     where s.merchant_id = ${merchantId}
       and s.id = (select id from selections where cycle_id = ${page.cycleId} order by n desc limit 1)
       and (${page.verdict ?? null}::text is null or r.verdict = ${page.verdict ?? null})
       and (${page.reason ?? null}::text is null or r.reason = ${page.reason ?? null})
       and r.record > ${page.afterRecord}
     order by r.record limit ${page.limit}`.execute(db);
  return rows;
}
