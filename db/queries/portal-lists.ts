import { type RawBuilder, sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { Db } from '../database.ts';

/** The lists that an operator works on the portal: captures without a file, and voids. */
export type PortalListKind = 'capture' | 'void';

/** What stands on a list of a month and nobody has answered: the endings, order_number, position. */
export const openOnListOf = (
  merchantId: number,
  list: { readonly cycleId: number; readonly kind: PortalListKind },
): RawBuilder<unknown> => sql`
  select e.*, c.order_number, c.position
    from endings e join charges c on c.id = e.charge_id
   where e.merchant_id = ${merchantId} and e.kind = ${list.kind} and e.exchange_id is null
     and c.cycle_id = ${list.cycleId}
     and not exists (select from ending_results r
                      where r.charge_id = e.charge_id and r.n = e.n and r.k = e.k)`;

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
