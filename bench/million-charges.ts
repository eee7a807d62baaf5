import type { Pool } from 'pg';
import { merchantSettingsSchema } from '../billing/merchant-settings.ts';
import { databaseOver } from '../db/database.ts';
import { createMerchant } from '../db/queries/merchants.ts';
import { insertOrders } from './month-orders.ts';
import {
  type Cycle,
  type Fill,
  filledAt,
  filledMonth,
  type MonthToFill,
  numberBy,
  yenOf,
} from './month-to-fill.ts';

/** Months with as many charges as asked for: one in its last days, in all their states, or one that is over. */

export interface Filled {
  readonly slug: string;
  readonly merchantId: number;
}

/** In how many files the month went out, and as many captures. */
const files = 20;

/**
 * Orders (a twentieth of them excluded, a thousandth unreadable), their charges, files, results,
 * declined charges at the NG desk, and what waits at the reconciliation desk. What rules of the record
 * are in force is the caller's (bare-tables.ts).
 *
 * @param owner a pool of the database's owner
 */
export async function fillMonth(owner: Pool, charges: number): Promise<Filled & { fill: Fill }> {
  const slug = 'bench-lists';
  const { id: merchantId } = await createMerchant(databaseOver(owner), {
    slug,
    name: '一覧の計測',
    kind: 'sandbox',
    settings: merchantSettingsSchema.parse({ paygent: { merchantId: '10001' } }),
    actor: 'bench',
    now: filledAt,
  });
  const fill = fillOf(owner, merchantId);
  await insertStoredFiles(fill);
  await fillCycle(owner, merchantId, { month: filledMonth, charges, prefix: 'B', over: false });
  return { slug, merchantId, fill };
}

export function fillOf(owner: Pool, merchantId: number): Fill {
  return async (text, ...values) => {
    // Said here, so that no statement has to: alone in a select it would be text.
    const typed = text.replaceAll('$1', '$1::bigint');
    await owner.query(typed, typed === text ? [] : [merchantId, ...values]);
  };
}

/** One month of a merchant that has its stored files. */
export async function fillCycle(owner: Pool, merchantId: number, of: MonthToFill): Promise<void> {
  const { rows } = await owner.query<{ id: number }>(
    `insert into cycles (merchant_id, billing_month, stage, started_at, started_by)
     values ($1, $2, 'working_ng', $3, 'bench') returning id`,
    [merchantId, of.month, filledAt],
  );
  const cycle = { ...of, fill: fillOf(owner, merchantId), cycleId: rows[0]?.id ?? 0 };
  await insertOrders(cycle);
  await insertCharges(cycle);
  await insertAuthorizations(cycle);
  await insertCaptures(cycle);
  if (of.over) await closeCycle(cycle);
  else await insertNgCases(cycle);
  await cycle.fill('drop table bench_charges');
}

/** The bytes that exchanges name: `file-1` and so on. */
export async function insertStoredFiles(fill: Fill): Promise<void> {
  await fill(
    `insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
     select $1, lpad(to_hex(n), 64, '0'), 'file-' || n, 'auth-file', 'outbound', 0, 0, $2, 'bench'
       from generate_series(1, 100) n`,
    filledAt,
  );
}

