import { type Kysely, sql } from 'kysely';

/**
 * What leads to the few charges of a month that end another way than by a capture, so that lists of
 * them need not walk through a million. Most rows are in none of these.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create index attempts_of_no_file on attempts (merchant_id, kind, charge_id)
      where kind <> 'authorization';
    create index endings_without_capture on endings (merchant_id, kind, charge_id)
      where kind <> 'capture';
  `.execute(db);
}
