import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.ts';

/** How the server under this connection is set up; nothing of any merchant. */
export interface ServerState {
  /** Whether this very connection is encrypted. */
  readonly encrypted: boolean;
  /** `failing`: the newest try to archive WAL did not work. */
  readonly archive: 'off' | 'on' | 'failing';
}

export async function readServerState(db: Kysely<Database>): Promise<ServerState> {
  const { rows } = await sql<{ encrypted: boolean; mode: string; failing: boolean }>`
    select (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as encrypted,
           current_setting('archive_mode') as mode,
           coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) as failing
      from pg_stat_archiver`.execute(db);
  const [{ encrypted, mode, failing } = { encrypted: false, mode: 'off', failing: false }] = rows;
  const archive = failing ? 'failing' : mode === 'off' ? 'off' : 'on';
  return { encrypted, archive };
}