async function insertCharges({ fill, cycleId, charges, prefix, over }: Cycle): Promise<void> {
  await fill(
    `insert into charges (merchant_id, cycle_id, order_number, customer_number, previous_order_number,
                          position, created_at, collection_id, record)
     select $1, k.cycle_id, ${numberBy(prefix)}, 'c' || i, 'A' || lpad(i::text, 8, '0'), i, $3, k.id, i
       from order_collections k, generate_series(1, $2::int) i where k.cycle_id = ${cycleId}`,
    ...[charges, filledAt],
  );
  await fill(
    `insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
     select id, id, $1, ${yenOf.replaceAll('i ', 'position ')} from charges where cycle_id = ${cycleId}`,
  );
  await fill(
    `with u as (
       insert into runs (merchant_id, cycle_id, n, scope, opened_at)
       values ($1, ${cycleId}, 1, 'all', $2) returning id)
     insert into run_plans (run_id, merchant_id, selection_id, charges, planned_at)
     select u.id, $1, (select max(id) from selections where cycle_id = ${cycleId}), $3::int, $2
       from u`,
    ...[filledAt, charges],
  );
  // By the charge's number: 3 of 100 are declined, 2 authorized, 1 is in a file without answer, 1 of 1000
  // in doubt, 1 of 100 not in any file, all others are captured.
  const state = over
    ? "'captured'"
    : `case when position % 100 < 3 then 'declined' when position % 100 < 5 then 'authorized'
            when position % 100 = 5 then 'sent' when position % 1000 = 6 then 'quarantined'
            when position % 100 = 7 then 'planned' else 'captured' end`;
  await fill(`create table bench_charges as
    select c.id, c.position as i, c.order_number, ${yenOf.replaceAll('i ', 'c.position ')} as yen,
           s.state, case when s.state = 'sent' then ${files} + 1 when s.state = 'quarantined' then ${files} + 2
                         else c.position % ${files} + 1 end as file
      from charges c, lateral (select ${state} as state) s where c.cycle_id = ${cycleId} order by c.id`);
  await fill('alter table bench_charges add primary key (id)');
  await fill('analyze bench_charges, charges, charge_items, orders, selection_rows');
}

/** The files of one kind, with a line for each charge, and answers to all but the unanswered. */
async function insertFiles(cycle: Cycle, kind: 'auth' | 'capture', of: string): Promise<void> {
  const { fill, cycleId, month } = cycle;
  const fileOfNumber = kind === 'auth' ? 0 : 40;
  await fill(
    `insert into exchanges (merchant_id, cycle_id, billing_month, kind, number, transport, stage, file_id,
                            records, amount_yen, acceptance_number, accepted_at, finished_at, created_at)
     select $1, c.id, c.billing_month, $2, b.file, 'portal',
            case when b.file > ${files} then 'awaiting_result' else 'reconciled' end,
            f.id, b.records, b.yen, '${month}-' || $2 || '-' || b.file, $3, $3, $3
       from (select file, count(*) as records, sum(yen) as yen from bench_charges where ${of}
              group by file) b
       join cycles c on c.id = ${cycleId}
       join files f on f.merchant_id = $1 and f.name = 'file-' || (b.file + ${fileOfNumber})`,
    ...[kind, filledAt],
  );
}

const authorizedOnce = "state <> 'planned'";

async function insertAuthorizations(cycle: Cycle): Promise<void> {
  const { fill, cycleId } = cycle;
  await insertFiles(cycle, 'auth', authorizedOnce);
  await fill(
    `insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
     select b.id, 1, $1, 'authorization', x.id, b.yen, $2
       from bench_charges b join exchanges x on x.cycle_id = ${cycleId} and x.kind = 'auth' and x.number = b.file
      where ${authorizedOnce} order by b.id`,
    filledAt,
  );
  await insertLines(cycle, { kind: 'auth', of: authorizedOnce, k: 'null' });
  await fill(
    `insert into outcomes (charge_id, n, merchant_id, outcome, response_code, response_detail, payment_id,
                           processed_at, capture_before, exchange_id, recorded_at)
     select b.id, 1, $1, case when state = 'declined' then 'declined' else 'ok' end,
            case when state = 'declined' then '1' end,
            case when state = 'declined' then case when i % 2 = 0 then '1G55' else '1G83' end end,
            case when state <> 'declined' then 'p' || b.id end, $2::timestamptz,
            case when state <> 'declined' then $2::timestamptz + interval '60 days' end, x.id, $2
       from bench_charges b join exchanges x on x.cycle_id = ${cycleId} and x.kind = 'auth' and x.number = b.file
      where state in ('declined', 'authorized', 'captured') order by b.id`,
    filledAt,
  );
}

