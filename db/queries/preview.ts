import { sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import {
  CARD_STANDINGS,
  type CardStanding,
  FINDING_KINDS,
  type Finding,
  type FindingKind,
} from '../../billing/preview.ts';
import type { Db, Trx } from '../database.ts';
import { cardStandings, openRunsOf, unbilledOf, unclearedChargesOf } from '../fragments.ts';
import { verdictsOf } from '../month-verdicts.ts';
import { uncoveredCustomers } from '../uncovered-customers.ts';
import { notRenewedCustomers } from '../watched-cards.ts';
import { isFirstRefresh } from './card-refresh.ts';
import { knowsCards } from './card-standing.ts';
import { carriedFindings, stageCarryOvers } from './carry-over.ts';
import { hasOpenCoverage } from './migration-coverage.ts';

/**
 * Previews are made in tables of one transaction: staged, compared, summed, and kept or rolled back by
 * the caller. Set-based throughout: a month of a million orders takes seconds.
 */

export interface PreviewedMonth {
  readonly cycleId: number;
  /** YYYY-MM */
  readonly month: string;
  readonly settingsVersion: number;
}

/** The content that an approval is bound to. */
export interface PreviewContent extends RowsAndYen {
  /**
   * Over the lines `order,amountYen,customer,previous` in the order of the export, and the version of
   * the settings behind them (spec 1.3).
   */
  readonly sha256: string;
}

/**
 * Stages what the month bills: `month_orders`, of which those with an `i` are about to be: the selected
 * orders of its open runs (`place` and `record` are their collection and row), behind charges that wait
 * for a file and are not cleared (any more). What they take over of earlier months is part of their yen,
 * and of the hash (`month_carry_overs`).
 */
export async function stagePreview(
  trx: Trx,
  merchantId: number,
  { cycleId, month, settingsVersion }: PreviewedMonth,
): Promise<PreviewContent> {
  const openRuns = openRunsOf(cycleId);
  await sql`drop table if exists pg_temp.month_orders`.execute(trx);
  await sql`
    create temp table month_orders on commit drop as
    with uncleared as (${unclearedChargesOf(merchantId, cycleId, settingsVersion)}),
    billed as (
      select c.order_number, c.customer_number, c.previous_order_number,
             (select sum(i.yen)::int from charge_items i where i.charge_id = c.id) as yen,
             c.id as charge_id, null::int as cycle_count, u.charge_id is not null as previewed,
             0 as source, c.position as place, 0 as record
        from charges c left join uncleared u on u.charge_id = c.id
       where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
      union all
      select o.order_number, o.customer_number, o.previous_order_number, r.amount_yen, null,
             o.cycle_count,
             exists (select from (${openRuns}) u where u.scope = 'all')
               or r.order_number in (select w.order_number
                                       from run_orders w join (${openRuns}) u on u.id = w.run_id),
             1, r.collection_id, r.record
        from (${unbilledOf(merchantId, cycleId)}) r
        join orders o
          on (o.cycle_id, o.collection_id, o.record) = (r.cycle_id, r.collection_id, r.record)
    )
    select order_number, customer_number, previous_order_number, yen, 0 as carried_yen, charge_id,
           cycle_count, place, record, case when previewed then row_number()
             over (partition by previewed order by source, place, record) end as i
      from billed`.execute(trx);
  await sql`analyze month_orders`.execute(trx);
  await stageCarryOvers(trx, merchantId, month);
  const { rows } = await sql<PreviewContent>`
    select count(*)::int as rows, coalesce(sum(yen), 0)::float8 as yen,
           encode(sha256(convert_to(
             coalesce(string_agg(order_number || ',' || yen || ',' || customer_number || ','
                        || coalesce(previous_order_number, '') || E'\\n', '' order by i), '')
             || 'settings ' || ${settingsVersion}::int, 'UTF8')), 'hex') as sha256
      from month_orders where i is not null`.execute(trx);
  const [content] = rows;
  if (content === undefined) throw new Error('an aggregate always yields a row');
  return content;
}

/** The latest month before that billed anything; undefined in a merchant's first. */
export async function findLastBilledMonth(
  db: Db,
  merchantId: number,
  month: string,
): Promise<{ cycleId: number; month: string } | undefined> {
  const { rows } = await sql<{ cycleId: number; month: string }>`
    select y.id as "cycleId", y.billing_month as month from cycles y
     where y.merchant_id = ${merchantId} and y.billing_month < ${month}
       and exists (select from charges c where c.cycle_id = y.id)
     order by y.billing_month desc limit 1`.execute(db);
  return rows[0];
}

/**
 * Stages how the orders of this month and of the last one belong together: `matched`, beside
 * `last_billed` (billing/preview.ts says how).
 */
export async function matchLastMonth(
  trx: Trx,
  merchantId: number,
  of: { lastCycleId: number | null; perMonth: boolean },
): Promise<{ last: RowsAndYen; thisMonth: RowsAndYen }> {
  await sql`
    create temp table last_billed on commit drop as
    select c.order_number, c.customer_number, i.yen
      from charges c
      -- Probed ("offset 0"): joined, it would read the items of years.
      cross join lateral (select yen from charge_items
                           where charge_id = c.id and origin_charge_id = c.id offset 0) i
     where c.merchant_id = ${merchantId} and c.cycle_id = ${of.lastCycleId}`.execute(trx);
  await sql`analyze last_billed`.execute(trx);
  const chain = of.perMonth ? sql`m.order_number` : sql`m.previous_order_number`;
  await sql`
    create temp table matched on commit drop as
    with chained as (
      select distinct on (l.order_number) l.order_number as last_order_number, l.yen as last_yen,
             m.order_number
        from last_billed l join month_orders m on ${chain} = l.order_number
       order by l.order_number, m.order_number
    ), alone_now as (
      select m.customer_number, min(m.order_number) as order_number from month_orders m
       where not exists (select from chained x where x.order_number = m.order_number)
       group by m.customer_number having count(*) = 1
    ), alone_last as (
      select l.customer_number, min(l.order_number) as order_number, min(l.yen) as yen
        from last_billed l
       where not exists (select from chained x where x.last_order_number = l.order_number)
       group by l.customer_number having count(*) = 1
    )
    select order_number, last_order_number, last_yen from chained
    union all
    select m.order_number, l.order_number, l.yen
      from alone_last l join alone_now m on m.customer_number = l.customer_number`.execute(trx);
  await sql`analyze matched`.execute(trx);
  const { rows } = await sql<RowsAndYen>`
    select count(*)::int as rows, coalesce(sum(yen), 0)::float8 as yen from last_billed
    union all
    select count(*)::int, coalesce(sum(yen - carried_yen), 0)::float8 from month_orders`.execute(
    trx,
  );
  const [last, thisMonth] = rows;
  if (last === undefined || thisMonth === undefined) throw new Error('two aggregates, two rows');
  return { last, thisMonth };
}

/** Stages every order that stands out: `found`, numbered, those of a kind together. */
export async function stageFindings(
  trx: Trx,
  merchantId: number,
  of: {
    cycleId: number;
    compares: boolean;
    ceilingYen: number | null;
    chargesPerCustomer: number;
    now: string;
  },
): Promise<Record<FindingKind, RowsAndYen>> {
  const migrates = await hasOpenCoverage(trx, merchantId);
  const refreshes = !(await isFirstRefresh(trx, merchantId));
  await sql`
    create temp table found on commit drop as
    with excluded as (
      select o.order_number, o.customer_number, o.previous_order_number, r.reason
        from (${verdictsOf(of.cycleId, 'excluded')}) r
        join orders o
          on (o.cycle_id, o.collection_id, o.record) = (r.cycle_id, r.collection_id, r.record)
       where r.merchant_id = ${merchantId}
    ), repeated as (
      -- What the customer had last month already is nothing unusual.
      select m.customer_number
        from (select customer_number, count(*) as charges from month_orders
               group by customer_number having count(*) > ${of.chargesPerCustomer}) m
        left join (select customer_number, count(*) as charges from last_billed
                    group by customer_number having count(*) > 1) l
          on l.customer_number = m.customer_number
       where m.charges > coalesce(l.charges, 1)
    ), standings as (${cardStandings(merchantId, of.now)}),
    findings as (
      select 'new' as kind, m.i, m.order_number, m.customer_number, m.yen as amount_yen,
             null::text as last_order_number, null::int as last_yen, null::text as detail
        from month_orders m
       where ${of.compares} and m.i is not null
         and not exists (select from matched t where t.order_number = m.order_number)
      union all
      select 'gone', null, l.order_number, l.customer_number, null, l.order_number, l.yen,
             e.reason
        from last_billed l
        left join (select previous_order_number, min(reason) as reason from excluded group by 1) e
          on e.previous_order_number = l.order_number
       where ${of.compares}
         and not exists (select from matched t where t.last_order_number = l.order_number)
      union all
      select 'changed', m.i, m.order_number, m.customer_number, m.yen - m.carried_yen,
             t.last_order_number, t.last_yen, null
        from month_orders m join matched t on t.order_number = m.order_number
       where m.i is not null and m.yen - m.carried_yen <> t.last_yen
      union all
      select 'over_ceiling', m.i, m.order_number, m.customer_number, m.yen, null, null, null
        from month_orders m where m.i is not null and m.yen > ${of.ceilingYen}::int
      union all
      select 'customer_repeated', m.i, m.order_number, m.customer_number, m.yen, null, null, null
        from month_orders m join repeated r on r.customer_number = m.customer_number
       where m.i is not null
      union all
      select 'zero_amount', null, e.order_number, e.customer_number, 0, null, null, null
        from excluded e where e.reason = 'zero_amount'
      union all
      select 'card_locked', null, e.order_number, e.customer_number, null, null, null, null
        from excluded e where e.reason = 'card_locked'
      union all
      ${carriedFindings}
      union all
      select 'card_' || c.standing, m.i, m.order_number, m.customer_number, m.yen, null, null, null
        from month_orders m join standings c on c.customer_number = m.customer_number
       where m.i is not null and c.standing in ('expired', 'locked')
      ${migrates ? unmigratedFindings(merchantId) : sql``}
      ${refreshes ? notRenewedFindings(merchantId, of.now) : sql``}
    )
    select f.kind,
           (row_number() over (order by array_position(${[...FINDING_KINDS]}::text[], f.kind), f.i,
                                        f.order_number))::int as i,
           f.order_number, f.customer_number, f.amount_yen, f.last_order_number, f.last_yen,
           f.detail
      from findings f`.execute(trx);
  return await countFindings(trx);
}

/** Orders of customers whom a migration has left without a card so far. */
const unmigratedFindings = (merchantId: number) => sql`
      union all
      select 'card_not_migrated', m.i, m.order_number, m.customer_number, m.yen, null, null, null
        from month_orders m
        join (${uncoveredCustomers(merchantId)}) u on u.customer_number = m.customer_number
       where m.i is not null`;

const notRenewedFindings = (merchantId: number, now: string) => sql`
      union all
      select 'card_not_renewed', m.i, m.order_number, m.customer_number, m.yen, null, null, null
        from month_orders m
        join (${notRenewedCustomers(merchantId, now)}) w on w.customer_number = m.customer_number
       where m.i is not null`;

async function countFindings(trx: Trx): Promise<Record<FindingKind, RowsAndYen>> {
  const { rows } = await sql<RowsAndYen & { kind: FindingKind }>`
    select kind, count(*)::int as rows, coalesce(sum(coalesce(amount_yen, last_yen)), 0)::float8 as yen
      from found group by kind`.execute(trx);
  const counts = new Map(rows.map(({ kind, ...count }) => [kind, count]));
  return Object.fromEntries(
    FINDING_KINDS.map((kind) => [kind, counts.get(kind) ?? { rows: 0, yen: 0 }]),
  ) as Record<FindingKind, RowsAndYen>;
}

/** What is known of the cards of those who are about to be billed. */
export async function countCards(
  trx: Trx,
  merchantId: number,
  of: { charges: number; now: string },
): Promise<Record<CardStanding, number>> {
  const counts = Object.fromEntries(CARD_STANDINGS.map((standing) => [standing, 0])) as Record<
    CardStanding,
    number
  >;
  if (!(await knowsCards(trx, merchantId))) return { ...counts, unknown: of.charges };
  const { rows } = await sql<{ standing: CardStanding; rows: number }>`
    with cards as (${cardStandings(merchantId, of.now)})
    select coalesce(c.standing, 'unknown') as standing, count(*)::int as rows
      from month_orders m left join cards c on c.customer_number = m.customer_number
     where m.i is not null group by 1`.execute(trx);
  for (const { standing, rows: count } of rows) counts[standing] = count;
  return counts;
}

/** The staged findings, a page at a time: a dry run carries them out of its transaction. */
export async function listStagedFindings(
  trx: Trx,
  page: { after: number; limit: number },
): Promise<Finding[]> {
  const { rows } = await sql<Finding>`
    select kind, i, order_number as "orderNumber", customer_number as "customerNumber",
           amount_yen as "amountYen", last_order_number as "lastOrderNumber",
           last_yen as "lastYen", detail
      from found
     where i > ${page.after} order by i limit ${page.limit}`.execute(trx);
  return rows;
}
