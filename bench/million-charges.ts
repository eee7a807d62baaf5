import type { Pool } from 'pg';
import { merchantSettingsSchema } from '../billing/merchant-settings.ts';
import { databaseOver } from '../db/database.ts';
import { createMerchant } from '../db/queries/merchants.ts';

/** A month in its last days, with as many charges as asked for, in all their states. */

/** The month that is looked at. */
export const filledMonth = '2026-11';
/** When everything of the month was written. */
export const filledAt = '2026-11-24T00:00:00.000Z';

export interface Filled {
  readonly slug: string;
  readonly merchantId: number;
}

/** Statements that fill one merchant; `$1` is the merchant, further parameters follow. */
export type Fill = (text: string, ...values: readonly (string | number)[]) => Promise<void>;

/** In how many files the month went out, and as many captures. */
const files = 20;

/**
 * Orders (a twentieth of them excluded, a thousandth unreadable), their charges, files, results,
 * declined charges at the NG desk, and what waits at the reconciliation desk. Every rule of the record
 * is in force while it is filled.
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
  const fill: Fill = async (text, ...values) => {
    await owner.query(text, text.includes('$1') ? [merchantId, ...values] : []);
  };
  await fill(
    `insert into cycles (merchant_id, billing_month, stage, started_at, started_by)
     values ($1, $2, 'working_ng', $3, 'bench')`,
    filledMonth,
    filledAt,
  );
  await insertStoredFiles(fill);
  await insertOrders(fill, charges);
  await insertCharges(fill, charges);
  await insertAuthorizations(fill);
  await insertCaptures(fill);
  await insertNgCases(fill);
  return { slug, merchantId, fill };
}

/** Which file each charge is in: of the last two, one has no answer and one has doubtful lines. */
async function insertStoredFiles(fill: Fill): Promise<void> {
  await fill(
    `insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
     select $1, lpad(to_hex(n), 64, '0'), 'file-' || n, 'auth-file', 'outbound', 0, 0, $2, 'bench'
       from generate_series(1, 100) n`,
    filledAt,
  );
}

/** What an order and its charge are, by the order's number `i`. */
const orderNumber = "'B' || lpad(i::text, 8, '0')";
const yenOf = '1000 + i % 4000';

async function insertOrders(fill: Fill, charges: number): Promise<void> {
  const excluded = Math.ceil(charges / 20);
  const broken = Math.ceil(charges / 1000);
  const rows = charges + excluded;
  await fill(
    `insert into order_collections (merchant_id, cycle_id, n, file_id, settings_version, encoding, records,
                                    quarantined, collected_at, complete, added, changed, unchanged, gone)
     select $1, c.id, 1, f.id, 1, 'cp932', $2::int + $3::int, $3, $4, true, $2::int + $3::int, 0, 0, 0
       from cycles c, files f where c.merchant_id = $1 and f.merchant_id = $1 and f.name = 'file-100'`,
    ...[rows, broken, filledAt],
  );
  await fill(
    `insert into orders (collection_id, record, line, merchant_id, order_number, customer_number,
                         ordered_at, payment_method, cycle_count, previous_order_number, amount_yen,
                         shipment, status, customer_name, email, phone, cycle_id)
     select k.id, i, i + 1, $1, ${orderNumber}, 'c' || i, timestamptz '2026-11-01' + i * interval '1 second',
            'クレジットカード決済', 2 + i % 10, 'A' || lpad(i::text, 8, '0'), ${yenOf}, 'unshipped',
            case when i > $2 then 'キャンセル' else '新規受付' end, '見本 ' || i,
            'c' || i || '@shop.example', '03' || lpad(i::text, 8, '0'), k.cycle_id
       from order_collections k, generate_series(1, $3::int) i where k.merchant_id = $1`,
    ...[charges, rows],
  );
  await fill(
    `insert into quarantined_orders (collection_id, record, line, merchant_id, order_number, column_name,
                                     value, reason_code, reason_ja, reason_en, cycle_id, version)
     select k.id, $2::int + i, $2::int + i + 1, $1, 'Q' || i, '請求金額', '12.5', 'amount', '数字ではありません',
            'is not a number', k.cycle_id, 1
       from order_collections k, generate_series(1, $3::int) i where k.merchant_id = $1`,
    ...[rows, broken],
  );
  await fill(
    `insert into selections (merchant_id, cycle_id, n, collection_id, selected_at)
     select $1, cycle_id, 1, id, $2 from order_collections where merchant_id = $1`,
    filledAt,
  );
  await fill(
    `insert into selection_rows (selection_id, record, merchant_id, order_number, amount_yen, verdict,
                                 reason, cycle_id, collection_id, version)
     select s.id, o.record, $1, o.order_number, o.amount_yen,
            case when o.record > $2 then 'excluded' else 'selected' end,
            case when o.record > $2 then 'status_excluded' end, s.cycle_id, s.collection_id, 1
       from selections s join orders o on o.collection_id = s.collection_id where s.merchant_id = $1
     union all
     select s.id, q.record, $1, q.order_number, null, 'quarantined', 'amount', s.cycle_id, s.collection_id, 1
       from selections s join quarantined_orders q on q.collection_id = s.collection_id
      where s.merchant_id = $1`,
    charges,
  );
}

