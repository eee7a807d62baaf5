import { type Kysely, sql } from 'kysely';

/** Why a month stands still, and that a cycle bills an order once whatever the settings become. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- The sentence with which the cycle's latest step was refused; null when nothing stands in its way.
    alter table cycles add column trouble text;
    grant update (trouble) on cycles to tsukigime_app;

    -- The identity of an order may change with the settings in the middle of a month: even then the
    -- month bills it once.
    create unique index charges_once_a_cycle on charges (cycle_id, order_number);
  `.execute(db);
}
