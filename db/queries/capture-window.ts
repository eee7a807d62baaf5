import { sql } from 'kysely';
import { lastDayAt } from '../../billing/capture-deadlines.ts';
import type { Capturing } from '../../billing/capture-policy.ts';
import type { ExchangeName } from '../../billing/exchange.ts';
import type { Db } from '../database.ts';
import { mayCapture } from '../fragments.ts';

/** An authorization that the last-day rule may take. */
export interface LastDayCharge {
  readonly orderNumber: string;
  readonly yen: number;
  /** Whether the policy lets its capture go: it was shipped, or its date has come. */
  readonly ready: boolean;
}

/**
 * The authorizations of a month that the last-day rule may take now: their window ends within its
 * lead, nobody holds them, no capture file has carried them and nobody has asked for their capture.
 */
export async function listLastDayCharges(
  db: Db,
  merchantId: number,
  of: { readonly cycleId: number; readonly now: string },
  { capture, calendar, rule }: Capturing,
): Promise<LastDayCharge[]> {
  const free = sql`
    select s.order_number, s.amount_yen, s.capture_before, s.charge_id, s.n
      from charge_states s
     where s.merchant_id = ${merchantId} and s.cycle_id = ${of.cycleId} and s.state = 'authorized'
       and s.k is null and s.capture_before > ${of.now}
       and not exists (select from open_order_holds h
                        where h.merchant_id = ${merchantId} and h.order_number = s.order_number)
       and not exists (select from capture_requests q
                        where q.charge_id = s.charge_id and q.n = s.n)`;
  const { rows: ends } = await sql<{ before: string }>`
    select distinct capture_before as before from (${free}) f`.execute(db);
  const near = ends
    .map(({ before }) => before)
    .filter((before) => Date.parse(lastDayAt(before, capture, calendar)) <= Date.parse(of.now));
  if (near.length === 0) return [];
  const { rows } = await sql<LastDayCharge>`
    select order_number as "orderNumber", amount_yen as yen, ${mayCapture(rule, of.now)} as ready
      from (${free}) s
     where capture_before = any(${near}::timestamptz[]) order by 1`.execute(db);
  return rows;
}

/** The first end of a window in a capture file `e`, and whether its tallies hold each of its lines. */
const firstTallied = sql<string | null>`
  (select min(t.capture_before) from charge_tallies t
    where t.cycle_id = e.cycle_id and t.exchange_id = e.id and t.fact = 'capture')`;
const isTallied = sql<boolean>`
  coalesce((select sum(t.rows) = e.records from charge_tallies t
             where t.cycle_id = e.cycle_id and t.exchange_id = e.id and t.fact = 'capture'), false)`;

/** Capture files that were built, were never opened, and hold lines whose window has closed. */
export async function listOverdueFiles(
  db: Db,
  merchantId: number,
  now: string,
): Promise<{ readonly name: ExchangeName; readonly lines: number }[]> {
  // Few files are asked for their lines at all ("offset 0"), and a line for its outcome by the key.
  const { rows } = await sql<ExchangeName & { lines: number }>`
    select e.billing_month as "billingMonth", e.kind, e.number, l.lines
      from (select e.* from exchanges e
             where e.merchant_id = ${merchantId} and e.kind = 'capture' and e.stage = 'built'
               and e.transport = 'portal' and (not ${isTallied} or ${firstTallied} <= ${now})
            offset 0) e
      cross join lateral (
        select count(*)::int as lines from file_lines l
         where l.exchange_id = e.id
           and exists (select from outcomes o where o.charge_id = l.charge_id and o.n = l.n
                          and o.capture_before <= ${now} offset 0)) l
     where l.lines > 0
     order by e.id`.execute(db);
  return rows.map(({ lines, ...name }) => ({ name, lines }));
}

/** When the first window of a capture file's authorizations closes; null for another kind of file. */
export async function findFirstCaptureWindow(
  db: Db,
  merchantId: number,
  exchangeId: number,
): Promise<string | null> {
  const { rows } = await sql<{ first: string | null }>`
    select case when e.kind <> 'capture' then null
                when ${isTallied} then ${firstTallied}
                else (select min(o.capture_before)
                        from file_lines l
                        join outcomes o on o.charge_id = l.charge_id and o.n = l.n
                       where l.exchange_id = e.id and l.k is not null) end as first
      from exchanges e
     where e.merchant_id = ${merchantId} and e.id = ${exchangeId}`.execute(db);
  return rows[0]?.first ?? null;
}
