import { type Kysely, sql } from 'kysely';

/**
 * A month knows how its charges stand without walking over them: each statement that writes facts adds
 * up its own rows into `charge_tallies`, in the same transaction, by the trigger that checks them. What
 * is out of the ordinary (a second attempt, a void, a contradiction, …) is tallied as `other`: from then
 * on the month's charges are walked as before (db/queries/charge-tallies.ts).
 *
 * The checks are those of the migrations 05, 13 and 27, cheaper: what can only be broken by few rows is
 * asked of the range of charges that came in first, and row by row only where anything is there.
 */
const settings = sql.raw(`set search_path = public, pg_temp
      set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off`);

// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create table charge_tallies (
      id bigint generated always as identity primary key,
      merchant_id bigint not null,
      cycle_id bigint not null,
      fact text not null check (fact in ('charge', 'item', 'authorization', 'ok', 'declined',
        'rejected', 'not_sent', 'capture', 'captured', 'other')),
      -- The file of the authorization, or of the capture.
      exchange_id bigint,
      -- Of a capture: the file of its authorization, and the end of its window, as of an ok.
      authorized_in bigint,
      capture_before timestamptz,
      rows int not null,
      -- Of the charges, whatever of them was captured.
      yen bigint not null
    );
    create index charge_tallies_by_cycle on charge_tallies (cycle_id);
    grant select, insert on charge_tallies to tsukigime_app;

    -- What was there before was not tallied.
    insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
    select merchant_id, id, 'other', 0, 0 from cycles order by id;

    -- Money of a merchant at a time, or of several in the order of their IDs.
    create function lock_merchants_of(first bigint, last bigint, merchants bigint[]) returns void
      language plpgsql set search_path = public, pg_temp as $$
    begin
      if first = last then
        perform lock_merchant(first);
      else
        perform lock_merchant(m) from (select distinct u from unnest(merchants) u order by u) d (m);
      end if;
    end $$;
  `.execute(db);
  await replaceChargeChecks(db);
  await replaceAttemptChecks(db);
  await replaceEndingChecks(db);
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
async function replaceChargeChecks(db: Kysely<any>): Promise<void> {
  await sql`
    create function tally_charges() returns trigger
      language plpgsql ${settings} as $$
    begin
      execute $q$
        insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
        select merchant_id, cycle_id, 'charge', count(*), 0 from new_rows group by 1, 2
      $q$;
      return null;
    end $$;
    create trigger charges_tallied after insert on charges
      referencing new table as new_rows for each statement execute function tally_charges();

    create or replace function check_charge_items() returns trigger
      language plpgsql ${settings} as $$
    declare broken record; came record; found bigint;
    begin
      execute $q$
        select count(*) as rows, min(charge_id) as first, max(charge_id) as last,
          min(merchant_id) as merchant, max(merchant_id) as other,
          coalesce(bool_or(charge_id <> origin_charge_id), false) as carries,
          case when min(merchant_id) < max(merchant_id) then array_agg(merchant_id) end as merchants
        from new_rows
      $q$ into came;
      if came.rows = 0 then return null; end if;
      perform lock_merchants_of(came.merchant, came.other, came.merchants);
      execute $q$
        with tallied as (
          insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
          select n.merchant_id, c.cycle_id, 'item', count(*), sum(n.yen)
          from new_rows n join charges c on c.id = n.charge_id and c.merchant_id = n.merchant_id
          group by 1, 2 returning rows)
        select coalesce(sum(rows), 0) from tallied
      $q$ into found;
      if found <> came.rows then
        execute $q$
          select 'charge ' || n.charge_id || ', origin ' || n.origin_charge_id as offending
          from new_rows n
          where not exists (select from charges c
            where c.id = n.charge_id and c.merchant_id = n.merchant_id)
        $q$ into broken;
        perform refuse_fact('charge_items', 'item_has_a_charge_of_its_merchant', broken.offending,
          'Insert the charge first and name its merchant.');
      end if;
      if exists (select from attempts a where a.charge_id between came.first and came.last) then
        execute $q$
          select 'charge ' || n.charge_id || ', origin ' || n.origin_charge_id as offending
          from new_rows n
          where exists (select from attempts a where a.charge_id = n.charge_id)
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('charge_items', 'items_are_complete_before_the_first_attempt',
            broken.offending, 'The amount of a charge is settled when its first attempt is claimed.');
        end if;
      end if;
      if came.carries then
        execute $q$
          select 'charge ' || n.charge_id || ', origin ' || n.origin_charge_id as offending,
            case when t.charge_id is null then 'origin_was_carried_over'
              else 'carried_yen_are_conserved' end as rule
          from new_rows n
          left join attempts t on t.charge_id = n.origin_charge_id and t.kind = 'carried_over'
            and t.merchant_id = n.merchant_id
          where n.charge_id <> n.origin_charge_id
            and (t.charge_id is null or n.yen is distinct from
              (select sum(i.yen) from charge_items i where i.charge_id = n.origin_charge_id))
        $q$ into broken;
        if broken.rule is not null then
          perform refuse_fact('charge_items', broken.rule, broken.offending,
            'Carry the origin over first (attempt of kind carried_over), then take all of its yen as one item.');
        end if;
      end if;
      if exists (select from charge_items f where f.charge_id between came.first and came.last
          and f.charge_id <> f.origin_charge_id) then
        execute $q$
          select 'charge ' || n.charge_id as offending
          from new_rows n
          where case when exists (select from charge_items f
              where f.charge_id = n.charge_id and f.charge_id <> f.origin_charge_id)
            then (select sum(i.yen) from charge_items i where i.charge_id = n.charge_id) > 9999999
            end
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('charge_items', 'items_fit_one_authorization', broken.offending,
            'One authorization holds 9,999,999 yen at most: bill the carried charge by itself.');
        end if;
      end if;
      return null;
    end $$;
  `.execute(db);
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
async function replaceAttemptChecks(db: Kysely<any>): Promise<void> {
  await sql`
    create or replace function check_attempts() returns trigger
      language plpgsql ${settings} as $$
    declare broken record; came record; carried boolean; found bigint;
    begin
      execute $q$
        select count(*) as rows, min(charge_id) as first, max(charge_id) as last,
          min(merchant_id) as merchant, max(merchant_id) as other,
          coalesce(bool_or(kind <> 'authorization'), false) as ends,
          coalesce(bool_or(n > 1 or kind = 'released'), false) as again,
          case when min(merchant_id) < max(merchant_id) then array_agg(merchant_id) end as merchants
        from new_rows
      $q$ into came;
      if came.rows = 0 then return null; end if;
      perform lock_merchants_of(came.merchant, came.other, came.merchants);
      if came.ends then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n as offending
          from new_rows n
          where n.kind <> 'authorization' and not exists (select from charges c
            where c.id = n.charge_id and c.merchant_id = n.merchant_id)
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('attempts', 'attempt_has_a_charge_of_its_merchant', broken.offending,
            'Insert the charge first and name its merchant.');
        end if;
      end if;
      carried := exists (select from charge_items f
        where f.charge_id between came.first and came.last and f.charge_id <> f.origin_charge_id);
      execute $q$
        select 'charge ' || n.charge_id || ', n ' || n.n as offending
        from new_rows n
        left join charge_items i on i.charge_id = n.charge_id
          and i.origin_charge_id = n.charge_id and i.merchant_id = n.merchant_id
        where n.kind = 'authorization' and n.amount_yen is distinct from i.yen
      $q$ || case when carried then $q$
          + coalesce((select sum(f.yen) from charge_items f
              where f.charge_id = n.charge_id and f.charge_id <> f.origin_charge_id), 0)
      $q$ else '' end into broken;
      if broken.offending is not null then
        perform refuse_fact('attempts', 'authorization_amount_is_the_sum_of_the_items',
          broken.offending, 'Insert the charge and its items first and claim exactly their sum.');
      end if;
      if came.again then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n || ' (' || n.kind || ')' as offending
          from new_rows n
          left join attempts p on p.charge_id = n.charge_id and p.n = n.n - 1
          left join outcomes o on o.charge_id = n.charge_id and o.n = n.n - 1
          where (n.n = 1 and n.kind = 'released')
            or (n.n > 1 and not coalesce(case
              when p.kind in ('cancelled', 'given_up') then n.kind = 'released'
              when p.kind = 'released' then n.kind <> 'released'
              when p.kind = 'authorization' then n.kind <> 'released'
                and (o.outcome in ('declined', 'rejected', 'not_sent')
                  or exists (select from endings e where e.charge_id = n.charge_id
                    and e.n = n.n - 1 and e.kind = 'expired')
                  or exists (select from ending_results r where r.charge_id = n.charge_id
                    and r.n = n.n - 1 and r.result = 'voided')) end, false))
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('attempts', 'attempt_follows_a_finished_one', broken.offending,
            'An attempt follows one that was declined, rejected, not sent, expired or voided; released follows cancelled or given_up; nothing follows carried_over.');
        end if;
      end if;
      if exists (select from contradictions x where x.charge_id between came.first and came.last) then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n as offending
          from new_rows n
          where exists (select from contradictions x where x.charge_id = n.charge_id and not exists
            (select from contradiction_settlements s where s.contradiction_id = x.id)) is true
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('attempts', 'no_open_contradiction', broken.offending,
            'An operator compares the charge with the PSP and settles the contradiction first.');
        end if;
      end if;
      execute $q$
        with tallied as (
          insert into charge_tallies (merchant_id, cycle_id, fact, exchange_id, rows, yen)
          select g.merchant_id, x.cycle_id, 'authorization', x.id, g.rows, g.yen
          from (select merchant_id, exchange_id, count(*) as rows, sum(amount_yen) as yen,
                  min(charge_id) as first, max(charge_id) as last
                from new_rows where n = 1 and kind = 'authorization' group by 1, 2) g
          join exchanges x on x.id = g.exchange_id and x.merchant_id = g.merchant_id
          join charges a on a.id = g.first and a.cycle_id = x.cycle_id
          join charges b on b.id = g.last and b.cycle_id = x.cycle_id
          returning rows)
        select coalesce(sum(rows), 0) from tallied
      $q$ into found;
      if found <> came.rows then
        execute $q$
          insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
          select c.merchant_id, c.cycle_id, 'other', count(*), 0
          from new_rows n join charges c on c.id = n.charge_id group by 1, 2
        $q$;
      end if;
      return null;
    end $$;

    create or replace function check_outcomes() returns trigger
      language plpgsql ${settings} as $$
    declare broken record; came bigint; found bigint;
    begin
      execute $q$
        with sums as materialized (
          select n.merchant_id, a.exchange_id, n.outcome, n.capture_before, n.n = 1 as first,
            count(*) as rows, sum(a.amount_yen) as yen
          from new_rows n
          join attempts a on a.charge_id = n.charge_id and a.n = n.n
            and a.merchant_id = n.merchant_id and a.kind = 'authorization'
          group by 1, 2, 3, 4, 5
        ), tallied as (
          -- Attempts that are not first ones, or of no known file, were tallied as other.
          insert into charge_tallies (merchant_id, cycle_id, fact, exchange_id, capture_before, rows,
            yen)
          select s.merchant_id, x.cycle_id, s.outcome, x.id, s.capture_before, s.rows, s.yen
          from sums s join exchanges x on x.id = s.exchange_id
          where s.first)
        select (select count(*) from new_rows), coalesce((select sum(rows) from sums), 0)
      $q$ into came, found;
      if found <> came then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n as offending
          from new_rows n
          where not exists (select from attempts a where a.charge_id = n.charge_id and a.n = n.n
            and a.merchant_id = n.merchant_id and a.kind = 'authorization')
        $q$ into broken;
        perform refuse_fact('outcomes', 'outcome_has_an_authorization', broken.offending,
          'Only an authorization that was claimed for this merchant has an outcome.');
      end if;
      return null;
    end $$;

    create or replace function check_contradictions() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      perform lock_merchant(m.merchant_id)
        from (select distinct merchant_id from new_rows order by merchant_id) m;
      execute $q$
        select 'charge ' || n.charge_id || ', n ' || n.n as offending
        from new_rows n
        where not exists (select from attempts a where a.charge_id = n.charge_id and a.n = n.n
            and a.merchant_id = n.merchant_id and a.kind = 'authorization')
          or (n.k is not null and not exists (select from endings e
            where e.charge_id = n.charge_id and e.n = n.n and e.k = n.k))
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('contradictions', 'contradiction_has_its_slot', broken.offending,
          'Name the attempt (and the ending) whose slot the received result contradicts.');
      end if;
      execute $q$
        insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
        select c.merchant_id, c.cycle_id, 'other', count(*), 0
        from new_rows n join charges c on c.id = n.charge_id group by 1, 2
      $q$;
      return null;
    end $$;
  `.execute(db);
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
async function replaceEndingChecks(db: Kysely<any>): Promise<void> {
  await sql`
    create or replace function check_endings() returns trigger
      language plpgsql ${settings} as $$
    declare broken record; came record; found record;
    begin
      execute $q$
        select count(*) as rows, min(charge_id) as first, max(charge_id) as last,
          min(merchant_id) as merchant, max(merchant_id) as other,
          coalesce(bool_or(k > 1), false) as again,
          case when min(merchant_id) < max(merchant_id) then array_agg(merchant_id) end as merchants
        from new_rows
      $q$ into came;
      if came.rows = 0 then return null; end if;
      perform lock_merchants_of(came.merchant, came.other, came.merchants);
      execute $q$
        with sums as materialized (
          select n.merchant_id, n.exchange_id, a.exchange_id as authorized_in, o.capture_before,
            n.n = 1 and n.k = 1 and n.kind = 'capture' and n.amount_yen = a.amount_yen as first,
            count(*) as rows, sum(a.amount_yen) as yen
          from new_rows n
          join attempts a on a.charge_id = n.charge_id and a.n = n.n and a.merchant_id = n.merchant_id
          join outcomes o on o.charge_id = n.charge_id and o.n = n.n and o.outcome = 'ok'
          where not (n.kind = 'expired' and n.exchange_id is not null)
            and n.amount_yen <= a.amount_yen
            and not (n.kind = 'capture' and n.amount_yen = 0)
          group by 1, 2, 3, 4, 5
        ), tallied as (
          insert into charge_tallies (merchant_id, cycle_id, fact, exchange_id, authorized_in,
            capture_before, rows, yen)
          select s.merchant_id, x.cycle_id, 'capture', x.id, y.id, s.capture_before, s.rows, s.yen
          from sums s
          join exchanges x on x.id = s.exchange_id and x.merchant_id = s.merchant_id
          join exchanges y on y.id = s.authorized_in and y.cycle_id = x.cycle_id
          where s.first
          returning rows)
        select coalesce((select sum(rows) from sums), 0) as fitting,
          coalesce((select sum(rows) from tallied), 0) as regular
      $q$ into found;
      if found.fitting <> came.rows then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n || ', k ' || n.k as offending,
            case when a.charge_id is null or o.outcome is null then 'ending_has_an_ok_authorization'
              when n.kind = 'expired' then 'expired_is_in_no_file'
              else 'ending_amount_is_within_the_authorization' end as rule
          from new_rows n
          left join attempts a on a.charge_id = n.charge_id and a.n = n.n
            and a.merchant_id = n.merchant_id
          left join outcomes o on o.charge_id = n.charge_id and o.n = n.n and o.outcome = 'ok'
          where a.charge_id is null or o.outcome is null
            or (n.kind = 'expired' and n.exchange_id is not null)
            or n.amount_yen > a.amount_yen
            or (n.kind = 'capture' and n.amount_yen = 0)
        $q$ into broken;
        perform refuse_fact('endings', broken.rule, broken.offending,
          'Capture, void or expire an authorization whose outcome is ok, for its amount at most.');
      end if;
      if came.again then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n || ', k ' || n.k as offending
          from new_rows n
          where n.k > 1 and not exists (select from ending_results r where r.charge_id = n.charge_id
            and r.n = n.n and r.k = n.k - 1 and r.result in ('refused', 'not_sent'))
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('endings', 'ending_follows_a_failed_one', broken.offending,
            'Another ending is possible only after the one before was refused or not sent.');
        end if;
      end if;
      if exists (select from contradictions x where x.charge_id between came.first and came.last) then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n as offending
          from new_rows n
          where exists (select from contradictions x where x.charge_id = n.charge_id and not exists
            (select from contradiction_settlements s where s.contradiction_id = x.id)) is true
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('endings', 'no_open_contradiction', broken.offending,
            'An operator compares the charge with the PSP and settles the contradiction first.');
        end if;
      end if;
      if found.regular <> came.rows then
        execute $q$
          insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
          select c.merchant_id, c.cycle_id, 'other', count(*), 0
          from new_rows n join charges c on c.id = n.charge_id group by 1, 2
        $q$;
      end if;
      return null;
    end $$;

    create or replace function check_ending_results() returns trigger
      language plpgsql ${settings} as $$
    declare broken record; came record; found record;
    begin
      execute $q$
        with sums as materialized (
          select n.merchant_id, e.exchange_id, n.n = 1 and n.k = 1 and n.result = 'captured' as first,
            count(*) as rows, sum(e.amount_yen) as yen
          from new_rows n
          join endings e on e.charge_id = n.charge_id and e.n = n.n and e.k = n.k
            and e.merchant_id = n.merchant_id
            and case e.kind when 'capture' then n.result <> 'voided'
              when 'void' then n.result <> 'captured' else false end
          group by 1, 2, 3
        ), tallied as (
          insert into charge_tallies (merchant_id, cycle_id, fact, exchange_id, rows, yen)
          select s.merchant_id, x.cycle_id, 'captured', x.id, s.rows, s.yen
          from sums s join exchanges x on x.id = s.exchange_id and x.merchant_id = s.merchant_id
          where s.first
          returning rows)
        select (select count(*) from new_rows) as rows,
          coalesce((select sum(rows) from sums), 0) as fitting,
          coalesce((select sum(rows) from tallied), 0) as regular
      $q$ into found;
      if found.fitting <> found.rows then
        execute $q$
          select 'charge ' || n.charge_id || ', n ' || n.n || ', k ' || n.k as offending
          from new_rows n
          where not exists (select from endings e where e.charge_id = n.charge_id and e.n = n.n
            and e.k = n.k and e.merchant_id = n.merchant_id
            and case e.kind when 'capture' then n.result <> 'voided'
              when 'void' then n.result <> 'captured' else false end)
        $q$ into broken;
        perform refuse_fact('ending_results', 'result_fits_its_ending', broken.offending,
          'A capture is captured, refused or not sent; a void is voided, refused or not sent; expired has no result.');
      end if;
      if found.regular <> found.rows then
        execute $q$
          insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
          select c.merchant_id, c.cycle_id, 'other', count(*), 0
          from new_rows n join charges c on c.id = n.charge_id group by 1, 2
        $q$;
      end if;
      return null;
    end $$;
  `.execute(db);
}
