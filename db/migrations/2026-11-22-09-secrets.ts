import { type Kysely, sql } from 'kysely';

/**
 * What Tsukigime needs to reach other people's machines for a merchant: secrets, the hosts that an
 * admin allowed although their address is not public, and what was seen at the source of its orders.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- AES-256-GCM under a file key, bound to merchant, name and version. A new value is a new version.
    create table merchant_secrets (
      merchant_id bigint not null references merchants,
      name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
      version int not null check (version >= 1),
      key_id text not null,
      iv bytea not null,
      data bytea not null,
      set_at timestamptz not null,
      set_by text not null,
      primary key (merchant_id, name, version)
    );

    -- The newest version of a host says whether its private address may be called.
    create table allowed_hosts (
      merchant_id bigint not null references merchants,
      host text not null,
      version int not null check (version >= 1),
      allowed boolean not null,
      reason text not null,
      set_at timestamptz not null,
      set_by text not null,
      primary key (merchant_id, host, version)
    );

    -- What a month took, or refused, from the source of its orders: once for each name, size and mark
    -- (the source's own note of a change). Only a refusal comes later, when the export is read.
    create table source_files (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      cycle_id bigint not null references cycles,
      source text not null,
      name text not null,
      bytes bigint not null check (bytes >= 0),
      mark text not null,
      sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
      fetched_at timestamptz not null,
      refusal text,
      refused_settings_version int,
      unique (merchant_id, cycle_id, source, name, bytes, mark),
      check (sha256 is not null or refusal is not null)
    );
    create index source_files_by_hash on source_files (merchant_id, sha256);

    -- The latest look at a merchant's source. It changes with every look.
    create table source_looks (
      merchant_id bigint primary key references merchants,
      looked_at timestamptz not null,
      source text not null,
      -- [{name, bytes, mark, since}]: a file that is still being written changes between two looks.
      seen jsonb not null,
      error text,
      error_at timestamptz
    );

    grant select, insert on merchant_secrets, allowed_hosts, source_files, source_looks
      to tsukigime_app;
    grant usage on all sequences in schema public to tsukigime_app;
    grant update (refusal, refused_settings_version) on source_files to tsukigime_app;
    grant update (looked_at, source, seen, error, error_at) on source_looks to tsukigime_app;
  `.execute(db);
}