async function insertCharges(fill: Fill, charges: number): Promise<void> {
  await fill(
    `insert into charges (merchant_id, cycle_id, order_number, customer_number, previous_order_number,
                          position, created_at, collection_id, record)
     select $1, k.cycle_id, ${orderNumber}, 'c' || i, 'A' || lpad(i::text, 8, '0'), i, $3, k.id, i
       from order_collections k, generate_series(1, $2::int) i where k.merchant_id = $1`,
    ...[charges, filledAt],
  );
  await fill(
    `insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
     select id, id, $1, ${yenOf.replaceAll('i ', 'position ')} from charges where merchant_id = $1`,
  );
  // By the charge's number: 3 of 100 are declined, 2 authorized, 1 is in a file without answer, 1 of 1000
  // in doubt, 1 of 100 not in any file, all others are captured.
  await fill(`create table bench_charges as
    select c.id, c.position as i, c.order_number, ${yenOf.replaceAll('i ', 'c.position ')} as yen,
           case when position % 100 < 3 then 'declined' when position % 100 < 5 then 'authorized'
                when position % 100 = 5 then 'sent' when position % 1000 = 6 then 'quarantined'
                when position % 100 = 7 then 'planned' else 'captured' end as state,
           case when position % 100 = 5 then ${files} + 1 when position % 1000 = 6 then ${files} + 2
                else position % ${files} + 1 end as file
      from charges c order by c.id`);
  await fill('alter table bench_charges add primary key (id)');
  await fill('analyze bench_charges, charges, charge_items, orders, selection_rows');
}

/** The files of one kind, with a line for each charge, and answers to all but the unanswered. */
async function insertFiles(fill: Fill, kind: 'auth' | 'capture', of: string): Promise<void> {
  const fileOfNumber = kind === 'auth' ? 0 : 40;
  await fill(
    `insert into exchanges (merchant_id, cycle_id, billing_month, kind, number, transport, stage, file_id,
                            records, amount_yen, acceptance_number, accepted_at, finished_at, created_at)
     select $1, c.id, c.billing_month, $2, b.file, 'portal',
            case when b.file > ${files} then 'awaiting_result' else 'reconciled' end,
            f.id, b.records, b.yen, $2 || '-' || b.file, $3, $3, $3
       from (select file, count(*) as records, sum(yen) as yen from bench_charges where ${of}
              group by file) b
       join cycles c on c.merchant_id = $1
       join files f on f.merchant_id = $1 and f.name = 'file-' || (b.file + ${fileOfNumber})`,
    ...[kind, filledAt],
  );
}

const authorizedOnce = "state <> 'planned'";

