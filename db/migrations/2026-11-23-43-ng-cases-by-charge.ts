import { type Kysely, sql } from 'kysely';

/** Whether a declined charge has a case is asked after every step of a month: by key, not of all cases. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`create index ng_cases_by_charge on ng_cases (charge_id)`.execute(db);
}
