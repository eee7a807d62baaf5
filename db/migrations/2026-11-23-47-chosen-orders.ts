import { type Kysely, sql } from 'kysely';

/** A run of chosen orders says itself how many they are: the list of runs counts none of them. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    alter table runs add column orders int;
    update runs u set orders = (select count(*) from run_orders o where o.run_id = u.id)
     where u.scope = 'chosen';
    alter table runs add constraint chosen_runs_know_their_orders
      check ((scope = 'chosen') = (orders is not null));
  `.execute(db);
}
