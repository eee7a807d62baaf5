import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { inspectNamespace } from '../../stack/temporal-namespace.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(sql);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

test('a test database is UTF-8, in UTC, sorted by code point, and entered by two roles', async () => {
  expect(await ask(database.ownerUrl, 'select current_user as answer')).toBe('tsukigime_owner');
  expect(await ask(database.appUrl, 'select current_user as answer')).toBe('tsukigime_app');
  expect(await ask(database.appUrl, "select current_setting('timezone') as answer")).toBe('UTC');
  expect(
    await ask(
      database.appUrl,
      'select pg_encoding_to_char(encoding) as answer from pg_database where datname = current_database()',
    ),
  ).toBe('UTF8');
  expect(
    await ask(
      database.appUrl,
      "select string_agg(x, '' order by x) as answer from unnest(array['a','B','能','ア','_']) x",
    ),
  ).toBe('B_aア能');
});

test('the app role may neither make tables nor databases nor roles', async () => {
  await expect(ask(database.appUrl, 'create table t (n int)')).rejects.toThrow(/permission denied/);
  await expect(ask(database.appUrl, 'create database d')).rejects.toThrow(/permission denied/);
  await expect(ask(database.appUrl, 'create role r')).rejects.toThrow(/permission denied/);
});

test('the Temporal namespace has the four search attributes and keeps histories for 90 days', async () => {
  const state = await inspectNamespace({
    address: inject('temporalAddress'),
    namespace: inject('temporalNamespace'),
  });
  expect(state).toEqual({ missingSearchAttributes: [], retentionDays: 90 });
});
