import { sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { Db } from '../database.ts';

/** What a month handed on to later ones, and what it took over of earlier ones. */
export async function countCarriedOver(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<Record<'to' | 'from', RowsAndYen>> {
  const { rows } = await sql<RowsAndYen & { way: 'to' | 'from' }>`
    select 'to' as way, count(*)::int as rows, coalesce(sum(i.yen), 0)::float8 as yen
      from charges c
      join charge_items i on i.origin_charge_id = c.id and i.charge_id <> i.origin_charge_id
     where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
    union all
    select 'from', count(*)::int, coalesce(sum(i.yen), 0)::float8
      from charges c
      join charge_items i on i.charge_id = c.id and i.charge_id <> i.origin_charge_id
     where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}`.execute(db);
  const of = (way: 'to' | 'from') => {
    const { rows: count = 0, yen = 0 } = rows.find((row) => row.way === way) ?? {};
    return { rows: count, yen };
  };
  return { to: of('to'), from: of('from') };
}
