import pg from 'pg';
import { migrations } from '../db/migrate.ts';
import { type Finding, fine, problem, reasonOf, startThem } from './finding.ts';
import type { RunningStackInfo } from './running-stack.ts';

/** A clock that is further off calls things due that are not, or the other way. */
const SKEW_MAX_MS = 5_000;

/**
 * Looks at the database that worker and API use.
 * @param insertOnly tables that the application role may only add to.
 */
export async function checkPostgres(
  running: RunningStackInfo,
  insertOnly: readonly string[],
): Promise<Finding[]> {
  const { ownerDatabaseUrl, appDatabaseUrl } = running;
  const url = appDatabaseUrl ?? ownerDatabaseUrl;
  if (url === undefined) return [problem('Postgres', 'not running', startThem)];
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
      await checkRights(client, insertOnly, appDatabaseUrl !== undefined),
      await checkDurability(client),
      await checkClock(client),
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
async function checkRights(
  client: pg.Client,
  insertOnly: readonly string[],
  asApp: boolean,
): Promise<Finding> {
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
    [insertOnly],
  );
  return rows.length === 0
    ? fine(part, 'may add to the record of money, not change it')
    : problem(part, `may change ${rows.map((row) => row.name).join(', ')}`, remedy);
}

/** As the role in use has them: a database or a role may have settings of its own. */
async function checkDurability(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings
      where name in ('fsync', 'full_page_writes', 'synchronous_commit') order by name`,
  );
  return judgeDurability(rows);
}

/**
 * Temporal goes on from what Postgres keeps: a commit that a power cut takes back would be sent twice,
 * and a carrier result that ZEUS heard is safe would be gone.
 */
export function judgeDurability(
  rows: readonly { readonly name: string; readonly setting: string }[],
): Finding {
  const said = rows.map(({ name, setting }) => `${name} ${setting}`).join(', ');
  const remedy =
    'Switch them on in postgresql.conf and reload Postgres; `select * from pg_db_role_setting` shows ' +
    'what a database or a role sets for itself.';
  return rows.every(({ setting }) => setting !== 'off')
    ? fine('Durability', said)
    : problem('Durability', said, remedy);
}

/** Postgres stamps what this machine compares with its own clock. */
async function checkClock(client: pg.Client): Promise<Finding> {
  const askedMs = Date.now();
  const { rows } = await client.query<{ ms: number }>(
    'select extract(epoch from clock_timestamp())::float8 * 1000 as ms',
  );
  const betweenMs = (askedMs + Date.now()) / 2;
  const skewMs = Math.round((rows[0]?.ms ?? Number.NaN) - betweenMs);
  const text = `Postgres is ${Math.abs(skewMs)} ms ${skewMs < 0 ? 'behind' : 'ahead of'} this machine`;
  return Math.abs(skewMs) <= SKEW_MAX_MS
    ? fine('Clocks', text)
    : problem(
        'Clocks',
        text,
        'Have both machines set by NTP; `timedatectl` says whether they are.',
      );
}
