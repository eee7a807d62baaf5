import { type Kysely, sql } from 'kysely';

/** A capture may be asked for below the authorized amount: what of the order is shipped, no more. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- Null: the authorized amount. The rules of endings hold it to the authorization.
    alter table capture_requests add column amount_yen int check (amount_yen >= 1);
  `.execute(db);
}
