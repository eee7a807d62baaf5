import { type Kysely, sql } from 'kysely';

/**
 * What operators do on the PSP's portal by a list, without a file: voids and captures; and the
 * portal's own list of payments (情報照会), by which the record is checked and completed.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create index endings_listed on endings (merchant_id, charge_id)
      where exchange_id is null and kind <> 'expired';

    -- Captures that an operator was asked to carry out together on the portal.
    create table capture_waves (
      cycle_id bigint not null references cycles,
      n int not null check (n >= 1),
      merchant_id bigint not null references merchants,
      rows int not null check (rows >= 1),
      yen bigint not null check (yen >= 1),
      made_at timestamptz not null,
      primary key (cycle_id, n)
    );

    -- A CSV of 情報照会 as it was read. What it means is asked anew whenever it is looked at.
    create table payment_inquiries (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      cycle_id bigint not null references cycles,
      n int not null check (n >= 1),
      file_id bigint not null references files,
      rows int not null check (rows >= 0),
      -- The latest instant that it names: it was written then or later.
      newest_at timestamptz,
      decision_id bigint not null references decisions,
      read_at timestamptz not null,
      unique (cycle_id, n),
      unique (cycle_id, file_id)
    );
    create table payment_inquiry_rows (
      inquiry_id bigint not null,
      line int not null check (line >= 1),
      merchant_id bigint not null,
      -- 取引ID
      order_number text,
      payment_id text,
      -- As it was written, and what it means to us.
      status text not null,
      standing text not null check (standing in ('pending', 'declined', 'authorized', 'voided',
        'expired', 'captured', 'refunded', 'unknown')),
      amount_yen int check (amount_yen >= 0),
      institution text,
      occurred_at timestamptz,
      updated_at timestamptz,
      paid_at timestamptz,
      -- Why the row cannot be used, in an operator's words; null = it can.
      problem text,
      primary key (inquiry_id, line)
    );
    -- An inquiry whose differences went into the record.
    create table payment_inquiry_uses (
      inquiry_id bigint primary key references payment_inquiries,
      merchant_id bigint not null references merchants,
      decision_id bigint not null references decisions,
      rows int not null,
      yen bigint not null,
      used_at timestamptz not null
    );
    -- What the PSP tells of the payment behind an attempt.
    create table payment_details (
      charge_id bigint not null,
      n int not null,
      inquiry_id bigint not null references payment_inquiries,
      merchant_id bigint not null,
      transaction_id text not null,
      payment_id text,
      institution text,
      occurred_at timestamptz,
      paid_at timestamptz,
      primary key (charge_id, n, inquiry_id)
    );
    grant usage on sequence payment_inquiries_id_seq to tsukigime_app;
    grant select, insert on capture_waves, payment_inquiries, payment_inquiry_rows,
      payment_inquiry_uses, payment_details to tsukigime_app;
  `.execute(db);

  // A hold keeps an order out of what we ask for. That somebody captured it on the portal all the
  // same is a fact, and facts are recorded: such an ending has no file and a decision.
  await sql`
    create or replace function check_holds() returns trigger
      language plpgsql set search_path = public, pg_temp
      set enable_seqscan = off set enable_mergejoin = off as $$
    declare broken record; merchants bigint[]; asked text;
    begin
      execute $q$
        select array_agg(m.merchant_id) from (select distinct merchant_id from new_rows) m
      $q$ into merchants;
      if not exists (select from open_order_holds h where h.merchant_id = any (merchants)) then
        return null;
      end if;
      asked := case tg_table_name
        when 'attempts' then $c$ n.kind = 'authorization' $c$
        else $c$ n.kind = 'capture' and (n.exchange_id is not null or n.decision_id is null) $c$ end;
      execute $q$
        with held as materialized (
          select c.id from open_order_holds h
          join charges c on c.merchant_id = h.merchant_id and c.order_number = h.order_number
          where h.merchant_id = any ($1))
        select 'charge ' || n.charge_id as offending
        from held join new_rows n on n.charge_id = held.id
        where $q$ || asked || $q$ limit 1
      $q$ into broken using merchants;
      if broken.offending is not null then
        perform refuse_fact(tg_table_name, 'held_order_is_in_no_file', broken.offending,
          'A person put the order on hold: release the hold first.');
      end if;
      return null;
    end $$;
  `.execute(db);
}
