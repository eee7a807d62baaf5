import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

/**
 * What the application may change in a table besides inserting rows: the columns of its UPDATE.
 * Every table stands here; a new one fails the test until someone says what it is.
 */
const updatableColumns: Readonly<Record<string, readonly string[]>> = {
  allowed_hosts: [],
  cards: [
    'auth_key_data',
    'auth_key_id',
    'auth_key_iv',
    'brand',
    'deleted_at',
    'expiry',
    'holder',
    'import_id',
    'last_digits',
    'send_id',
    'sequence',
    'updated_at',
  ],
  card_lock_override_answers: [],
  card_lock_overrides: [],
  card_locks: [],
  card_notices: [],
  schedule_decisions: [],
  card_unlocks: [],
  card_refreshes: [
    'attention',
    'closed_at',
    'due_at',
    'first',
    'note',
    'request_at',
    'request_file_id',
    'sent_at',
    'stage',
    'targets',
    'unclear_at',
  ],
  epos_banners: [],
  refresh_quarantine: [],
  refresh_result_files: [],
  refresh_results: [],
  refresh_send_answers: [],
  refresh_sends: [],
  refresh_targets: [],
  card_migrations: ['due_at', 'finished_at', 'note', 'stage', 'waits_since'],
  migration_acceptances: [],
  migration_acknowledgements: [],
  migration_card_changes: ['auth_key_data', 'auth_key_id', 'auth_key_iv', 'holder'],
  migration_customer_decisions: [],
  migration_customers: [],
  migration_hand_overs: [],
  migration_link_files: [],
  migration_rounds: [
    'coverage',
    'failed',
    'finished_at',
    'import_id',
    'imported',
    'lines',
    'quarantined',
    'settings_version',
    'state',
    'superseded_at',
    'trouble',
  ],
  migration_rows: [],
  customer_mail_bounces: [],
  customer_mail_templates: [],
  customer_mail_tries: [],
  customer_mails: [],
  customer_numberings: ['last_id'],
  customer_reviews: ['acknowledged_at', 'acknowledged_by'],
  customer_tags: ['deleted_at', 'name'],
  customers: [
    'birth_date',
    'blanked_at',
    'building',
    'city',
    'customer_type',
    'deleted_at',
    'email',
    'gender',
    'import_id',
    'kana',
    'name',
    'newsletter',
    'occupation_id',
    'phone',
    'postal_code',
    'prefecture',
    'street',
    'tag_ids',
    'updated_at',
  ],
  import_failures: [],
  import_warnings: [],
  imports: [
    'encoding',
    'failed',
    'finished_at',
    'imported',
    'remarks',
    'rows',
    'settings_version',
    'stage',
    'started_at',
    'trouble',
    'warned',
  ],
  occupations: ['deleted_at', 'name'],
  subscriptions: ['amount_yen', 'card_id', 'deleted_at', 'next_month', 'status', 'updated_at'],
  attempts: [],
  audit_entries: [],
  audit_heads: [],
  authorization_requests: [],
  capture_requests: [],
  capture_waves: [],
  payment_details: [],
  payment_inquiries: [],
  payment_inquiry_rows: [],
  payment_inquiry_uses: [],
  carrier_calls: [],
  carrier_resend_closings: [],
  carrier_resend_tasks: [],
  carrier_results: [],
  carrier_verdicts: [],
  carry_over_choices: [],
  charge_items: [],
  charge_tallies: [],
  charge_registrations: [],
  charge_clearances: [],
  charges: [],
  clearances: [],
  preview_findings: [],
  preview_results: [],
  previews: [],
  run_withdrawals: [],
  closed_months: [],
  correction_acknowledgements: [],
  corrections: [],
  completion_mails: [],
  completion_matches: [],
  contradiction_settlements: [],
  contradictions: [],
  cycles: [
    'attention',
    'attention_since',
    'closed_at',
    'stage',
    'stage_changes',
    'stage_since',
    'trouble',
  ],
  decisions: [],
  desk_decisions: [],
  deliveries: ['act_id', 'attempt', 'due_at', 'resent_by', 'state', 'tries_left'],
  webhook_events: [],
  delivery_attempts: [],
  delivery_endpoints: [
    'back_off_seconds',
    'circuit_failures',
    'circuit_open_until',
    'circuit_pause_seconds',
    'concurrency',
    'encoding',
    'events',
    'failures_in_a_row',
    'secret_name',
    'secret_overlap_hours',
    'state',
    'timeout_ms',
    'url',
    'version',
  ],
  ending_results: [],
  endings: [],
  exchanges: [
    'acceptance_number',
    'accepted_at',
    'amount_yen',
    'attention',
    'completed_at',
    'due_at',
    'file_id',
    'finished_at',
    'note',
    'records',
    'stage',
    'unclear_at',
  ],
  file_chunks: [],
  file_lines: [],
  files: [],
  format_errors: [],
  mail_outbox: ['next_due_at', 'state'],
  mail_send_answers: [],
  mail_sends: [],
  mailbox_mails: [],
  merchant_secrets: [],
  merchant_settings: [],
  merchants: ['clock_offset_ms', 'name'],
  ng_case_steps: [],
  ng_cases: [
    'class',
    'closed_at',
    'code',
    'due_at',
    'limit_kind',
    'n',
    'next_step',
    'outcome',
    'plan',
    'recovered_by',
    'revision',
    'why',
  ],
  notice_reads: [],
  notices: [],
  order_absences: [],
  order_collections: [],
  order_hold_releases: [],
  order_holds: [],
  orders: [],
  outcomes: [],
  quarantined_orders: [],
  result_files: [],
  result_lines: [],
  result_sightings: [],
  result_strays: [],
  run_orders: [],
  run_plans: [],
  runs: [],
  selection_rows: [],
  selections: [],
  send_answers: [],
  send_error_acts: [],
  send_error_digests: [],
  send_errors: [],
  sends: [],
  sessions: ['ended_at', 'seen_at'],
  shipments: [],
  stray_settlements: [],
  source_files: ['refusal', 'refused_settings_version'],
  source_looks: ['error', 'error_at', 'looked_at', 'seen', 'source'],
  token_merchants: [],
  tokens: ['revoked_at'],
  user_grants: [],
  users: ['disabled_at', 'name', 'password_hash', 'password_set_at', 'password_set_by'],
};

