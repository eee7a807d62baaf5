import { type Kysely, sql } from 'kysely';

/** Merchants, their settings, who may do what, and the record of what people did. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create table merchants (
      id bigint generated always as identity primary key,
      slug text not null unique check (slug ~ '^[a-z0-9-]{3,32}$'),
      name text not null,
      kind text not null check (kind in ('real', 'sandbox')),
      clock_offset_ms bigint not null default 0,
      created_at timestamptz not null,
      constraint real_merchants_live_in_real_time check (kind = 'sandbox' or clock_offset_ms = 0)
    );

    -- Versions are added, never changed: an approval names the version it saw.
    create table merchant_settings (
      merchant_id bigint not null references merchants,
      version int not null check (version >= 1),
      settings jsonb not null,
      actor text not null,
      reason text,
      recorded_at timestamptz not null,
      primary key (merchant_id, version)
    );

    create table tokens (
      id bigint generated always as identity primary key,
      token_hash bytea not null unique check (octet_length(token_hash) = 32),
      actor text not null,
      role text not null check (role in ('viewer', 'operator', 'approver', 'admin')),
      all_merchants boolean not null,
      created_at timestamptz not null,
      expires_at timestamptz,
      revoked_at timestamptz
    );
    create table token_merchants (
      token_id bigint not null references tokens,
      merchant_id bigint not null references merchants,
      primary key (token_id, merchant_id)
    );

    -- One chain a merchant (chain 0: acts that concern no single merchant). The entry is kept as the
    -- exact text that was hashed, so that a copy can be verified without this database.
    create table audit_entries (
      chain_id bigint not null,
      n bigint not null check (n >= 1),
      entry text not null,
      previous_hash bytea not null check (octet_length(previous_hash) = 32),
      hash bytea not null check (octet_length(hash) = 32),
      recorded_at timestamptz not null,
      primary key (chain_id, n),
      constraint audit_hash_is_of_its_entry
        check (hash = sha256(previous_hash || convert_to(entry, 'UTF8')))
    );

    -- What people told a workflow, written before the workflow says yes. The key is the Update ID.
    create table decisions (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      idempotency_key text not null,
      workflow_id text not null,
      act text not null,
      body jsonb not null,
      actor text not null,
      reason text,
      decided_at timestamptz not null,
      unique (merchant_id, idempotency_key)
    );
    create index decisions_by_workflow on decisions (merchant_id, workflow_id, id);
  `.execute(db);
}
