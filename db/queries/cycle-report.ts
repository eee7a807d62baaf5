import { sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import {
  type CycleReport,
  DEADLINE_OUTCOMES,
  type DeadlineOutcome,
  LINE_STANDINGS,
  type LineStanding,
  type ReportedDecline,
  type ReportedExchange,
} from '../../billing/cycle-report.ts';
import { type DeclineClass, readDecline } from '../../billing/decline.ts';
import { type ExchangeName, type ExchangeStage, exchangeFileName } from '../../billing/exchange.ts';
import type { Db } from '../database.ts';
import { findUnsettled, isUnsettled, settledBeside } from '../settled-charges.ts';
import { countCarriedOver } from './carry-over-totals.ts';
import { checkConservation } from './conservation.ts';
import { countCorrections } from './corrections.ts';
import type { CycleRow } from './cycles.ts';
import { countAuthorizations, countEndings } from './report-totals.ts';
import { findSettingsAt } from './settings.ts';

/** All counts of a month at once: each part is one statement over its rows. */
export async function readCycleReport(
  db: Db,
  merchantId: number,
  cycle: CycleRow,
): Promise<CycleReport> {
  return {
    month: cycle.billingMonth,
    stage: cycle.stage,
    startedAt: cycle.startedAt,
    startedBy: cycle.startedBy,
    closedAt: cycle.closedAt,
    orders: await countVerdicts(db, merchantId, cycle.id),
    charges: await countCharges(db, merchantId, cycle.id),
    authorizations: await countAuthorizations(db, merchantId, cycle.id),
    endings: await countEndings(db, merchantId, cycle.id),
    exchanges: await countExchanges(db, merchantId, cycle.id),
    declines: await countDeclines(db, merchantId, cycle),
    deadlines: await countDeadlines(db, merchantId, cycle.id),
    captures: await countCaptures(db, merchantId, cycle.id),
    carriedOver: await countCarriedOver(db, merchantId, cycle.id),
    corrections: await countCorrections(db, merchantId, cycle.id),
    conservation: await checkConservation(db, merchantId, cycle.id),
  };
}

async function countVerdicts(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<CycleReport['orders']> {
  const { rows } = await sql<CycleReport['orders'][number]>`
    select verdict, reason, count(*)::int as rows, coalesce(sum(amount_yen), 0)::float8 as yen
      from order_verdicts where merchant_id = ${merchantId} and cycle_id = ${cycleId}
     group by verdict, reason
     order by array_position(array['selected', 'excluded', 'quarantined'], verdict), 3 desc, reason
    `.execute(db);
  return rows;
}

async function countCharges(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<CycleReport['charges']> {
  const unsettled = await findUnsettled(db, merchantId, cycleId);
  const { rows } = await sql<CycleReport['charges'][number]>`
    with walked as materialized (
      select state, count(*)::int as rows, sum(amount_yen)::float8 as yen
        from charge_states
       where merchant_id = ${merchantId} and cycle_id = ${cycleId}
         and ${isUnsettled(sql`charge_id`, unsettled)}
       group by state)
    select state, sum(rows)::int as rows, sum(yen)::float8 as yen
      from (select * from walked
            union all
            select 'captured', rows, yen
              from (${settledBeside(merchantId, cycleId, unsettled)}) c) s
     group by state order by 2 desc, state`.execute(db);
  return rows;
}

interface StandingCount extends ExchangeName, RowsAndYen {
  readonly stage: ExchangeStage;
  readonly acceptanceNumber: string | null;
  readonly handedOverAt: string | null;
  readonly acceptedAt: string | null;
  readonly completedAt: string | null;
  readonly reconciledAt: string | null;
  readonly standing: LineStanding;
}

/** What is on record counts first: an operator may have settled what the result left open. */
async function countExchanges(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<ReportedExchange[]> {
  const { rows } = await sql<StandingCount>`
    with files as materialized (
      select e.*, (select max(f.round) from result_files f where f.exchange_id = e.id) as round,
             (select max(s.intended_at) from sends s where s.exchange_id = e.id) as handed_over_at
        from exchanges e where e.merchant_id = ${merchantId} and e.cycle_id = ${cycleId}
    ), counted as (
      select l.exchange_id,
             case when o.outcome = 'ok' or r.result in ('captured', 'voided') then 'ok'
                  -- A refused file bills nobody: its captures are refused, but none was asked for.
                  when x.stage = 'rejected' then 'notSent'
                  when o.outcome = 'declined' or r.result = 'refused' then 'ng'
                  when o.outcome is not null or r.result is not null then 'notSent'
                  when v.verdict in ('unknown', 'quarantined') then v.verdict
                  when x.stage = 'unknown' then 'unknown'
                  else 'open' end as standing,
             count(*)::int as rows, sum(l.yen)::float8 as yen
        from files x
        join file_lines l on l.exchange_id = x.id
        left join outcomes o on l.k is null and o.charge_id = l.charge_id and o.n = l.n
        left join ending_results r on r.charge_id = l.charge_id and r.n = l.n and r.k = l.k
        left join result_lines v on v.exchange_id = l.exchange_id and v.round = x.round
                                and v.line_number = l.line_number
       group by 1, 2
    )
    select x.billing_month as "billingMonth", x.kind, x.number, x.stage,
           x.acceptance_number as "acceptanceNumber", x.handed_over_at as "handedOverAt",
           x.accepted_at as "acceptedAt", x.completed_at as "completedAt",
           case when x.stage = 'reconciled' then x.finished_at end as "reconciledAt",
           coalesce(c.standing, 'open') as standing, coalesce(c.rows, 0) as rows,
           coalesce(c.yen, 0) as yen
      from files x left join counted c on c.exchange_id = x.id
     order by x.id`.execute(db);
  const names = [...new Set(rows.map((row) => exchangeFileName(row)))];
  return names.flatMap((fileName) => {
    const counts = rows.filter((row) => exchangeFileName(row) === fileName);
    const [first] = counts;
    if (first === undefined) return [];
    const { billingMonth: _, standing: __, rows: ___, yen: ____, ...exchange } = first;
    const lines = tally(LINE_STANDINGS, counts, ({ standing }) => standing);
    return [{ ...exchange, fileName, sent: sumOf(Object.values(lines)), lines }];
  });
}

/**
 * By the class under which the desk worked a decline, a person's word included; where it has no case of
 * that decline, by the settings that held when the month was closed.
 */
async function countDeclines(
  db: Db,
  merchantId: number,
  cycle: CycleRow,
): Promise<ReportedDecline[]> {
  type Declined = RowsAndYen &
    Pick<ReportedDecline, 'state'> & {
      detail: string | null;
      code: string | null;
      on: string;
      worked: DeclineClass | null;
    };
  const settings = await findSettingsAt(db, merchantId, cycle.closedAt);
  const { rows } = await sql<Declined>`
    select o.response_detail as detail, o.response_code as code, s.state,
           (coalesce(o.processed_at, o.recorded_at) at time zone 'Asia/Tokyo')::date as on,
           k.class as worked, count(*)::int as rows, sum(a.amount_yen)::float8 as yen
      from charges c
      join outcomes o on o.charge_id = c.id and o.outcome = 'declined'
      join attempts a on a.charge_id = o.charge_id and a.n = o.n
      -- One by one: declined ones are few, and the view would be made of the whole month.
      cross join lateral (select v.state from charge_states v where v.charge_id = c.id offset 0) s
      left join ng_cases k on k.charge_id = o.charge_id and k.n = o.n
                          and (k.code is not null or k.class <> 'unknown')
     where c.merchant_id = ${merchantId} and c.cycle_id = ${cycle.id}
     group by 1, 2, 3, 4, 5 order by 6 desc, 1, 2, 3`.execute(db);
  const overrides = settings?.settings.declines.overrides ?? {};
  const counts = new Map<string, ReportedDecline>();
  for (const { detail, code, on, worked, state, ...count } of rows) {
    const decline = readDecline(detail, code, { on, overrides });
    const known = { ...decline, class: worked ?? decline.class, state };
    // Days and cases part what people see as one.
    const key = [known.code, known.class, state].join(' ');
    counts.set(key, { ...known, ...sumOf([counts.get(key) ?? NONE, count]) });
  }
  return [...counts.values()].sort((one, other) => other.rows - one.rows);
}

/** Every authorization of the month, by whether it was captured before its window closed. */
async function countDeadlines(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<CycleReport['deadlines']> {
  const { rows } = await sql<RowsAndYen & { outcome: DeadlineOutcome }>`
    select case when e.kind = 'expired' then 'expired'
                when r.result = 'voided' then 'voided'
                when r.result is null then 'waiting'
                when coalesce(r.processed_at, r.recorded_at) < o.capture_before then 'inTime'
                else 'late' end as outcome,
           count(*)::int as rows, sum(a.amount_yen)::float8 as yen
      from charges c
      join outcomes o on o.charge_id = c.id and o.outcome = 'ok'
      join attempts a on a.charge_id = o.charge_id and a.n = o.n
      left join ending_results r on r.charge_id = o.charge_id and r.n = o.n
                                and r.result in ('captured', 'voided')
      left join endings e on e.charge_id = o.charge_id and e.n = o.n and e.kind = 'expired'
     where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
     group by 1`.execute(db);
  return tally(DEADLINE_OUTCOMES, rows, ({ outcome }) => outcome);
}

async function countCaptures(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<CycleReport['captures']> {
  const { rows } = await sql<RowsAndYen & { whole: boolean; rest: number }>`
    select e.amount_yen = a.amount_yen as whole, count(*)::int as rows,
           sum(e.amount_yen)::float8 as yen, sum(a.amount_yen - e.amount_yen)::float8 as rest
      from charges c
      join ending_results r on r.charge_id = c.id and r.result = 'captured'
      join endings e on e.charge_id = r.charge_id and e.n = r.n and e.k = r.k
      join attempts a on a.charge_id = e.charge_id and a.n = e.n
     where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
     group by 1`.execute(db);
  const none = { rows: 0, yen: 0, rest: 0 };
  const whole = rows.find((row) => row.whole) ?? none;
  const partial = rows.find((row) => !row.whole) ?? none;
  return {
    whole: { rows: whole.rows, yen: whole.yen },
    partial: { rows: partial.rows, yen: partial.yen },
    unbilledRest: { rows: partial.rows, yen: partial.rest },
  };
}

function tally<Key extends string, Row extends RowsAndYen>(
  keys: readonly Key[],
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
): Record<Key, RowsAndYen> {
  const counts = keys.map((key) => [key, sumOf(rows.filter((row) => keyOf(row) === key))] as const);
  return Object.fromEntries(counts) as Record<Key, RowsAndYen>;
}

const NONE: RowsAndYen = { rows: 0, yen: 0 };

function sumOf(counts: readonly RowsAndYen[]): RowsAndYen {
  return {
    rows: counts.reduce((sum, { rows }) => sum + rows, 0),
    yen: counts.reduce((sum, { yen }) => sum + yen, 0),
  };
}
