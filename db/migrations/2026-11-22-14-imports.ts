import { type Kysely, sql } from 'kysely';

/** Customers and their stored cards, the files they came from, and every row that did not come in. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- One upload of one file. The same bytes may be imported again, under another name too.
    create table imports (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      number int not null check (number >= 1),
      kind text not null check (kind in ('customers', 'cards')),
      file_id bigint not null references files,
      file_name text not null,
      -- Of the request that uploaded it: sent again, it is the same import.
      request_key text not null,
      stage text not null check (stage in ('uploaded', 'running', 'done', 'refused', 'cancelled')),
      settings_version int,
      encoding text,
      rows int not null default 0,
      imported int not null default 0,
      failed int not null default 0,
      warned int not null default 0,
      -- About the file as a whole.
      remarks text[] not null default '{}',
      -- The sentence with which the file was refused.
      trouble text,
      registered_at timestamptz not null,
      registered_by text not null,
      started_at timestamptz,
      finished_at timestamptz,
      unique (merchant_id, number),
      unique (merchant_id, request_key),
      constraint every_row_is_imported_or_failed check (stage <> 'done' or rows = imported + failed),
      constraint a_refused_file_imports_nothing check (stage <> 'refused' or imported = 0),
      check ((stage = 'refused') = (trouble is not null))
    );
    create index imports_newest on imports (merchant_id, registered_at desc, id desc);
    create index imports_by_name on imports (merchant_id, file_name);

    -- Where and why, never what: the cells stand in the stored file alone.
    create table import_failures (
      import_id bigint not null,
      record int not null check (record >= 1),
      line int not null,
      merchant_id bigint not null,
      columns text[] not null,
      errors text[] not null check (cardinality(errors) = cardinality(columns)),
      primary key (import_id, record)
    );
    create table import_warnings (
      import_id bigint not null,
      record int not null check (record >= 1),
      line int not null,
      merchant_id bigint not null,
      columns text[] not null,
      warnings text[] not null check (cardinality(warnings) = cardinality(columns)),
      primary key (import_id, record)
    );

    create table occupations (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      name text not null check (name <> ''),
      deleted_at timestamptz,
      unique (merchant_id, name)
    );
    create table customer_tags (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      name text not null check (name <> ''),
      deleted_at timestamptz,
      unique (merchant_id, name)
    );

    -- customer_id is the number in US-00010000; customer_number is the old cart's, 連携用ID. The
    -- personal columns are plain because people search by them, and null once they were blanked.
    create table customers (
      merchant_id bigint not null,
      customer_id int not null check (customer_id between 1 and 99999999),
      customer_number text not null check (customer_number <> ''),
      name text,
      kana text,
      postal_code text,
      prefecture text,
      city text,
      street text,
      building text,
      phone text,
      email text,
      gender text,
      birth_date text,
      occupation_id bigint,
      tag_ids bigint[] not null default '{}',
      newsletter boolean,
      customer_type smallint check (customer_type in (1, 2, 3)),
      import_id bigint not null,
      created_at timestamptz not null,
      updated_at timestamptz not null,
      deleted_at timestamptz,
      blanked_at timestamptz,
      primary key (merchant_id, customer_id),
      unique (merchant_id, customer_number),
      constraint only_deleted_customers_are_blanked check (blanked_at is null or deleted_at is not null)
    );
    -- The last number given out. Numbers that came in files are passed over.
    create table customer_numberings (
      merchant_id bigint primary key references merchants,
      last_id int not null
    );

    -- A card is known by its service's own marks. Three digits of its number are all there is.
    create table cards (
      id bigint generated always as identity primary key,
      merchant_id bigint not null,
      customer_id int not null,
      service text not null check (service in ('ZEUS', 'GMO', 'YAMATO')),
      identity text not null,
      last_digits text not null check (last_digits ~ '^[0-9]{3,4}$'),
      brand text not null check (brand in ('VISA', 'MASTER', 'JCB', 'AMEX', 'DINERS')),
      holder text,
      send_id text,
      sequence text,
      expiry text not null check (expiry ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
      -- カード認証キー, encrypted with a file key; never shown.
      auth_key_id text,
      auth_key_iv bytea,
      auth_key_data bytea,
      import_id bigint not null,
      created_at timestamptz not null,
      updated_at timestamptz not null,
      deleted_at timestamptz,
      unique (merchant_id, service, identity),
      check (num_nulls(auth_key_id, auth_key_iv, auth_key_data) in (0, 3))
    );
    create index cards_by_customer on cards (merchant_id, customer_id);

    -- What a person should look at before the customer's cards are moved or charged.
    create table customer_reviews (
      merchant_id bigint not null,
      customer_id int not null,
      reason text not null check (reason in ('several_cards')),
      import_id bigint not null,
      flagged_at timestamptz not null,
      acknowledged_at timestamptz,
      acknowledged_by text,
      primary key (merchant_id, customer_id, reason)
    );

    -- 定期受注
    create table subscriptions (
      merchant_id bigint not null references merchants,
      subscription_number text not null check (subscription_number <> ''),
      customer_id int not null,
      card_id bigint references cards,
      amount_yen int not null check (amount_yen between 0 and 9999999),
      status text not null check (status in ('active', 'paused', 'ended')),
      next_month text check (next_month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
      created_at timestamptz not null,
      updated_at timestamptz not null,
      deleted_at timestamptz,
      primary key (merchant_id, subscription_number)
    );
    create index subscriptions_by_customer on subscriptions (merchant_id, customer_id);

    -- One merge of customers or cards of a merchant at a time.
    create function lock_customers(merchant_id bigint) returns void
      language plpgsql set search_path = public, pg_temp as $$
    begin
      perform pg_advisory_xact_lock(14, merchant_id::int);
    end $$;

    grant select, insert on imports, import_failures, import_warnings, occupations, customer_tags,
      customers, customer_numberings, cards, customer_reviews, subscriptions to tsukigime_app;
    grant update (stage, settings_version, encoding, rows, imported, failed, warned, remarks, trouble,
      started_at, finished_at) on imports to tsukigime_app;
    grant update (name, deleted_at) on occupations, customer_tags to tsukigime_app;
    grant update (name, kana, postal_code, prefecture, city, street, building, phone, email, gender,
      birth_date, occupation_id, tag_ids, newsletter, customer_type, import_id, updated_at,
      deleted_at, blanked_at) on customers to tsukigime_app;
    grant update (last_id) on customer_numberings to tsukigime_app;
    grant update (last_digits, brand, holder, send_id, sequence, expiry, auth_key_id, auth_key_iv,
      auth_key_data, import_id, updated_at, deleted_at) on cards to tsukigime_app;
    grant update (acknowledged_at, acknowledged_by) on customer_reviews to tsukigime_app;
    grant update (card_id, amount_yen, status, next_month, updated_at, deleted_at) on subscriptions
      to tsukigime_app;
  `.execute(db);
}
