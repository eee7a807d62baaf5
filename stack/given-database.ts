import pg from 'pg';
import { appRole, makeLoginRole } from './postgres.ts';
import type { StackSecrets } from './secrets.ts';

/**
 * The two URLs of a Postgres that is not ours to start. Without TSUKIGIME_DATABASE_URL_APP the
 * restricted role is made there, with a password of this data folder.
 *
 * @throws Error saying what to set when the server does not answer or does not let us make a role.
 */
export async function resolveGivenDatabase(
  ownerUrl: string,
  appUrl: string | undefined,
  secrets: StackSecrets,
): Promise<{ ownerUrl: string; appUrl: string }> {
  const owner = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 10_000 });
  owner.on('error', () => {});
  try {
    await owner.connect();
  } catch (error) {
    await owner.end().catch(() => {});
    throw new Error(
      `DATABASE_URL: no connection to ${describe(ownerUrl)} (${reasonOf(error)}). ` +
        'Start that server or correct the URL; unset it for the embedded one.',
    );
  }
  try {
    if (appUrl !== undefined) {
      await checkLogin(appUrl, 'TSUKIGIME_DATABASE_URL_APP');
      return { ownerUrl, appUrl };
    }
    const made = appUrlOf(ownerUrl, secrets);
    await makeAppRole(owner, made, secrets.appPassword);
    return { ownerUrl, appUrl: made };
  } finally {
    await owner.end();
  }
}

/** The restricted role on the server of DATABASE_URL, when no URL is given for it. */
export function appUrlOf(ownerUrl: string, secrets: Pick<StackSecrets, 'appPassword'>): string {
  const url = new URL(ownerUrl);
  url.username = appRole;
  url.password = secrets.appPassword;
  return url.href;
}

async function makeAppRole(owner: pg.Client, appUrl: string, password: string): Promise<void> {
  const { rows } = await owner.query<{ rolcanlogin: boolean }>(
    'select rolcanlogin from pg_roles where rolname = $1',
    [appRole],
  );
  if (rows[0]?.rolcanlogin) {
    // Its password is never changed: another installation on this server may log in with it.
    try {
      await checkLogin(appUrl, `the role ${appRole}`);
    } catch {
      throw new Error(
        `The role ${appRole} exists on ${describe(appUrl)} with another password. ` +
          'Set TSUKIGIME_DATABASE_URL_APP to a URL with it.',
      );
    }
    return;
  }
  try {
    await makeLoginRole(owner, appRole, password, 'nocreatedb');
  } catch (error) {
    throw new Error(
      `The user of DATABASE_URL may not make the role ${appRole} (${reasonOf(error)}). Make a role ` +
        'for worker and API and set TSUKIGIME_DATABASE_URL_APP to a URL with it.',
    );
  }
}

async function checkLogin(url: string, what: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    throw new Error(`${what}: no connection to ${describe(url)} (${reasonOf(error)}). Correct it.`);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Host, port and database only: URLs hold passwords. */
function describe(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
