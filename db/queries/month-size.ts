import { sql } from 'kysely';
import type { Db } from '../database.ts';

/** Rows from which counting a month takes long enough to be noticed. */
const largeRows = 100_000;

/**
 * Whether the exports of a month, or of all open months (null), hold so many rows that whoever counts
 * its charges waits. Asks what the exports said of themselves: it counts nothing.
 */
export async function isLargeMonth(
  db: Db,
  merchantId: number,
  cycleId: number | null,
): Promise<boolean> {
  const { rows } = await sql<{ large: boolean }>`
    select coalesce(sum(k.records), 0) >= ${largeRows} as large
      from cycles y join order_collections k on k.cycle_id = y.id
     where y.merchant_id = ${merchantId}
       and case when ${cycleId}::bigint is null then y.stage <> 'closed' else y.id = ${cycleId} end`.execute(
    db,
  );
  return rows[0]?.large ?? false;
}
