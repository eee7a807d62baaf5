import { type Kysely, sql } from 'kysely';

/**
 * Cards that the refresh refused are out of billing: the locks, what let them fall, and the rule that
 * holds them, whatever code bills.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- One for each time that a result refused a card which was not locked by then. The customer's
    -- number stands here too, so that neither a deleted card nor a deleted customer is billed again.
    create table card_locks (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      -- By which people name it.
      number int not null check (number >= 1),
      card_id bigint not null,
      -- The n-th lock of this card.
      n int not null check (n >= 1),
      customer_id int not null,
      customer_number text not null,
      service text not null,
      -- The card that was refused: another one in its place is not.
      last_digits text not null,
      expiry text not null,
      -- Which line of which result said so.
      refresh_id bigint not null references card_refreshes,
      line int not null,
      result_n int not null,
      result_line int not null,
      verdict smallint not null check (verdict between 1 and 3),
      locked_at timestamptz not null,
      unique (card_id, n),
      unique (merchant_id, number)
    );
    create index card_locks_by_customer on card_locks (merchant_id, customer_number);

    -- Four eyes: one person asks, another one answers. Only where row or month were mixed up.
    create table card_lock_overrides (
      id bigint generated always as identity primary key,
      merchant_id bigint not null,
      lock_id bigint not null references card_locks,
      n int not null check (n >= 1),
      mismatch text not null check (mismatch in ('wrong_row', 'wrong_month')),
      -- The stored file that proves it.
      evidence_file_id bigint not null references files,
      reason text not null check (reason <> ''),
      requested_by text not null,
      requested_at timestamptz not null,
      unique (lock_id, n)
    );
    create table card_lock_override_answers (
      override_id bigint primary key references card_lock_overrides,
      merchant_id bigint not null,
      answer text not null check (answer in ('approved', 'rejected')),
      reason text not null check (reason <> ''),
      answered_by text not null,
      answered_at timestamptz not null
    );

    create table card_unlocks (
      lock_id bigint primary key references card_locks,
      merchant_id bigint not null,
      how text not null check (how in ('replaced', 'override')),
      -- The import that brought the other card, or the request of the override.
      import_id bigint,
      override_id bigint references card_lock_overrides,
      unlocked_at timestamptz not null,
      check ((how = 'override') = (override_id is not null))
    );

    create view open_card_locks as
      select l.* from card_locks l
       where not exists (select from card_unlocks u where u.lock_id = l.id);

    -- Of them, those that orders are held back for: where all the customer's subscriptions name their
    -- card, one that none of them names is charged by nobody.
    create view billing_card_locks as
      select l.* from open_card_locks l
       where not exists (select from subscriptions s
               where s.merchant_id = l.merchant_id and s.customer_id = l.customer_id
                 and s.deleted_at is null and s.status <> 'ended')
          or exists (select from subscriptions s
               where s.merchant_id = l.merchant_id and s.customer_id = l.customer_id
                 and s.deleted_at is null and s.status <> 'ended'
                 and (s.card_id is null or s.card_id = l.card_id));

    -- Whether the 支払方法 of an order charges cards of a service; any, where nobody said which.
    create function order_charges_service(merchant_id bigint, collection_id bigint, record int,
      service text) returns boolean language sql stable set search_path = public, pg_temp as $$
      select coalesce((
        select m.settings #> '{cardLocks,methodServices}' -> o.payment_method @> to_jsonb($4)
          from orders o
          join merchant_settings m on m.merchant_id = $1
           and m.version = (select max(x.version) from merchant_settings x where x.merchant_id = $1)
         where o.collection_id = $2 and o.record = $3), true) $$;

    create view locked_charges as
      select l.merchant_id, l.id as lock_id, c.cycle_id, c.id as charge_id
        from billing_card_locks l
        join charges c on c.merchant_id = l.merchant_id and c.customer_number = l.customer_number
       where order_charges_service(l.merchant_id, c.collection_id, c.record, l.service);

    grant select, insert on card_locks, card_lock_overrides, card_lock_override_answers, card_unlocks
      to tsukigime_app;
    grant select on open_card_locks, billing_card_locks, locked_charges to tsukigime_app;
  `.execute(db);

  // As with holds: attempts take the merchant's lock before this looks, and locks are few.
  await sql`
    create function check_card_locks() returns trigger
      language plpgsql set search_path = public, pg_temp
      set enable_seqscan = off set enable_mergejoin = off as $$
    declare broken record; merchants bigint[];
    begin
      execute $q$
        select array_agg(m.merchant_id) from (select distinct merchant_id from new_rows) m
      $q$ into merchants;
      if not exists (select from open_card_locks l where l.merchant_id = any (merchants)) then
        return null;
      end if;
      execute $q$
        with locked as materialized (
          select x.charge_id from locked_charges x where x.merchant_id = any ($1))
        select 'charge ' || n.charge_id as offending
        from locked join new_rows n on n.charge_id = locked.charge_id
        where n.kind = 'authorization' limit 1
      $q$ into broken using merchants;
      if broken.offending is not null then
        perform refuse_fact('attempts', 'locked_card_is_in_no_file', broken.offending,
          'The card refresh refused the card: the customer replaces it, or the order is not billed.');
      end if;
      return null;
    end $$;
    create trigger attempts_unlocked after insert on attempts
      referencing new table as new_rows for each statement execute function check_card_locks();

    -- Taken before the merchant's other facts: no claim is under way while a card is locked.
    create function lock_merchant_of_card_lock() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    begin
      perform lock_merchant(m.merchant_id)
        from (select distinct merchant_id from new_rows order by merchant_id) m;
      return null;
    end $$;
    create trigger card_locks_serial after insert on card_locks
      referencing new table as new_rows for each statement
      execute function lock_merchant_of_card_lock();
  `.execute(db);
}
