import { type Fill, filledAt, filledMonth } from './month-to-fill.ts';

/** What stands beside a filled month: a customer with a card and a subscription for each charge, and so on. */

export async function fillCustomers(fill: Fill, customers: number): Promise<void> {
  await fill(
    `insert into customers (merchant_id, customer_id, customer_number, name, kana, prefecture, phone, email,
                            import_id, created_at, updated_at)
     select $1, i, 'c' || i, '見本 ' || i, 'ミホン ' || i, '宮崎県', '03' || lpad(i::text, 8, '0'),
            'c' || i || '@shop.example', 1, $3, $3 from generate_series(1, $2::int) i`,
    ...[customers, filledAt],
  );
  await fill(
    `insert into cards (merchant_id, customer_id, service, identity, last_digits, brand, sequence, expiry,
                        import_id, created_at, updated_at)
     select $1, i, 'GMO', 'US-' || lpad(i::text, 8, '0') || '/0', '234', 'VISA', '0',
            case when i % 20 = 0 then '2026-' || lpad((1 + i % 12)::text, 2, '0')
                 else '20' || 27 + i % 3 || '-' || lpad((1 + i % 12)::text, 2, '0') end, 1, $3, $3
       from generate_series(1, $2::int) i`,
    ...[customers, filledAt],
  );
  await fill(
    `insert into subscriptions (merchant_id, subscription_number, customer_id, amount_yen, status, next_month,
                                created_at, updated_at)
     select $1, 'T' || lpad(i::text, 8, '0'), i, 3980, 'active', '2026-12', $3, $3
       from generate_series(1, $2::int) i`,
    ...[customers, filledAt],
  );
  await fillRefresh(fill);
  await fill(
    'analyze customers, cards, subscriptions, refresh_targets, refresh_results, card_locks',
  );
}

/** A refresh that asked for a fifth of the cards, and refused one of 200 of all. */
async function fillRefresh(fill: Fill): Promise<void> {
  await fill(
    `insert into card_refreshes (merchant_id, month, stage, started_at, started_by, request_at, targets,
                                 request_file_id, sent_at, closed_at)
     select $1, $2, 'done', $3, 'bench', $3, (select count(*) from cards where customer_id % 5 = 0), f.id, $3, $3
       from files f where f.merchant_id = $1 and f.name = 'file-99'`,
    ...[filledMonth, filledAt],
  );
  await fill(
    `insert into refresh_targets (refresh_id, line, merchant_id, card_id, customer_id, member_id,
                                  card_sequence, last_digits, expiry, why)
     select r.id, row_number() over (order by k.id), $1, k.id, k.customer_id, k.identity, '0',
            k.last_digits, k.expiry, 'first_refresh'
       from card_refreshes r join cards k on k.merchant_id = $1 and k.customer_id % 5 = 0
      where r.merchant_id = $1`,
  );
  await fill(
    `insert into refresh_results (refresh_id, line, n, merchant_id, card_id, result_line, verdict, outcome,
                                  last_digits_before, expiry_before, last_digits_after, expiry_after)
     select refresh_id, line, 1, $1, card_id, line, case when line % 40 = 0 then 1 else 0 end,
            case when line % 40 = 0 then 'refused' else 'valid' end, last_digits, expiry,
            '1' || last_digits, expiry
       from refresh_targets where merchant_id = $1`,
  );
  await fill(
    `insert into refresh_result_files (refresh_id, n, merchant_id, file_id, layout_key, read_at, lines, merged,
                                       news, quarantined, missing, counts)
     select id, 1, $1, request_file_id, 'bench', $2, targets, targets, targets, 0, 0, jsonb_build_object(
              'targets', targets, 'lines', targets, 'merged', targets, 'news', targets, 'quarantined', 0,
              'missing', 0, 'renewed', 0, 'valid', targets - targets / 40, 'noNewerData', 0, 'cardChanged', 0,
              'cardGone', 0, 'invalid', targets / 40, 'mismatched', 0, 'inputErrors', 0)
       from card_refreshes where merchant_id = $1`,
    filledAt,
  );
  await fill(
    `insert into card_locks (merchant_id, number, card_id, n, customer_id, customer_number, service, last_digits,
                             expiry, refresh_id, line, result_n, result_line, verdict, locked_at)
     select $1, row_number() over (order by p.line), p.card_id, 1, k.customer_id, 'c' || k.customer_id, 'GMO',
            k.last_digits, k.expiry, p.refresh_id, p.line, 1, p.line, 1, $2
       from refresh_results p join cards k on k.id = p.card_id
      where p.merchant_id = $1 and p.outcome = 'refused'`,
    filledAt,
  );
}

