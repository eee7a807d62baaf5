import { type Kysely, sql } from 'kysely';

/** People hold what starts by itself, and let it go on: Temporal may lose that, the record may not. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- The newest row of a kind of work says whether its Schedule is paused.
    create table schedule_decisions (
      merchant_id bigint not null references merchants,
      what text not null check (what in ('cycle', 'refresh', 'retention')),
      n int not null check (n > 0),
      paused boolean not null,
      actor text not null,
      reason text not null,
      decided_at timestamptz not null,
      primary key (merchant_id, what, n)
    );

    grant select, insert on schedule_decisions to tsukigime_app;
  `.execute(db);
}
