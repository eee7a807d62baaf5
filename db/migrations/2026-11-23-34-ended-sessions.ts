import { type Kysely, sql } from 'kysely';

/**
 * Sessions that ended are kept as long as they say which browser a user knows, and are removed then by a
 * function of the owner: the application may remove nothing else. It takes days, and no fewer than that.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create function remove_ended_sessions(days int) returns int
      language plpgsql security definer set search_path = public, pg_temp as $$
    declare removed int;
    begin
      if days is null or days < 90 then
        raise exception 'sessions are kept for 90 days at least';
      end if;
      delete from sessions
       where started_at < clock_timestamp() - make_interval(days => days)
         and least(ended_at, expires_at) < clock_timestamp();
      get diagnostics removed = row_count;
      return removed;
    end $$;
    revoke execute on function remove_ended_sessions from public;
    grant execute on function remove_ended_sessions to tsukigime_app;
  `.execute(db);
}
