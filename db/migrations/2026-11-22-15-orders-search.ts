import { type Kysely, sql } from 'kysely';

/** A month's orders are listed newest first, page by page: whoever has no time comes last. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create index orders_newest on orders
      (cycle_id, (coalesce(ordered_at, '-infinity'::timestamptz)), collection_id, record);
    create index quarantined_orders_by_cycle on quarantined_orders (cycle_id, collection_id, record);
  `.execute(db);
}