async function insertAuthorizations(fill: Fill): Promise<void> {
  await insertFiles(fill, 'auth', authorizedOnce);
  await fill(
    `insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
     select b.id, 1, $1, 'authorization', x.id, b.yen, $2
       from bench_charges b join exchanges x on x.merchant_id = $1 and x.kind = 'auth' and x.number = b.file
      where ${authorizedOnce} order by b.id`,
    filledAt,
  );
  await insertLines(fill, { kind: 'auth', of: authorizedOnce, k: 'null' });
  await fill(
    `insert into outcomes (charge_id, n, merchant_id, outcome, response_code, response_detail, payment_id,
                           processed_at, capture_before, exchange_id, recorded_at)
     select b.id, 1, $1, case when state = 'declined' then 'declined' else 'ok' end,
            case when state = 'declined' then '1' end,
            case when state = 'declined' then case when i % 2 = 0 then '1G55' else '1G83' end end,
            case when state <> 'declined' then 'p' || b.id end, $2::timestamptz,
            case when state <> 'declined' then $2::timestamptz + interval '60 days' end, x.id, $2
       from bench_charges b join exchanges x on x.merchant_id = $1 and x.kind = 'auth' and x.number = b.file
      where state in ('declined', 'authorized', 'captured') order by b.id`,
    filledAt,
  );
}

async function insertCaptures(fill: Fill): Promise<void> {
  const captured = "state = 'captured'";
  await insertFiles(fill, 'capture', captured);
  await fill(
    `insert into endings (charge_id, n, k, merchant_id, kind, amount_yen, exchange_id, claimed_at)
     select b.id, 1, 1, $1, 'capture', b.yen, x.id, $2
       from bench_charges b join exchanges x on x.merchant_id = $1 and x.kind = 'capture' and x.number = b.file
      where ${captured} order by b.id`,
    filledAt,
  );
  await insertLines(fill, { kind: 'capture', of: captured, k: '1' });
  await fill(
    `insert into ending_results (charge_id, n, k, merchant_id, result, processed_at, exchange_id, recorded_at)
     select charge_id, n, k, merchant_id, 'captured', $2::timestamptz, exchange_id, $2
       from endings where merchant_id = $1 order by charge_id`,
    filledAt,
  );
}

async function insertLines(
  fill: Fill,
  lines: { readonly kind: 'auth' | 'capture'; readonly of: string; readonly k: string },
): Promise<void> {
  const { kind, of, k } = lines;
  await fill(
    `insert into file_lines (exchange_id, line_number, merchant_id, charge_id, n, k, order_number, yen)
     select x.id, 1 + row_number() over (partition by x.id order by b.id), $1, b.id, 1, ${k}::int,
            b.order_number, b.yen
       from bench_charges b join exchanges x on x.merchant_id = $1 and x.kind = $2 and x.number = b.file
      where ${of}`,
    kind,
  );
  await fill(
    `insert into result_files (exchange_id, round, merchant_id, file_id, findings, ingested_at)
     select x.id, 1, $1, x.file_id, '[]', $3 from exchanges x
      where x.merchant_id = $1 and x.kind = $2 and x.number <> ${files} + 1`,
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
      where l.merchant_id = $1 and x.kind = $2 and b.state <> 'sent'`,
    ...[kind, filledAt],
  );
}

async function insertNgCases(fill: Fill): Promise<void> {
  await fill(
    `insert into ng_cases (merchant_id, cycle_id, charge_id, opened_n, n, amount_yen, class, code,
                           next_step, due_at, why, opened_at)
     select $1, c.id, b.id, 1, 1, b.yen,
            case when i % 2 = 0 then 'limit_exceeded' else 'card_expired' end,
            case when i % 2 = 0 then '1G55' else '1G83' end,
            case i % 3 when 0 then 'retry' when 1 then 'contact' else 'decide' end,
            $2::timestamptz + (i % 14) * interval '1 day', 'bench', $2
       from bench_charges b, cycles c
      where c.merchant_id = $1 and b.state = 'declined' order by b.id`,
    filledAt,
  );
  await fill(
    `insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
     select id, $1, 'opened', 1, 'plan', 'bench', $2 from ng_cases where merchant_id = $1 order by id`,
    filledAt,
  );
  await fill('drop table bench_charges');
}
