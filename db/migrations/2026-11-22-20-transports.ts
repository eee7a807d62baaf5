import { type Kysely, sql } from 'kysely';

/** Files that travel without a person: when a machine acts next, what it last heard, what it saw. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- due_at: when the machine sends, asks or looks again; null = now, or never again by itself
    -- (attention). note: what stands in the way, in an operator's words; null = nothing.
    alter table exchanges add column due_at timestamptz, add column note text;
    grant update (due_at, note) on exchanges to tsukigime_app;

    -- A result as looks saw it in its folder: it is read once it has stood still.
    create table result_sightings (
      merchant_id bigint not null references merchants,
      file_name text not null,
      bytes bigint not null,
      mark text not null,
      seen_at timestamptz not null,
      primary key (merchant_id, file_name, bytes, mark)
    );
    grant select, insert on result_sightings to tsukigime_app;

    -- No file is sent again before it is proven that it did not arrive, whatever code runs.
    create function check_sends() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    declare broken text;
    begin
      select 'exchange ' || s.exchange_id into broken from new_rows s
       where s.send_number > 1 and not exists (select from send_answers a
         where a.exchange_id = s.exchange_id and a.send_number = s.send_number - 1
           and a.answer = 'not_sent')
       limit 1;
      if broken is not null then
        perform refuse_fact(tg_table_name, 'sent_again_only_if_not_sent', broken,
          'What became of the earlier sending must be known first: ask the PSP.');
      end if;
      return null;
    end $$;
    create trigger sends_once after insert on sends
      referencing new table as new_rows for each statement execute function check_sends();
  `.execute(db);
}
