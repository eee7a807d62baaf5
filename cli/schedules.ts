import { readConfig } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { connectTemporal } from '../temporal/client.ts';
import { type SyncedSchedule, syncSchedules } from '../workers/schedules.ts';

/**
 * `tsukigime schedules sync`: makes the Schedules of Temporal equal to the settings of all merchants.
 * The worker does the same at its start and every hour.
 * @returns the exit code: 0 when they are equal, 1 when it did not work, 2 without the servers.
 */
export async function runSchedulesSync(command: { readonly json?: boolean }): Promise<number> {
  const servers = await findServers();
  if (servers === undefined) {
    console.error(serversMissing);
    return 2;
  }
  const db = openDatabase(servers.databaseUrl, { maxConnections: 2 });
  try {
    const client = await connectTemporal(servers.temporal);
    try {
      const synced = await syncSchedules(db, client, new Date().toISOString());
      if (command.json) console.log(JSON.stringify(synced));
      else for (const schedule of synced) console.log(describe(schedule));
    } finally {
      await client.connection.close();
    }
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await db.destroy();
  }
}

/** Said by commands that need both servers and find none. */
export const serversMissing =
  'Postgres or Temporal is not running: start `tsukigime up` first, or give ' +
  'TSUKIGIME_DATABASE_URL_APP, TEMPORAL_ADDRESS and TSUKIGIME_PAYLOAD_KEYS.';

/** Postgres and Temporal of the environment, else those of the running `tsukigime up`. */
export async function findServers() {
  const config = readConfig();
  let databaseUrl = config.databaseUrlApp;
  let { temporalAddress: address, payloadKeys: keys } = config;
  if (databaseUrl === undefined || address === undefined || keys === undefined) {
    // Loaded only here: the production image has no stack, and there the environment says it.
    const { findRunningStack } = await import('../stack/running-stack.ts');
    const stack = findRunningStack(config);
    databaseUrl = stack.appDatabaseUrl;
    address = stack.temporalAddress;
    keys = stack.payloadKeys;
  }
  if (databaseUrl === undefined || address === undefined || keys === undefined) return undefined;
  return { databaseUrl, temporal: { address, namespace: config.temporalNamespace, keys } };
}

function describe({ merchant, change, nextStart, movedClock }: SyncedSchedule): string {
  if (movedClock) {
    return `${merchant}: no schedule: its clock was moved, and schedules run in real time`;
  }
  if (nextStart === null) return `${merchant}: months are started by hand (${change})`;
  return `${merchant}: next start ${nextStart} in Japan (${change})`;
}
