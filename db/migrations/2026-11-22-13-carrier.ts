import { type Kysely, sql } from 'kysely';

/**
 * Carrier-payment results: what ZEUS called, what it meant, and its way to the merchant's own systems.
 * The deliveries of migration 02 were never used; they get another shape here.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- The call as it came. Written and committed before anything is read from it; the bytes are null
    -- only where a card number was in them.
    create table carrier_calls (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      public_id uuid not null unique,
      received_at timestamptz not null,
      method text not null check (method in ('GET', 'POST')),
      content_type text,
      source_address text not null,
      query bytea,
      body bytea,
      card_number_found boolean not null,
      constraint card_numbers_are_not_kept
        check (card_number_found = (query is null) and card_number_found = (body is null))
    );
    create index carrier_calls_by_time on carrier_calls (merchant_id, received_at, id);

    -- What a call meant. The same parameters of a payment again are the same result: the unique key on
    -- their hash is what keeps anything from being issued twice.
    create table carrier_results (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      public_id uuid not null unique,
      ip_code text not null,
      order_number text not null,
      version int not null check (version >= 1),
      parameters_sha256 text not null check (parameters_sha256 ~ '^[0-9a-f]{64}$'),
      call_id bigint not null unique references carrier_calls,
      encoding text not null check (encoding in ('cp932', 'utf-8')),
      parameters jsonb not null,
      result text not null,
      carrier text,
      amount_yen bigint,
      phone text,
      email text,
      send_id text,
      send_point text,
      received_at timestamptz not null,
      unique (merchant_id, ip_code, order_number, version),
      unique (merchant_id, ip_code, order_number, parameters_sha256)
    );
    create index carrier_results_by_time on carrier_results (merchant_id, received_at, id);
    create index carrier_results_by_order on carrier_results (merchant_id, order_number);
    create index carrier_results_by_phone on carrier_results (merchant_id, phone);
    create index carrier_results_by_email on carrier_results (merchant_id, lower(email));
    create index carrier_results_by_send_id on carrier_results (merchant_id, send_id);

    -- One verdict a call: a call without one was cut off between its two commits and is taken up again.
    create table carrier_verdicts (
      call_id bigint primary key references carrier_calls,
      merchant_id bigint not null references merchants,
      verdict text not null check (verdict in ('new', 'duplicate', 'unusable', 'card_number')),
      result_id bigint references carrier_results,
      findings jsonb not null,
      judged_at timestamptz not null,
      check ((result_id is not null) = (verdict in ('new', 'duplicate')))
    );
    create index carrier_verdicts_unusable on carrier_verdicts (merchant_id, call_id)
      where verdict in ('unusable', 'card_number');

    -- The merchant's systems. The slug names the endpoint's workflow, so no two merchants share one.
    create table delivery_endpoints (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      slug text not null unique check (slug ~ '^[a-z0-9-]{3,64}$'),
      url text not null,
      secret_name text not null,
      encoding text not null check (encoding in ('as_received', 'cp932', 'utf-8')),
      back_off_seconds int[] not null,
      timeout_ms int not null check (timeout_ms > 0),
      concurrency int not null check (concurrency > 0),
      circuit_failures int not null check (circuit_failures > 0),
      circuit_pause_seconds int not null check (circuit_pause_seconds > 0),
      state text not null default 'active' check (state in ('active', 'paused', 'retired')),
      version int not null default 1,
      failures_in_a_row int not null default 0,
      circuit_open_until timestamptz,
      created_at timestamptz not null
    );
    create index delivery_endpoints_of_merchant on delivery_endpoints (merchant_id, id);

    drop table deliveries;

    -- A queue: worked with FOR UPDATE SKIP LOCKED by due time, so its rows do change. attempt counts
    -- all of them, claimed before the first byte leaves; tries_left counts down in one round and is
    -- filled again by a re-send. Things of one ordering_key leave in the order of their ids.
    create table deliveries (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      public_id uuid not null unique default gen_random_uuid(),
      endpoint_id bigint not null references delivery_endpoints,
      result_id bigint not null references carrier_results,
      ordering_key text not null,
      state text not null default 'due' check (state in ('due', 'delivered', 'failed', 'settled')),
      attempt int not null default 0 check (attempt >= 0),
      tries_left int not null check (tries_left >= 0),
      due_at timestamptz not null,
      act_id bigint,
      created_at timestamptz not null,
      unique (endpoint_id, result_id)
    );
    create index deliveries_due on deliveries (endpoint_id, due_at, id) where state = 'due';
    create index deliveries_in_order on deliveries (endpoint_id, ordering_key, id) where state = 'due';
    create index deliveries_failed on deliveries (endpoint_id, id) where state = 'failed';
    create index deliveries_of_result on deliveries (merchant_id, result_id);

    -- How an attempt ended. A claimed attempt without a row here was cut off: it may have arrived.
    create table delivery_attempts (
      delivery_id bigint not null references deliveries,
      attempt int not null check (attempt >= 1),
      merchant_id bigint not null references merchants,
      outcome text not null check (outcome in
        ('delivered', 'refused', 'timed_out', 'not_connected', 'cut_off', 'not_sent')),
      status int,
      answer_start text,
      duration_ms int not null,
      act_id bigint,
      ended_at timestamptz not null,
      primary key (delivery_id, attempt)
    );

    -- CGISendErr: the schedule is used up. One act answers one error: 再送信 or 処理済.
    create table send_errors (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      public_id uuid not null unique default gen_random_uuid(),
      delivery_id bigint not null references deliveries,
      attempt int not null,
      failed_at timestamptz not null,
      unique (delivery_id, attempt)
    );
    create index send_errors_by_time on send_errors (merchant_id, failed_at, id);

    create table send_error_acts (
      id bigint generated always as identity primary key,
      send_error_id bigint not null unique references send_errors,
      merchant_id bigint not null references merchants,
      act text not null check (act in ('resend', 'settle')),
      parameters jsonb,
      decision_id bigint not null references decisions,
      acted_at timestamptz not null,
      check (parameters is null or act = 'resend')
    );

    -- Up to which error of an endpoint operators have had their mail: one for many, never one for each.
    create table send_error_digests (
      endpoint_id bigint not null references delivery_endpoints,
      up_to_error_id bigint not null references send_errors,
      merchant_id bigint not null references merchants,
      posted_at timestamptz not null,
      primary key (endpoint_id, up_to_error_id)
    );

    create function lock_carrier_results(merchant_id bigint) returns void
      language plpgsql set search_path = public, pg_temp as $$
    begin
      perform pg_advisory_xact_lock(13, merchant_id::int);
    end $$;

    grant select, insert on carrier_calls, carrier_results, carrier_verdicts, delivery_endpoints,
      deliveries, delivery_attempts, send_errors, send_error_acts,
      send_error_digests to tsukigime_app;
    grant update (url, secret_name, encoding, back_off_seconds, timeout_ms, concurrency,
      circuit_failures, circuit_pause_seconds, state, version, failures_in_a_row, circuit_open_until)
      on delivery_endpoints to tsukigime_app;
    grant update (state, attempt, tries_left, due_at, act_id) on deliveries to tsukigime_app;
  `.execute(db);
}
