import { sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { Db } from '../database.ts';
import { openOnListOf, type PortalListKind } from '../fragments.ts';

/** What a list of a month holds in all. */
export async function sumPortalList(
  db: Db,
  merchantId: number,
  list: { readonly cycleId: number; readonly kind: PortalListKind },
): Promise<RowsAndYen> {
  const { rows } = await sql<RowsAndYen>`
    select count(*)::int as rows, coalesce(sum(e.amount_yen), 0)::float8 as yen
      from (${openOnListOf(merchantId, list)}) e`.execute(db);
  return rows[0] ?? { rows: 0, yen: 0 };
}
