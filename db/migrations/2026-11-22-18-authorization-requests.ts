import { type Kysely, sql } from 'kysely';

/**
 * Who may be authorized again. An attempt that came to nothing is never followed by another one of
 * itself: a plan or a person asks for it, once for each attempt, whatever the reason.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create table authorization_requests (
      charge_id bigint not null,
      -- The attempt that was declined, expired or voided: attempt n + 1 may be claimed.
      n int not null check (n >= 1),
      merchant_id bigint not null references merchants,
      -- retry: of a declined charge, in a supplementary file. again: of one that expired or was voided.
      kind text not null check (kind in ('retry', 'again')),
      -- Null: the plan of the merchant's settings asked.
      decision_id bigint references decisions,
      requested_at timestamptz not null,
      primary key (charge_id, n)
    );
    create index authorization_requests_by_merchant on authorization_requests (merchant_id, kind);
    grant select, insert on authorization_requests to tsukigime_app;
  `.execute(db);
}
