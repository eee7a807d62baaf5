import { type Kysely, sql } from 'kysely';

/**
 * The order of facts, held by the database whatever code runs: statement triggers, one set-based
 * check each. They rest on three properties.
 *
 * - A check that needs a fact to be ABSENT (no attempt yet, no open contradiction) takes the
 *   merchant's lock first. Its query then starts after the lock and, under READ COMMITTED, sees all
 *   that was committed before; so every other isolation level is refused.
 * - A check that needs a fact to be PRESENT needs no lock: facts are never taken back.
 * - Every new row is probed by key (no hash, no sequential scan): the work grows with the rows that
 *   come in, never with the years of facts beside them. Measured with a million rows into two
 *   million: hashing the old table cost three times the probes. The checks are dynamic SQL because
 *   a plan kept from a statement of one row would be reused for a million.
 */
const settings = sql.raw(`set search_path = public, pg_temp
      set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off`);

// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- Advisory locks of two ints: 1 = the money of a merchant, 2 = an audit chain.
    create function lock_merchant(merchant_id bigint) returns void
      language plpgsql set search_path = public, pg_temp as $$
    begin
      if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'money is recorded under READ COMMITTED, not %',
            upper(current_setting('transaction_isolation'))
          using errcode = 'TK002',
            hint = 'Open the transaction with its default isolation level.';
      end if;
      perform pg_advisory_xact_lock(1, merchant_id::int);
    end $$;

    create function lock_audit_chain(chain_id bigint) returns void
      language plpgsql set search_path = public, pg_temp as $$
    begin
      perform pg_advisory_xact_lock(2, chain_id::int);
    end $$;

    create function refuse_fact(table_name text, rule text, offending text, remedy text)
      returns void language plpgsql set search_path = public, pg_temp as $$
    begin
      raise exception '%: % (first offending: %)', table_name, rule, offending
        using errcode = 'TK001', hint = remedy, schema = 'public', table = table_name,
          constraint = rule;
    end $$;
  `.execute(db);

  await sql`
    create function check_charges() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      execute $q$
        select 'cycle ' || n.cycle_id || ', merchant ' || n.merchant_id as offending
        from (select distinct cycle_id, merchant_id from new_rows) n
        where not exists (select from cycles c
          where c.id = n.cycle_id and c.merchant_id = n.merchant_id)
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('charges', 'charge_has_a_cycle_of_its_merchant', broken.offending,
          'Insert the cycle first and name its merchant.');
      end if;
      return null;
    end $$;
    create trigger charges_rules after insert on charges
      referencing new table as new_rows for each statement execute function check_charges();

    -- Both hold only what was carried over, a small part: so sums are asked only of those charges.
    create unique index charge_items_origin_taken_once on charge_items (origin_charge_id)
      where charge_id <> origin_charge_id;
    create index charge_items_carried on charge_items (charge_id)
      where charge_id <> origin_charge_id;

    create function check_charge_items() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      perform lock_merchant(m.merchant_id)
        from (select distinct merchant_id from new_rows order by merchant_id) m;
      execute $q$
        select 'charge ' || n.charge_id || ', origin ' || n.origin_charge_id as offending
        from new_rows n
        where not exists (select from charges c
          where c.id = n.charge_id and c.merchant_id = n.merchant_id)
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('charge_items', 'item_has_a_charge_of_its_merchant', broken.offending,
          'Insert the charge first and name its merchant.');
      end if;
      execute $q$
        select 'charge ' || n.charge_id || ', origin ' || n.origin_charge_id as offending
        from new_rows n
        where exists (select from attempts a where a.charge_id = n.charge_id)
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('charge_items', 'items_are_complete_before_the_first_attempt',
          broken.offending, 'The amount of a charge is settled when its first attempt is claimed.');
      end if;
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
      return null;
    end $$;
    create trigger charge_items_rules after insert on charge_items
      referencing new table as new_rows for each statement execute function check_charge_items();
  `.execute(db);

  await sql`
    create function check_attempts() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      perform lock_merchant(m.merchant_id)
        from (select distinct merchant_id from new_rows order by merchant_id) m;
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
      execute $q$
        select 'charge ' || n.charge_id || ', n ' || n.n as offending
        from new_rows n
        left join charge_items i on i.charge_id = n.charge_id
          and i.origin_charge_id = n.charge_id and i.merchant_id = n.merchant_id
        where n.kind = 'authorization' and n.amount_yen is distinct from i.yen
          + coalesce((select sum(f.yen) from charge_items f
              where f.charge_id = n.charge_id and f.charge_id <> f.origin_charge_id), 0)
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('attempts', 'authorization_amount_is_the_sum_of_the_items',
          broken.offending, 'Insert the charge and its items first and claim exactly their sum.');
      end if;
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
      return null;
    end $$;
    create trigger attempts_rules after insert on attempts
      referencing new table as new_rows for each statement execute function check_attempts();

    create function check_outcomes() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      execute $q$
        select 'charge ' || n.charge_id || ', n ' || n.n as offending
        from new_rows n
        where not exists (select from attempts a where a.charge_id = n.charge_id and a.n = n.n
          and a.merchant_id = n.merchant_id and a.kind = 'authorization')
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('outcomes', 'outcome_has_an_authorization', broken.offending,
          'Only an authorization that was claimed for this merchant has an outcome.');
      end if;
      return null;
    end $$;
    create trigger outcomes_rules after insert on outcomes
      referencing new table as new_rows for each statement execute function check_outcomes();
  `.execute(db);

  await sql`
    create function check_endings() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      perform lock_merchant(m.merchant_id)
        from (select distinct merchant_id from new_rows order by merchant_id) m;
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
      if broken.rule is not null then
        perform refuse_fact('endings', broken.rule, broken.offending,
          'Capture, void or expire an authorization whose outcome is ok, for its amount at most.');
      end if;
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
      return null;
    end $$;
    create trigger endings_rules after insert on endings
      referencing new table as new_rows for each statement execute function check_endings();

    create function check_ending_results() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      execute $q$
        select 'charge ' || n.charge_id || ', n ' || n.n || ', k ' || n.k as offending
        from new_rows n
        where not exists (select from endings e where e.charge_id = n.charge_id and e.n = n.n
          and e.k = n.k and e.merchant_id = n.merchant_id
          and case e.kind when 'capture' then n.result <> 'voided'
            when 'void' then n.result <> 'captured' else false end)
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('ending_results', 'result_fits_its_ending', broken.offending,
          'A capture is captured, refused or not sent; a void is voided, refused or not sent; expired has no result.');
      end if;
      return null;
    end $$;
    create trigger ending_results_rules after insert on ending_results
      referencing new table as new_rows for each statement execute function check_ending_results();
  `.execute(db);

  await sql`
    create function check_contradictions() returns trigger
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
      return null;
    end $$;
    create trigger contradictions_rules after insert on contradictions
      referencing new table as new_rows for each statement execute function check_contradictions();

    create function check_contradiction_settlements() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      execute $q$
        select 'contradiction ' || n.contradiction_id as offending
        from new_rows n
        where not exists (select from contradictions x where x.id = n.contradiction_id
            and x.merchant_id = n.merchant_id)
          or not exists (select from decisions d where d.id = n.decision_id
            and d.merchant_id = n.merchant_id)
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('contradiction_settlements', 'settlement_stays_with_its_merchant',
          broken.offending, 'Contradiction, decision and settlement belong to one merchant.');
      end if;
      return null;
    end $$;
    create trigger contradiction_settlements_rules after insert on contradiction_settlements
      referencing new table as new_rows
      for each statement execute function check_contradiction_settlements();

    create function check_file_lines() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      execute $q$
        select 'exchange ' || n.exchange_id || ', line ' || n.line_number as offending
        from new_rows n
        where n.k is null and not exists (select from attempts a where a.charge_id = n.charge_id
          and a.n = n.n and a.merchant_id = n.merchant_id and a.exchange_id = n.exchange_id
          and a.amount_yen = n.yen)
        union all
        select 'exchange ' || n.exchange_id || ', line ' || n.line_number
        from new_rows n
        where n.k is not null and not exists (select from endings e where e.charge_id = n.charge_id
          and e.n = n.n and e.k = n.k and e.merchant_id = n.merchant_id
          and e.exchange_id = n.exchange_id and e.amount_yen = n.yen)
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('file_lines', 'line_has_its_claim', broken.offending,
          'Claim the attempt or ending with this exchange and amount before its line is written.');
      end if;
      return null;
    end $$;
    create trigger file_lines_rules after insert on file_lines
      referencing new table as new_rows for each statement execute function check_file_lines();

    create function check_result_lines() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      execute $q$
        select 'exchange ' || n.exchange_id || ', line ' || n.line_number as offending
        from new_rows n
        where not exists (select from file_lines f where f.exchange_id = n.exchange_id
          and f.line_number = n.line_number and f.merchant_id = n.merchant_id)
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('result_lines', 'verdict_has_a_sent_line', broken.offending,
          'Rows that answer no sent line go to result_strays.');
      end if;
      return null;
    end $$;
    create trigger result_lines_rules after insert on result_lines
      referencing new table as new_rows for each statement execute function check_result_lines();

    create function check_audit_entries() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      execute $q$
        select 'chain ' || n.chain_id || ', n ' || n.n as offending
        from new_rows n
        left join audit_entries p on p.chain_id = n.chain_id and p.n = n.n - 1
        where n.previous_hash is distinct from
          case when n.n = 1 then decode(repeat('00', 32), 'hex') else p.hash end
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('audit_entries', 'entry_is_chained_to_the_one_before', broken.offending,
          'Take lock_audit_chain, read the last hash and append the next number.');
      end if;
      return null;
    end $$;
    create trigger audit_entries_rules after insert on audit_entries
      referencing new table as new_rows for each statement execute function check_audit_entries();
  `.execute(db);
}
