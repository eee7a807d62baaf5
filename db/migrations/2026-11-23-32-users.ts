import { type Kysely, sql } from 'kysely';

/** People who log in, what they may do where, their sessions, and the published heads of the audit. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create table users (
      id bigint generated always as identity primary key,
      login text not null unique check (login ~ '^[a-z0-9][a-z0-9._@+-]{2,63}$'),
      name text not null check (length(name) between 1 and 100),
      -- $scrypt$ln=…,r=…,p=…$salt$hash
      password_hash text not null check (password_hash like '$scrypt$%'),
      password_set_at timestamptz not null,
      password_set_by text not null,
      disabled_at timestamptz,
      created_at timestamptz not null,
      created_by text not null
    );

    -- The newest row of a user and merchant says what holds; merchant null = everywhere.
    create table user_grants (
      id bigint generated always as identity primary key,
      user_id bigint not null references users,
      merchant_id bigint references merchants,
      -- Null takes away what was given.
      role text check (role in ('viewer', 'operator', 'approver', 'admin')),
      export_personal_data boolean not null,
      edit_send_parameters boolean not null,
      granted_at timestamptz not null,
      granted_by text not null,
      check (role is not null or not (export_personal_data or edit_send_parameters))
    );
    create index user_grants_newest on user_grants (user_id, merchant_id, id desc);
    create index user_grants_by_merchant on user_grants (merchant_id, user_id);

    -- The cookie's secret is known by its hash alone; the CSRF token follows from the secret.
    create table sessions (
      id bigint generated always as identity primary key,
      session_hash bytea not null unique check (octet_length(session_hash) = 32),
      user_id bigint not null references users,
      -- The browser it was begun in: one that its user has used before is no stranger at the door.
      device_hash bytea not null check (octet_length(device_hash) = 32),
      started_at timestamptz not null,
      seen_at timestamptz not null,
      expires_at timestamptz not null,
      ended_at timestamptz,
      check (expires_at > started_at)
    );
    create index sessions_by_user on sessions (user_id, started_at);
    create index sessions_by_device on sessions (device_hash, user_id);

    -- Null: as the role could do before rights were there.
    alter table tokens
      add column export_personal_data boolean,
      add column edit_send_parameters boolean;

    -- Where a chain stood at the end of a day: published, so that nobody can shorten it unseen.
    create table audit_heads (
      chain_id bigint not null,
      day date not null,
      n bigint not null check (n >= 1),
      hash bytea not null check (octet_length(hash) = 32),
      recorded_at timestamptz not null,
      primary key (chain_id, day),
      foreign key (chain_id, n) references audit_entries (chain_id, n)
    );

    grant select, insert on users, user_grants, sessions, audit_heads to tsukigime_app;
    grant update (name, password_hash, password_set_at, password_set_by, disabled_at)
      on users to tsukigime_app;
    grant update (seen_at, ended_at) on sessions to tsukigime_app;
  `.execute(db);
}
