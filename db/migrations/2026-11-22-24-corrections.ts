import { type Kysely, sql } from 'kysely';

/**
 * A closed month does not change, whatever code runs; what becomes known of it later is a correction,
 * an event of its own.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create table corrections (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      cycle_id bigint not null references cycles,
      n int not null check (n >= 1),
      kind text not null
        check (kind in ('late_result', 'refund', 'chargeback', 'void_after_close', 'other')),
      -- Null: about the month, or about a row of no charge.
      order_number text,
      -- What it is about; whether money moved is told by the kind.
      yen bigint check (yen >= 0),
      reason text not null,
      -- Of a late result: the file that it answers, the bytes that said it, and what they contradict.
      exchange_id bigint references exchanges,
      file_id bigint references files,
      recorded text,
      received text,
      decision_id bigint not null references decisions,
      recorded_at timestamptz not null,
      unique (cycle_id, n),
      check ((kind = 'late_result') = (num_nonnulls(exchange_id, file_id, received) = 3))
    );
    create index corrections_by_merchant on corrections (merchant_id, id);
    -- The same answer about the same line is one event, however often it comes.
    create unique index corrections_late_result_once
      on corrections (exchange_id, order_number, received) nulls not distinct
      where kind = 'late_result';
    create table correction_acknowledgements (
      correction_id bigint primary key references corrections,
      merchant_id bigint not null,
      decision_id bigint not null references decisions,
      acknowledged_at timestamptz not null
    );

    -- Which charges a closed month holds, at most: what lies outside of these needs no look.
    create table closed_months (
      cycle_id bigint primary key references cycles,
      merchant_id bigint not null,
      first_charge_id bigint,
      last_charge_id bigint
    );
    create index closed_months_by_merchant on closed_months (merchant_id);
    insert into closed_months (cycle_id, merchant_id, first_charge_id, last_charge_id)
    select y.id, y.merchant_id, min(c.id), max(c.id)
      from cycles y left join charges c on c.cycle_id = y.id
     where y.stage = 'closed' group by y.id;
    grant select, insert on corrections, correction_acknowledgements to tsukigime_app;
    grant select on closed_months to tsukigime_app;
    grant usage on all sequences in schema public to tsukigime_app;
  `.execute(db);

  await sql`
    -- As owner: nobody else says that a month is closed.
    create function keep_closed_month() returns trigger
      language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      if tg_op = 'UPDATE' and old.stage = 'closed' then
        if new.stage <> 'closed' or new.closed_at is distinct from old.closed_at then
          perform refuse_fact('cycles', 'closed_month_stays_closed', 'cycle ' || old.id,
            'Record a correction instead.');
        end if;
      elsif new.stage = 'closed' then
        insert into closed_months (cycle_id, merchant_id, first_charge_id, last_charge_id)
        select new.id, new.merchant_id, min(c.id), max(c.id) from charges c
         where c.cycle_id = new.id;
      end if;
      return null;
    end $$;
    create trigger cycles_stay_closed after insert or update of stage, closed_at on cycles
      for each row execute function keep_closed_month();

    -- Facts come in by charge, almost always of months that are open: the range of their charges then
    -- meets no closed one, and the check costs one pass over the new rows. The lock makes sure that
    -- the month does not close while they come.
    create function check_closed_months() returns trigger
      language plpgsql set search_path = public, pg_temp
      set enable_hashjoin = off set enable_mergejoin = off as $$
    declare broken record; merchants bigint[]; first_id bigint; last_id bigint;
    begin
      execute $q$
        select array_agg(distinct merchant_id order by merchant_id), min(charge_id), max(charge_id)
        from new_rows
      $q$ into merchants, first_id, last_id;
      perform lock_merchant(m) from unnest(merchants) m;
      if not exists (select from closed_months k where k.merchant_id = any (merchants)
          and k.first_charge_id <= last_id and k.last_charge_id >= first_id) then
        return null;
      end if;
      execute $q$
        select 'charge ' || n.charge_id as offending
        from new_rows n join charges c on c.id = n.charge_id
        join closed_months k on k.cycle_id = c.cycle_id
        limit 1
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact(tg_table_name, 'closed_month_does_not_change', broken.offending,
          'The month of the charge is closed: record a correction instead.');
      end if;
      return null;
    end $$;

    create function check_charges_of_closed_months() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    declare broken record;
    begin
      perform lock_merchant(m.merchant_id)
        from (select distinct merchant_id from new_rows order by merchant_id) m;
      select 'cycle ' || n.cycle_id as offending into broken
        from (select distinct cycle_id from new_rows) n
        join closed_months k on k.cycle_id = n.cycle_id limit 1;
      if broken.offending is not null then
        perform refuse_fact('charges', 'closed_month_does_not_change', broken.offending,
          'The month is closed: bill the order in an open one.');
      end if;
      return null;
    end $$;
    -- Named to run after the other rules of each table.
    create trigger charges_unclosed after insert on charges referencing new table as new_rows
      for each statement execute function check_charges_of_closed_months();
    create trigger charge_items_unclosed after insert on charge_items
      referencing new table as new_rows for each statement execute function check_closed_months();
    create trigger attempts_unclosed after insert on attempts
      referencing new table as new_rows for each statement execute function check_closed_months();
    create trigger outcomes_unclosed after insert on outcomes
      referencing new table as new_rows for each statement execute function check_closed_months();
    create trigger endings_unclosed after insert on endings
      referencing new table as new_rows for each statement execute function check_closed_months();
    create trigger ending_results_unclosed after insert on ending_results
      referencing new table as new_rows for each statement execute function check_closed_months();
    create trigger contradictions_unclosed after insert on contradictions
      referencing new table as new_rows for each statement execute function check_closed_months();

    create function check_result_files_of_closed_months() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    declare broken record;
    begin
      perform lock_merchant(m.merchant_id)
        from (select distinct merchant_id from new_rows order by merchant_id) m;
      select 'exchange ' || n.exchange_id as offending into broken
        from new_rows n join exchanges x on x.id = n.exchange_id
        join closed_months k on k.cycle_id = x.cycle_id limit 1;
      if broken.offending is not null then
        perform refuse_fact('result_files', 'closed_month_does_not_change', broken.offending,
          'The month is closed: record what the late result says as corrections.');
      end if;
      return null;
    end $$;
    create trigger result_files_unclosed after insert on result_files
      referencing new table as new_rows
      for each statement execute function check_result_files_of_closed_months();

    create function check_corrections() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    declare broken record;
    begin
      select 'correction ' || n.n || ' of cycle ' || n.cycle_id as offending into broken
        from new_rows n
       where not exists (select from closed_months k
                          where k.cycle_id = n.cycle_id and k.merchant_id = n.merchant_id)
          or not exists (select from decisions d
                          where d.id = n.decision_id and d.merchant_id = n.merchant_id) limit 1;
      if broken.offending is not null then
        perform refuse_fact('corrections', 'correction_follows_a_closed_month', broken.offending,
          'A month that is open is put right by its own acts. Month, decision and correction belong to one merchant.');
      end if;
      return null;
    end $$;
    create trigger corrections_rules after insert on corrections
      referencing new table as new_rows for each statement execute function check_corrections();

    create function check_correction_acknowledgements() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    declare broken record;
    begin
      select 'correction ' || n.correction_id as offending into broken
        from new_rows n
       where not exists (select from corrections c
                          where c.id = n.correction_id and c.merchant_id = n.merchant_id)
          or not exists (select from decisions d
                          where d.id = n.decision_id and d.merchant_id = n.merchant_id) limit 1;
      if broken.offending is not null then
        perform refuse_fact('correction_acknowledgements', 'acknowledgement_stays_with_its_merchant',
          broken.offending, 'Correction, decision and acknowledgement belong to one merchant.');
      end if;
      return null;
    end $$;
    create trigger correction_acknowledgements_rules after insert on correction_acknowledgements
      referencing new table as new_rows
      for each statement execute function check_correction_acknowledgements();
  `.execute(db);
}
