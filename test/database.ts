import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  readonly name: string;
  /** May do everything in this database. */
  readonly ownerUrl: string;
  /** Worker's and API's role, with the rights that the migrations grant. */
  readonly appUrl: string;
  /** Disconnects whoever is still there and drops it. */
  drop(): Promise<void>;
}

/**
 * A fresh migrated database of its own for a test file, cloned from the template (about 50 ms):
 *
 *     const database = await createTestDatabase();
 *     afterAll(() => database.drop());
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asOwner((client) =>
    client.query(`create database ${name} template ${inject('templateDatabase')}`),
  );
  return {
    name,
    ownerUrl: withDatabase(inject('ownerDatabaseUrl'), name),
    appUrl: withDatabase(inject('appDatabaseUrl'), name),
    drop: () => asOwner((client) => dropWhenLeft(client, name)),
  };
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

/**
 * A backend goes a moment after its connection was closed, later on a busy machine, and the owner may
 * not end those of the application's role.
 */
async function dropWhenLeft(client: pg.Client, name: string): Promise<void> {
  const deadline = performance.now() + DROP_PATIENCE_MS;
  const others = 'select from pg_stat_activity where datname = $1';
  while ((await client.query(others, [name])).rowCount !== 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await client.query(`drop database if exists ${name} with (force)`);
}

const DROP_PATIENCE_MS = 10_000;

async function asOwner(use: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: inject('ownerDatabaseUrl') });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
