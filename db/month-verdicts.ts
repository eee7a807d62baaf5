import { type RawBuilder, sql } from 'kysely';

/**
 * The verdicts of one month that hold today (`order_verdicts`), read as many as they are: while a month has
 * one export and one selection, each row's first verdict is its only one, and no row is asked for a later
 * one. A month of a million is counted in a fifth of the time so.
 *
 * @param columns SQL over `v`
 * @param rest what follows the conditions, the same of both: `and …`, `group by …`
 */
export const overVerdicts = (
  cycleId: number,
  columns: RawBuilder<unknown>,
  rest: RawBuilder<unknown> = sql``,
): RawBuilder<unknown> => sql`
  with again as materialized (
    select exists (select from order_collections where cycle_id = ${cycleId} offset 1)
        or exists (select from selections where cycle_id = ${cycleId} offset 1) as anew)
  select ${columns} from order_verdicts v
   where v.cycle_id = ${cycleId} and (select anew from again) ${rest}
  union all
  select ${columns} from selection_rows v
   where v.cycle_id = ${cycleId} and not (select anew from again) ${rest}`;

/** One by one. */
export const verdictsOf = (
  cycleId: number,
  verdict: 'selected' | 'excluded',
): RawBuilder<unknown> => {
  const columns = sql`v.merchant_id, v.cycle_id, v.collection_id, v.record, v.order_number,
    v.amount_yen, v.verdict, v.reason`;
  return overVerdicts(cycleId, columns, sql`and v.verdict = ${verdict}`);
};
