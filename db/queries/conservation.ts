import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../database.ts';

/** Whether every row and every yen of a month is accounted for; where not, what does not add up. */
export interface Conservation {
  readonly rows: boolean;
  readonly yen: boolean;
  /** Each broken sum in words, for the operator. */
  readonly broken: readonly string[];
}

interface Sum {
  readonly what: string;
  readonly unit: 'rows' | 'yen';
  readonly left: number;
  readonly right: number;
}

/** A month, and between which of its charges its facts are looked for. */
interface ChargeRange {
  readonly cycleId: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Adds up a month from both ends: what was collected against what was decided, what was selected
 * against the charges, what was sent against the ledger and its verdicts.
 */
export async function checkConservation(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<Conservation> {
  for (;;) {
    const range = await readRange(db, cycleId);
    const sums = await addUp(db, merchantId, range);
    // Charges that were made in between would be counted, and their facts not.
    const { first, last } = await readRange(db, cycleId);
    if (first >= range.first && last <= range.last) return judgeSums(sums);
  }
}

/** Told beforehand, so that Postgres knows how much it is and reads it through, not the facts of years. */
async function readRange(db: Db, cycleId: number): Promise<ChargeRange> {
  const { rows } = await sql<{ first: number; last: number }>`
    select coalesce(min(id), 0)::float8 as first, coalesce(max(id), 0)::float8 as last
      from charges where cycle_id = ${cycleId}`.execute(db);
  const { first, last } = rows[0] ?? { first: 0, last: 0 };
  return { cycleId, first, last };
}

const isIn = (column: string, { first, last }: ChargeRange): RawBuilder<boolean> =>
  sql`${sql.ref(column)} between ${first}::bigint and ${last}::bigint`;

async function addUp(db: Db, merchantId: number, range: ChargeRange): Promise<readonly Sum[]> {
  const { cycleId } = range;
  const { rows } = await sql<Sum>`
    with ${judgedRows(merchantId, cycleId)}, charged as (
      select count(*)::float8 as rows,
             coalesce(sum(i.yen), 0)::float8 as yen,
             count(r.record)::float8 as selected, coalesce(sum(r.amount_yen), 0)::float8 as selected_yen
        from charges c
        left join charge_items i on i.charge_id = c.id and i.origin_charge_id = c.id
          and ${isIn('i.charge_id', range)}
        left join selection_rows r on r.collection_id = c.collection_id and r.record = c.record
          and r.cycle_id = c.cycle_id and r.verdict = 'selected' and not exists (select from selection_rows again
            where again.collection_id = r.collection_id and again.record = r.record
              and again.n > r.n and again.n > 1 and again.verdict = 'selected')
       where c.cycle_id = ${cycleId}
    ), files as materialized (
      select e.id, e.kind, e.number, e.records::float8 as records, e.amount_yen::float8 as yen,
             (select max(round) from result_files f where f.exchange_id = e.id) as round
        from exchanges e where e.cycle_id = ${cycleId}
    ), ledger as (
      -- File by file: Postgres has a notion of how many lines one has, and goes along both keys.
      select f.kind || '-' || f.number as name, f.records, f.yen, f.round, l.*
        from files f cross join lateral (
          select count(*)::float8 as lines, coalesce(sum(l.yen), 0)::float8 as line_yen,
                 count(r.line_number)::float8 as verdicts,
                 coalesce(sum(case when r.line_number is not null then l.yen end), 0)::float8
                   as verdict_yen
            from file_lines l
            left join result_lines r on r.exchange_id = f.id and r.round = f.round
                                    and r.line_number = l.line_number
           where l.exchange_id = f.id) l
    )
    select '取込件数と判定件数' as what, 'rows' as unit, records as left,
           unchanged + verdicts + replaced.rows as right
      from judged, replaced where verdicts > 0 or records > 0
    union all
    select '選定件数と請求件数', 'rows', selected, rows from charged
    union all
    select '選定金額と請求金額', 'yen', selected_yen, yen from charged
    union all
    select '請求の実行件数と請求件数', 'rows', coalesce(sum(p.charges), 0)::float8,
           (select rows from charged)
      from runs u left join run_plans p on p.run_id = u.id where u.cycle_id = ${cycleId}
    union all
    select name || ' の件数と明細', 'rows', records, lines from ledger
    union all
    select name || ' の金額と明細', 'yen', yen, line_yen from ledger
    union all
    select name || ' の明細と結果件数', 'rows', lines, verdicts from ledger where round is not null
    union all
    select name || ' の明細と結果金額', 'yen', line_yen, verdict_yen from ledger where round is not null
    union all
    select w.* from ${carriedOver(range)} v cross join lateral (values
      ('繰越した件数と引き継いだ請求の件数', 'rows', v.given, v.taken),
      ('繰越した金額と引き継いだ請求の金額', 'yen', v.given_yen, v.taken_yen)) w
    union all
    select '引き継いだ金額と前の請求の金額', 'yen', taken_yen, given_yen
      from ${takenOver(range)} v
    union all
    select '一部売上の残額と指示', 'yen', rest, asked from ${partialCaptures(range)} p
    `.execute(db);
  return rows;
}

function judgeSums(sums: readonly Sum[]): Conservation {
  const broken = sums.filter((sum) => sum.left !== sum.right);
  return {
    rows: broken.every((sum) => sum.unit !== 'rows'),
    yen: broken.every((sum) => sum.unit !== 'yen'),
    broken: broken.map((sum) => `${sum.what}(${sum.left} / ${sum.right})`),
  };
}

/** What files captured less than was authorized, against what people asked them to leave out. */
function partialCaptures(range: ChargeRange): RawBuilder<unknown> {
  return sql`(
    select coalesce(sum(a.amount_yen - e.amount_yen), 0)::float8 as rest,
           coalesce(sum(a.amount_yen - coalesce(q.amount_yen, a.amount_yen)), 0)::float8 as asked
      from charges c
      join ending_results r on r.charge_id = c.id and r.result = 'captured'
                           and ${isIn('r.charge_id', range)}
      join endings e on e.charge_id = r.charge_id and e.n = r.n and e.k = r.k
                    and e.exchange_id is not null and ${isIn('e.charge_id', range)}
      join attempts a on a.charge_id = e.charge_id and a.n = e.n and ${isIn('a.charge_id', range)}
      left join capture_requests q on q.charge_id = e.charge_id and q.n = e.n
                                  and ${isIn('q.charge_id', range)}
     where c.cycle_id = ${range.cycleId})`;
}

/** What the month's charges handed on to later ones, against what those took: each item once, whole. */
function carriedOver(range: ChargeRange): RawBuilder<unknown> {
  return sql`(
    select count(*)::float8 as given, count(t.charge_id)::float8 as taken,
           coalesce(sum((select sum(i.yen) from charge_items i where i.charge_id = c.id)), 0)::float8
             as given_yen, coalesce(sum(t.yen), 0)::float8 as taken_yen
      from charges c
      join attempts a on a.charge_id = c.id and a.kind = 'carried_over'
                     and ${isIn('a.charge_id', range)}
      left join charge_items t on t.origin_charge_id = c.id and t.charge_id <> t.origin_charge_id
     where c.cycle_id = ${range.cycleId})`;
}

/** What the month's charges took over of earlier ones, against what those were. */
function takenOver(range: ChargeRange): RawBuilder<unknown> {
  return sql`(
    select coalesce(sum(t.yen), 0)::float8 as taken_yen,
           coalesce(sum((select sum(i.yen) from charge_items i
                          where i.charge_id = t.origin_charge_id)), 0)::float8 as given_yen
      from charges c
      join charge_items t on t.charge_id = c.id and t.charge_id <> t.origin_charge_id
                         and ${isIn('t.charge_id', range)}
     where c.cycle_id = ${range.cycleId})`;
}

/**
 * One first verdict for every row that an export brought; the rest of it was known already, or was
 * replaced by a newer export before anybody had decided about it.
 */
function judgedRows(merchantId: number, cycleId: number): RawBuilder<unknown> {
  return sql`
    newer as (
      select order_number, version from orders where cycle_id = ${cycleId} and version > 1
      union
      select order_number, version from quarantined_orders
       where cycle_id = ${cycleId} and version > 1
    ), stored as (
      select o.collection_id, o.record, o.order_number, o.version from orders o
       where o.cycle_id = ${cycleId} and exists (select from newer where order_number = o.order_number)
      union all
      select q.collection_id, q.record, q.order_number, q.version from quarantined_orders q
       where q.cycle_id = ${cycleId} and exists (select from newer where order_number = q.order_number)
    ), replaced as (
      select count(*)::float8 as rows
        from stored s join newer w on w.order_number = s.order_number and w.version = s.version + 1
       where s.collection_id <= (select max(collection_id) from selections
                                  where cycle_id = ${cycleId})
         and not exists (select from selection_rows r
                          where r.collection_id = s.collection_id and r.record = s.record)
    ), judged as materialized (
      select coalesce(sum(c.records), 0)::float8 as records,
             coalesce(sum(c.unchanged), 0)::float8 as unchanged,
             (select count(*)::float8 from selection_rows r
               where r.cycle_id = ${cycleId} and r.n = 1) as verdicts
        from order_collections c
       where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
         and c.id <= (select max(s.collection_id) from selections s where s.cycle_id = ${cycleId})
    )`;
}
