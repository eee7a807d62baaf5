import { readConfig } from '../config.ts';
import { migrateToLatest } from '../db/migrate.ts';

/**
 * `tsukigime migrate`: brings the database of DATABASE_URL to the latest schema. For production;
 * `tsukigime up` does it by itself.
 * @returns the exit code: 0 when the schema is up to date, 1 when a migration failed, 2 without
 *   a usable DATABASE_URL.
 */
export async function runMigrate(): Promise<number> {
  let databaseUrl: string | undefined;
  try {
    ({ databaseUrl } = readConfig());
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }
  if (databaseUrl === undefined) {
    console.error(
      'DATABASE_URL is not set: give the URL of the owner of the schema. The embedded database is ' +
        'migrated by `tsukigime up`.',
    );
    return 2;
  }
  try {
    const applied = await migrateToLatest(databaseUrl);
    console.log(
      applied.length === 0 ? 'The schema is up to date.' : `Applied:\n  ${applied.join('\n  ')}`,
    );
    return 0;
  } catch (error) {
    // The message of the driver names the host, never the password.
    console.error(`Migration failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}