async function insertCaptures(cycle: Cycle): Promise<void> {
  const { fill, cycleId } = cycle;
  const captured = "state = 'captured'";
  await insertFiles(cycle, 'capture', captured);
  await fill(
    `insert into endings (charge_id, n, k, merchant_id, kind, amount_yen, exchange_id, claimed_at)
     select b.id, 1, 1, $1, 'capture', b.yen, x.id, $2
       from bench_charges b join exchanges x on x.cycle_id = ${cycleId} and x.kind = 'capture' and x.number = b.file
      where ${captured} order by b.id`,
    filledAt,
  );
  await insertLines(cycle, { kind: 'capture', of: captured, k: '1' });
  await fill(
    `insert into ending_results (charge_id, n, k, merchant_id, result, processed_at, exchange_id, recorded_at)
     select b.id, 1, 1, $1, 'captured', $2::timestamptz, x.id, $2
       from bench_charges b join exchanges x on x.cycle_id = ${cycleId} and x.kind = 'capture' and x.number = b.file
      where ${captured} order by b.id`,
    filledAt,
  );
}

async function insertLines(
  { fill, cycleId }: Cycle,
  lines: { readonly kind: 'auth' | 'capture'; readonly of: string; readonly k: string },
): Promise<void> {
  const { kind, of, k } = lines;
  await fill(
    `insert into file_lines (exchange_id, line_number, merchant_id, charge_id, n, k, order_number, yen)
     select x.id, 1 + row_number() over (partition by x.id order by b.id), $1, b.id, 1, ${k}::int,
            b.order_number, b.yen
       from bench_charges b join exchanges x on x.cycle_id = ${cycleId} and x.kind = $2 and x.number = b.file
      where ${of}`,
    kind,
  );
  await fill(
    `insert into result_files (exchange_id, round, merchant_id, file_id, findings, ingested_at)
     select x.id, 1, $1::bigint, x.file_id, '[]', $3 from exchanges x
      where x.cycle_id = ${cycleId} and x.kind = $2 and x.number <> ${files} + 1`,
    ...[kind, filledAt],
  );
  await fill(
    `insert into result_lines (exchange_id, round, line_number, merchant_id, verdict, result_line,
                               response_code, response_detail, processed_at, reasons)
     select l.exchange_id, 1, l.line_number, $1,
            case b.state when 'quarantined' then 'quarantined' when 'declined' then 'ng' else 'ok' end,
            l.line_number, case when b.state = 'declined' then '1' end,
            case when b.state = 'declined' then '1G55' end, $3::timestamptz,
            case when b.state = 'quarantined'
                 then '[{"code": "amountYen_differs", "field": "amountYen", "nameJa": "請求金額", "sent": "2",
                      "returned": "1", "ja": "請求金額が違います", "en": "the amount differs"}]' else '[]' end::jsonb
       from file_lines l join exchanges x on x.id = l.exchange_id
       join bench_charges b on b.id = l.charge_id
      where x.cycle_id = ${cycleId} and x.kind = $2 and b.state <> 'sent'`,
    ...[kind, filledAt],
  );
}

/** Closing it writes down which charges are not to change (a rule of one row). */
async function closeCycle({ fill, cycleId }: Cycle): Promise<void> {
  await fill(
    `update cycles set stage = 'closed', closed_at = $2 where merchant_id = $1 and id = ${cycleId}`,
    filledAt,
  );
}

async function insertNgCases({ fill, cycleId }: Cycle): Promise<void> {
  await fill(
    `insert into ng_cases (merchant_id, cycle_id, charge_id, opened_n, n, amount_yen, class, code,
                           next_step, due_at, why, opened_at)
     select $1, c.id, b.id, 1, 1, b.yen,
            case when i % 2 = 0 then 'limit_exceeded' else 'card_expired' end,
            case when i % 2 = 0 then '1G55' else '1G83' end,
            case i % 3 when 0 then 'retry' when 1 then 'contact' else 'decide' end,
            $2::timestamptz + (i % 14) * interval '1 day', 'bench', $2
       from bench_charges b, cycles c
      where c.id = ${cycleId} and b.state = 'declined' order by b.id`,
    filledAt,
  );
  await fill(
    `insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
     select id, $1, 'opened', 1, 'plan', 'bench', $2 from ng_cases where cycle_id = ${cycleId} order by id`,
    filledAt,
  );
}
