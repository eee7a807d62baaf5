import { type Kysely, sql } from 'kysely';

/** Since when it is unclear whether a file left, and orders that a person keeps out of every file. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- When a person said that nobody knows whether the upload went through; null = never said.
    alter table exchanges add column unclear_at timestamptz;
    grant update (unclear_at) on exchanges to tsukigime_app;
    create index exchanges_unfinished on exchanges (merchant_id, id)
      where stage not in ('reconciled', 'rejected', 'cancelled');

    -- The n-th hold of an order number, and its end. An order is on hold while its latest hold has
    -- none: that is what the key of n is for, two people cannot hold it at once.
    create table order_holds (
      merchant_id bigint not null references merchants,
      order_number text not null,
      n int not null check (n >= 1),
      cycle_id bigint not null references cycles,
      decision_id bigint not null references decisions,
      held_at timestamptz not null,
      primary key (merchant_id, order_number, n)
    );
    create table order_hold_releases (
      merchant_id bigint not null,
      order_number text not null,
      n int not null,
      decision_id bigint not null references decisions,
      released_at timestamptz not null,
      primary key (merchant_id, order_number, n),
      foreign key (merchant_id, order_number, n) references order_holds
    );
    create view open_order_holds as
      select h.* from order_holds h where not exists (select from order_hold_releases r
        where r.merchant_id = h.merchant_id and r.order_number = h.order_number and r.n = h.n);
    grant select, insert on order_holds, order_hold_releases to tsukigime_app;
    grant select on open_order_holds to tsukigime_app;

    -- No file carries a held order, whatever code builds it and whenever the hold came: attempts and
    -- endings take the merchant's lock before this looks. Holds are few: they are looked up first, by
    -- key, and a merchant without any pays for one pass over its new rows.
    create function check_holds() returns trigger
      language plpgsql set search_path = public, pg_temp
      set enable_seqscan = off set enable_mergejoin = off as $$
    declare broken record; merchants bigint[];
    begin
      execute $q$
        select array_agg(m.merchant_id) from (select distinct merchant_id from new_rows) m
      $q$ into merchants;
      if not exists (select from open_order_holds h where h.merchant_id = any (merchants)) then
        return null;
      end if;
      execute $q$
        with held as materialized (
          select c.id from open_order_holds h
          join charges c on c.merchant_id = h.merchant_id and c.order_number = h.order_number
          where h.merchant_id = any ($1))
        select 'charge ' || n.charge_id as offending
        from held join new_rows n on n.charge_id = held.id
        where n.kind in ('authorization', 'capture')
        limit 1
      $q$ into broken using merchants;
      if broken.offending is not null then
        perform refuse_fact(tg_table_name, 'held_order_is_in_no_file', broken.offending,
          'A person put the order on hold: release the hold first.');
      end if;
      return null;
    end $$;
    -- Named to run after the rules of migration 05, which take the lock.
    create trigger attempts_unheld after insert on attempts
      referencing new table as new_rows for each statement execute function check_holds();
    create trigger endings_unheld after insert on endings
      referencing new table as new_rows for each statement execute function check_holds();
  `.execute(db);
}