/** Histories: imports with their failures, notices, mails, the audit, holds. */
export async function fillHistories(fill: Fill, rows: number): Promise<void> {
  await fill(
    `insert into imports (merchant_id, number, kind, file_id, file_name, request_key, stage, rows, imported,
                          failed, registered_at, registered_by, finished_at)
     select $1, i, 'customers', f.id, 'customers-' || i % 50 || '.csv', 'r' || i, 'done', $2, 0, $2,
            $3::timestamptz - i * interval '1 hour', 'bench', $3
       from files f, generate_series(1, 5000) i where f.merchant_id = $1 and f.name = 'file-98'`,
    ...[rows, filledAt],
  );
  await fill(
    `insert into import_failures (import_id, record, line, merchant_id, columns, errors)
     select m.id, i, i + 1, $1, '{氏名}', '{【氏名】は必須項目です。}'
       from imports m, generate_series(1, $2::int) i where m.merchant_id = $1 and m.number = 1`,
    rows,
  );
  await fill(
    `insert into notices (merchant_id, key, kind, subject, text, link, posted_at)
     select $1, 'n' || i, 'exchange', '結果ファイルを取り込んでください', '見本', null, $3
       from generate_series(1, $2::int) i`,
    ...[Math.ceil(rows / 10), filledAt],
  );
  await fill(
    `with d as (
       insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, decided_at)
       values ($1, 'bench', 'bench', 'hold-orders', '{}', 'bench', $2) returning id)
     insert into order_holds (merchant_id, order_number, n, cycle_id, decision_id, held_at)
     select $1, c.order_number, 1, c.cycle_id, d.id, $2
       from charges c, d where c.merchant_id = $1 and c.position % 1000 = 103`,
    filledAt,
  );
  await fillAudit(fill, rows);
  await fillSendErrors(fill, rows);
  await fill('analyze');
}

/** The merchant's first entry again and again, each chained to the one before. */
async function fillAudit(fill: Fill, rows: number): Promise<void> {
  await fill(
    `insert into audit_entries (chain_id, n, entry, previous_hash, hash, recorded_at)
     with recursive chain as (
       (select chain_id, n, entry, previous_hash, hash, recorded_at
          from audit_entries where chain_id = $1 order by n desc limit 1)
       union all
       select chain_id, n + 1, entry, hash, sha256(hash || convert_to(entry, 'UTF8')), recorded_at
         from chain where n <= $2)
     select * from chain c where not exists (
       select from audit_entries a where a.chain_id = c.chain_id and a.n = c.n)`,
    rows,
  );
}

/** Carrier results that could not be delivered. */
async function fillSendErrors(fill: Fill, rows: number): Promise<void> {
  await fill(
    `insert into delivery_endpoints (merchant_id, slug, url, secret_name, encoding, back_off_seconds, timeout_ms,
                                     concurrency, circuit_failures, circuit_pause_seconds, created_at)
     values ($1, 'bench', 'https://shop.example/', 'shop', 'as_received', '{10}', 1000, 1, 5, 60, $2)`,
    filledAt,
  );
  await fill(
    `insert into carrier_calls (merchant_id, public_id, received_at, method, source_address, query, body,
                                card_number_found)
     select $1, gen_random_uuid(), $3::timestamptz - i * interval '10 seconds', 'GET', '192.0.2.1', '', '', false
       from generate_series(1, $2::int) i`,
    ...[rows, filledAt],
  );
  await fill(
    `insert into carrier_results (merchant_id, public_id, ip_code, order_number, version, parameters_sha256,
                                  call_id, encoding, parameters, result, amount_yen, phone, email, received_at)
     select $1, gen_random_uuid(), 'ip' || id % 3, 'O' || id, 1, lpad(to_hex(id), 64, '0'), id, 'cp932', '[]', 'OK',
            500, '03' || lpad(id::text, 8, '0'), 'o' || id || '@shop.example', received_at
       from carrier_calls where merchant_id = $1`,
  );
  await fill(
    `insert into deliveries (merchant_id, endpoint_id, result_id, ordering_key, state, attempt, tries_left, due_at,
                             created_at)
     select $1, p.id, r.id, r.ip_code || r.order_number, 'failed', 1, 0, r.received_at, r.received_at
       from delivery_endpoints p, carrier_results r where p.merchant_id = $1 and r.merchant_id = $1 order by r.id`,
  );
  await fill(
    `insert into delivery_attempts (delivery_id, attempt, merchant_id, outcome, status, duration_ms, ended_at)
     select id, 1, $1, 'refused', 500, 5, due_at from deliveries where merchant_id = $1`,
  );
  await fill(
    `insert into send_errors (merchant_id, delivery_id, attempt, failed_at)
     select $1, id, 1, due_at from deliveries where merchant_id = $1 order by id`,
  );
}
