import { readdirSync } from 'node:fs';
import { CompiledQuery, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { dumpSchema } from '../../db/dump-schema.ts';
import { migrateToLatest, migrations } from '../../db/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

let database: TestDatabase;
let owner: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = openDatabase(database.ownerUrl);
});
afterAll(async () => {
  await owner.destroy();
  await database.drop();
});

/** Runs in a database of nothing, beside the migrated one. */
async function inEmptyDatabase<T>(act: (url: string) => Promise<T>): Promise<T> {
  const name = `${database.name}_empty`;
  await sql`create database ${sql.id(name)}`.execute(owner);
  const url = new URL(database.ownerUrl);
  url.pathname = `/${name}`;
  try {
    return await act(url.href);
  } finally {
    await sql`drop database ${sql.id(name)} with (force)`.execute(owner);
  }
}

describe('the migrations', () => {
  test('are all known by name, in the order of their dates', () => {
    const files = readdirSync(new URL('../../db/migrations/', import.meta.url)).sort();
    expect(Object.keys(migrations).map((name) => `${name}.ts`)).toEqual(files);
    for (const name of files) expect(name).toMatch(/^\d{4}-\d{2}-\d{2}-\d{2}-[a-z-]+\.ts$/);
  });

  test('run once when two start at once', async () => {
    const [first, second, third] = await inEmptyDatabase(async (url) => [
      ...(await Promise.all([migrateToLatest(url), migrateToLatest(url)])),
      await migrateToLatest(url),
    ]);
    expect([first, second].map((names) => names?.length).sort()).toEqual([
      0,
      Object.keys(migrations).length,
    ]);
    expect(third).toEqual([]);
  });
});

describe('db/schema.sql', () => {
  test('is what the migrations make', async () => {
    await expect(await dumpSchema(owner)).toMatchFileSnapshot('../../db/schema.sql');
  });

  test('makes the same schema again', async () => {
    const dump = await dumpSchema(owner);
    const again = await inEmptyDatabase(async (url) => {
      const empty = openDatabase(url);
      try {
        await empty.executeQuery(CompiledQuery.raw(dump));
        return await dumpSchema(empty);
      } finally {
        await empty.destroy();
      }
    });
    expect(again).toBe(dump);
  });
});
