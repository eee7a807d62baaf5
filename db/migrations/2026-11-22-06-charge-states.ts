import { type Kysely, sql } from 'kysely';

/** What a charge is, told from its facts; and what the application may do to each table. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- Attempts and endings are numbered without gaps, so the latest is the one that has no next.
    -- Few have one, and these two indexes hold only them: the anti-joins cost next to nothing,
    -- for a whole cycle (hashed) and for one charge (probed).
    create index attempts_again on attempts (charge_id, n) where n > 1;
    create index endings_again on endings (charge_id, n, k) where k > 1;

    -- What only an unanswered claim needs (the verdict of a result file) is asked inside its own
    -- CASE branch.
    create view charge_states as
    select c.id as charge_id, c.merchant_id, c.cycle_id, c.order_number, c.customer_number,
      c.position,
      case
        when exists (select from contradictions d where d.charge_id = c.id and not exists
          (select from contradiction_settlements s where s.contradiction_id = d.id))
          then 'quarantined'
        when a.kind is null or a.kind = 'released' then 'planned'
        when a.kind <> 'authorization' then a.kind
        when o.outcome in ('rejected', 'not_sent') then 'planned'
        when o.outcome = 'declined' then 'declined'
        when e.kind = 'expired' then 'expired'
        when o.outcome = 'ok' and e.kind is null then 'authorized'
        when r.result in ('captured', 'voided') then r.result
        when r.result is not null then 'authorized'
        else case (
            select l.verdict
            from result_files f
            join file_lines s on s.exchange_id = f.exchange_id
            join result_lines l on l.exchange_id = f.exchange_id and l.round = f.round
              and l.line_number = s.line_number
            where f.exchange_id = x.id and s.charge_id = c.id
            order by f.round desc limit 1)
          when 'unknown' then 'unknown'
          when 'quarantined' then 'quarantined'
          else case when x.stage = 'unknown' then 'unknown'
            when e.kind is null then 'sent'
            else e.kind || '_sent' end
          end
      end as state,
      a.n, e.k,
      coalesce((select sum(i.yen) from charge_items i where i.charge_id = c.id), 0)::int
        as amount_yen,
      case when r.result = 'captured' then e.amount_yen else 0 end as captured_yen,
      coalesce(r.response_code, o.response_code) as response_code,
      coalesce(r.response_detail, o.response_detail) as response_detail,
      o.capture_before
    from charges c
    left join (select * from attempts t where not exists (select from attempts later
      where later.charge_id = t.charge_id and later.n = t.n + 1 and later.n > 1)) a on a.charge_id = c.id
    left join outcomes o on o.charge_id = a.charge_id and o.n = a.n
    left join (select * from endings t where not exists (select from endings later
      where later.charge_id = t.charge_id and later.n = t.n and later.k = t.k + 1
        and later.k > 1)) e
      on e.charge_id = a.charge_id and e.n = a.n
    left join ending_results r on r.charge_id = e.charge_id and r.n = e.n and r.k = e.k
    left join exchanges x
      on x.id = case when e.k is null then a.exchange_id else e.exchange_id end;
  `.execute(db);

  // Roles belong to the whole server: another database may have made it, or be making it now.
  await sql`
    do $$ begin
      if not exists (select from pg_roles where rolname = 'tsukigime_app') then
        create role tsukigime_app nologin;
      end if;
    exception when duplicate_object or unique_violation then null;
    end $$;

    grant usage on schema public to tsukigime_app;
    grant select on all tables in schema public to tsukigime_app;
    revoke select on kysely_migration_lock from tsukigime_app;
    grant usage on all sequences in schema public to tsukigime_app;
    grant insert on merchants, merchant_settings, tokens, token_merchants, audit_entries, decisions,
      files, file_chunks, mail_outbox, mail_sends, mail_send_answers, deliveries,
      cycles, order_collections, orders, quarantined_orders, selections, selection_rows,
      charges, charge_items, attempts, outcomes, endings, ending_results,
      contradictions, contradiction_settlements, exchanges, sends, send_answers, format_errors,
      file_lines, result_files, result_lines, result_strays
      to tsukigime_app;
    grant update (name, clock_offset_ms) on merchants to tsukigime_app;
    grant update (revoked_at) on tokens to tsukigime_app;
    grant update (state, attempt, due_at) on deliveries to tsukigime_app;
    grant update (stage, attention, closed_at) on cycles to tsukigime_app;
    grant update (stage, attention, file_id, records, amount_yen, acceptance_number, accepted_at,
      completed_at, finished_at) on exchanges to tsukigime_app;
  `.execute(db);
}
