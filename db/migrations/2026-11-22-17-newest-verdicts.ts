import { type Kysely, sql } from 'kysely';

/**
 * Two newer exports may come before anybody judges the first of them: its version never gets a
 * verdict. So a verdict is replaced by that of any later version, not only of the next: else an
 * order that was cancelled in the meantime would be billed by its old verdict.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create or replace view order_verdicts as
    select r.* from selection_rows r
     where not exists (select from selection_rows later
        where later.collection_id = r.collection_id and later.record = r.record
          and later.n = r.n + 1 and later.n > 1)
       -- "is not true" has every row probed by key: what newer exports brought is not counted yet when
       -- it is judged, and joined as if it were nothing, 2,000 rows against 300,000 took a minute.
       and exists (select from selection_rows later
        where later.cycle_id = r.cycle_id and later.order_number = r.order_number
          and later.version > r.version and later.version > 1) is not true
       and (r.order_number is not null or not exists (select from order_collections c
        where c.cycle_id = r.cycle_id and c.id > r.collection_id and c.complete));
  `.execute(db);
}
