import { type Kysely, sql } from 'kysely';

/**
 * What a month would bill before it does (previews), and who let it go (clearances). A charge names
 * the preview in which it was cleared, so that each claim can ask whether that still holds.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- A look at what would be billed: of the month's own run, or a dry run that somebody asked for.
    create table previews (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      -- A dry run may look at a month that was never started: no cycle is named.
      billing_month text not null check (billing_month ~ '^\\d{4}-(0[1-9]|1[0-2])$'),
      n int not null check (n >= 1),
      kind text not null check (kind in ('run', 'dry_run')),
      -- The export that a dry run reads; null: what the month has collected.
      file_id bigint references files,
      -- Who asked for the billing: under four eyes none of them approves it.
      requesters text[] not null,
      -- Of the request for a dry run: sent again, it is the same one.
      request_key text,
      requested_at timestamptz not null,
      unique (merchant_id, billing_month, n),
      unique (merchant_id, request_key),
      check (kind = 'dry_run' or (file_id is null and request_key is null))
    );
    create table preview_results (
      preview_id bigint primary key references previews,
      merchant_id bigint not null references merchants,
      -- The sentence with which a dry run was refused; then there is nothing else.
      trouble text,
      settings_version int,
      -- What the month had selected, and its open runs: while neither changes, nor does the billing.
      selection_id bigint,
      run_ids bigint[] not null default '{}',
      sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
      charges int check (charges >= 0),
      amount_yen bigint check (amount_yen >= 0),
      summary jsonb,
      computed_at timestamptz not null,
      check (num_nulls(settings_version, sha256, charges, amount_yen, summary)
               = case when trouble is null then 0 else 5 end)
    );
    -- Order and customer numbers and yen; names stand at the order alone.
    create table preview_findings (
      preview_id bigint not null references previews,
      kind text not null,
      i int not null check (i >= 1),
      merchant_id bigint not null,
      order_number text not null,
      customer_number text not null,
      amount_yen int,
      last_order_number text,
      last_yen int,
      detail text,
      -- Those of a kind stand together.
      primary key (preview_id, i)
    );

    -- What became of a run's preview, once: the key decides between people who decide at a time.
    create table clearances (
      preview_id bigint primary key references previews,
      merchant_id bigint not null references merchants,
      cycle_id bigint not null references cycles,
      -- not_needed: the policy asks nobody.
      verdict text not null check (verdict in ('not_needed', 'approved', 'rejected')),
      settings_version int not null,
      decision_id bigint references decisions,
      cleared_at timestamptz not null,
      check ((verdict = 'not_needed') = (decision_id is null))
    );
    create index clearances_by_cycle on clearances (cycle_id, preview_id);

    -- The preview under which a charge was made; null in charges that are older than previews.
    alter table charges add column preview_id bigint;
    -- The preview in which a charge that came back was cleared again.
    create table charge_clearances (
      charge_id bigint not null,
      preview_id bigint not null references clearances,
      merchant_id bigint not null,
      primary key (charge_id, preview_id)
    );
    -- A run that was not approved: its orders wait for another one.
    create table run_withdrawals (
      run_id bigint primary key references runs,
      merchant_id bigint not null,
      decision_id bigint not null references decisions,
      withdrawn_at timestamptz not null
    );

    grant select, insert on previews, preview_results, preview_findings, clearances,
      charge_clearances, run_withdrawals to tsukigime_app;
    grant usage on all sequences in schema public to tsukigime_app;
  `.execute(db);
}
