import { sql } from 'kysely';
import type { Trx } from './database.ts';

/** What COPY writes for each row of a result, in this order (db/queries/card-refresh-merge.ts). */
export const STAGED_REFRESH_COLUMNS = [
  'line',
  'member_id',
  'sequence',
  'target_line',
  'verdict',
  'last_digits',
  'expiry',
  'fault',
  'field',
] as const;

/**
 * Where the rows of a result lie between COPY and merge: a temporary table of the merge's own
 * transaction, without an index.
 */
export async function createRefreshStage(trx: Trx): Promise<void> {
  await sql`
    create temp table staged_refresh (
      line int, member_id text, sequence text, target_line int, verdict smallint, last_digits text,
      expiry text, fault text, field text
    ) on commit drop`.execute(trx);
}