/** Read by `doctor` and readiness; written by migrations alone. */
const readOnly = [
  'charge_states',
  'closed_months',
  'open_order_holds',
  'open_card_locks',
  'webhook_wishes',
  'billing_card_locks',
  'locked_charges',
  'migration_results',
  'migration_scope',
  'order_verdicts',
  'kysely_migration',
];
const closed = ['kysely_migration_lock'];

const everyPrivilege = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'TRUNCATE',
  'REFERENCES',
  'TRIGGER',
];

let database: TestDatabase;
let owner: Db;
let app: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = openDatabase(database.ownerUrl);
  app = openDatabase(database.appUrl);
});
afterAll(async () => {
  await owner.destroy();
  await app.destroy();
  await database.drop();
});

async function readTablePrivileges(): Promise<Record<string, string[]>> {
  const { rows } = await sql<{ name: string; privileges: string[] }>`
    select c.relname as name, coalesce(array_agg(p order by p)
      filter (where has_table_privilege('tsukigime_app', c.oid, p)), '{}') as privileges
    from pg_class c, unnest(${everyPrivilege}::text[]) p
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
    group by c.relname`.execute(owner);
  return Object.fromEntries(rows.map((row) => [row.name, row.privileges]));
}

describe('the application', () => {
  test('reads and inserts, and has no other right to any table', async () => {
    expect(await readTablePrivileges()).toEqual({
      ...Object.fromEntries(
        Object.keys(updatableColumns).map((table) => [table, ['INSERT', 'SELECT']]),
      ),
      ...Object.fromEntries(readOnly.map((table) => [table, ['SELECT']])),
      ...Object.fromEntries(closed.map((table) => [table, []])),
    });
  });

  test('updates the columns that are no facts, and no others', async () => {
    const { rows } = await sql<{ name: string; columns: string[] }>`
      select c.relname as name, coalesce(array_agg(a.attname::text order by a.attname)
        filter (where has_column_privilege('tsukigime_app', c.oid, a.attnum, 'UPDATE')), '{}')
        as columns
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
        and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and c.relname not like 'kysely%'
      group by c.relname`.execute(owner);
    expect(Object.fromEntries(rows.map((row) => [row.name, row.columns]))).toEqual(
      updatableColumns,
    );
  });

  test('owns nothing, makes nothing, is no superuser and gets nothing by default', async () => {
    const { rows } = await sql<Record<string, boolean | number>>`
      select r.rolsuper, r.rolbypassrls, r.rolcreatedb, r.rolcreaterole, r.rolreplication,
        has_schema_privilege('tsukigime_app', 'public', 'CREATE') as creates,
        (select count(*) from pg_class where relowner = r.oid) as owned,
        (select count(*) from pg_default_acl) as defaults
      from pg_roles r where r.rolname = 'tsukigime_app'`.execute(owner);
    expect(rows).toEqual([
      {
        rolsuper: false,
        rolbypassrls: false,
        rolcreatedb: false,
        rolcreaterole: false,
        rolreplication: false,
        creates: false,
        owned: 0,
        defaults: 0,
      },
    ]);
  });

  test.each([
    ['a fact be changed', sql`update outcomes set outcome = 'ok'`],
    ['a fact be taken back', sql`delete from attempts`],
    ['a table be emptied', sql`truncate charges`],
    ['a trigger be put to sleep', sql`alter table attempts disable trigger all`],
    ['triggers be skipped', sql`set session_replication_role = replica`],
    [
      'a rule be replaced',
      sql`create or replace function public.check_attempts() returns trigger
      language plpgsql as 'begin return null; end'`,
    ],
  ])('cannot let %s', async (_act, statement) => {
    await expect(statement.execute(app)).rejects.toMatchObject({ code: '42501' });
  });

  test('cannot mislead a rule by temporary tables of the same name', async () => {
    await app.connection().execute(async (connection) => {
      await sql`create temp table attempts (charge_id bigint, n int, merchant_id bigint,
        kind text)`.execute(connection);
      await sql`insert into pg_temp.attempts values (1, 1, 1, 'authorization')`.execute(connection);
      await expect(
        sql`insert into public.outcomes (charge_id, n, merchant_id, outcome, recorded_at)
          values (1, 1, 1, 'declined', now())`.execute(connection),
      ).rejects.toMatchObject({ constraint: 'outcome_has_an_authorization' });
    });
  });
});
