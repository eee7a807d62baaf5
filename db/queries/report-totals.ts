import { sql } from 'kysely';
import type { ReportedAuthorizations, ReportedEndings } from '../../billing/cycle-report.ts';
import type { Db } from '../database.ts';

/** Every attempt to authorize a charge of the month, by its outcome. */
export async function countAuthorizations(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<ReportedAuthorizations[]> {
  const { rows } = await sql<ReportedAuthorizations>`
    select coalesce(o.outcome, 'open') as outcome, count(*)::int as rows,
           sum(a.amount_yen)::float8 as yen
      from charges c
      join attempts a on a.charge_id = c.id and a.kind = 'authorization'
      left join outcomes o on o.charge_id = a.charge_id and o.n = a.n
     where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
     group by 1
     order by array_position(array['ok', 'declined', 'rejected', 'not_sent', 'open'],
                             coalesce(o.outcome, 'open'))`.execute(db);
  return rows;
}

/** Every claim on an authorization of the month: captures, voids and expiries, by their results. */
export async function countEndings(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<ReportedEndings[]> {
  const { rows } = await sql<ReportedEndings>`
    select kind, result, count(*)::int as rows, sum(amount_yen)::float8 as yen
      from (select e.kind, e.amount_yen,
                   case when e.kind = 'expired' then 'expired'
                        else coalesce(r.result, 'open') end as result
              from charges c
              join endings e on e.charge_id = c.id
              left join ending_results r on r.charge_id = e.charge_id and r.n = e.n and r.k = e.k
             where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}) ended
     group by kind, result
     order by array_position(array['capture', 'void', 'expired'], kind),
              array_position(array['captured', 'voided', 'expired', 'refused', 'not_sent', 'open'],
                             result)`.execute(db);
  return rows;
}
