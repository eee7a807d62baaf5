import { sql } from 'kysely';
import type { JobKind, JobState } from '../../billing/job.ts';
import type { Db } from '../database.ts';

/** ジョブ: something that a machine did for the merchant with a file or many rows. */
export interface Job {
  readonly kind: JobKind;
  /** Its month, or its number. */
  readonly key: string;
  readonly state: JobState;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly startedBy: string;
  readonly rows: number;
  /** Rows that a person should look at. */
  readonly problems: number;
}

/** Jobs, newest first, a page at a time. */
export async function listJobs(
  db: Db,
  merchantId: number,
  page: {
    readonly kind: JobKind | null;
    /** Those that started before. */
    readonly before: string | null;
    readonly limit: number;
  },
): Promise<Job[]> {
  const { rows } = await sql<Job>`
    select kind, key, state, started_at as "startedAt", finished_at as "finishedAt",
           started_by as "startedBy", rows, problems
      from (
        select 'card_refresh' as kind, m.month as key,
               case m.stage when 'done' then 'done' when 'not_run' then 'failed'
                            else case when m.attention then 'attention' else 'running' end end
                 as state,
               m.started_at, m.closed_at as finished_at, m.started_by, m.targets as rows,
               coalesce((select r.quarantined + r.missing from refresh_result_files r
                          where r.refresh_id = m.id order by r.n desc limit 1), 0) as problems
          from card_refreshes m where m.merchant_id = ${merchantId}
        union all
        select 'import_' || i.kind, i.number::text,
               case i.stage when 'done' then 'done' when 'refused' then 'failed'
                            when 'cancelled' then 'cancelled' when 'uploaded' then 'attention'
                            else 'running' end,
               i.registered_at, i.finished_at, i.registered_by, i.rows, i.failed
          from imports i where i.merchant_id = ${merchantId}
      ) j
     where (${page.kind}::text is null or j.kind = ${page.kind})
       and (${page.before}::timestamptz is null or j.started_at < ${page.before}::timestamptz)
     order by j.started_at desc, j.kind, j.key limit ${page.limit}`.execute(db);
  return rows;
}
