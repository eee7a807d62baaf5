import { type Kysely, sql } from 'kysely';

/**
 * The checks of lines look up their claim by its key alone, and compare the rest: asked for the exchange as
 * well, Postgres may take the index of exchanges while it has not counted a new one, and then reads all
 * claims of a file for each of its lines.
 */
const settings = sql.raw(`set search_path = public, pg_temp
      set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off`);

// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create or replace function check_file_lines() returns trigger
      language plpgsql ${settings} as $$
    declare broken record; came record;
    begin
      execute $q$
        select coalesce(bool_or(k is null), false) as authorizations,
          coalesce(bool_or(k is not null), false) as endings
        from new_rows
      $q$ into came;
      select null as offending into broken;
      if came.authorizations then
        execute $q$
          select 'exchange ' || n.exchange_id || ', line ' || n.line_number as offending
          from new_rows n
          left join attempts a on a.charge_id = n.charge_id and a.n = n.n
          where n.k is null and (a.merchant_id, a.exchange_id, a.amount_yen)
            is distinct from (n.merchant_id, n.exchange_id, n.yen)
        $q$ into broken;
      end if;
      if came.endings and broken.offending is null then
        execute $q$
          select 'exchange ' || n.exchange_id || ', line ' || n.line_number as offending
          from new_rows n
          left join endings e on e.charge_id = n.charge_id and e.n = n.n and e.k = n.k
          where n.k is not null and (e.merchant_id, e.exchange_id, e.amount_yen)
            is distinct from (n.merchant_id, n.exchange_id, n.yen)
        $q$ into broken;
      end if;
      if broken.offending is not null then
        perform refuse_fact('file_lines', 'line_has_its_claim', broken.offending,
          'Claim the attempt or ending with this exchange and amount before its line is written.');
      end if;
      return null;
    end $$;

    create or replace function check_result_lines() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      execute $q$
        select 'exchange ' || n.exchange_id || ', line ' || n.line_number as offending
        from new_rows n
        left join file_lines f on f.line_number = n.line_number and f.exchange_id = n.exchange_id
        where f.merchant_id is distinct from n.merchant_id
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('result_lines', 'verdict_has_a_sent_line', broken.offending,
          'Rows that answer no sent line go to result_strays.');
      end if;
      return null;
    end $$;
  `.execute(db);
}
