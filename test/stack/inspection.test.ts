import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Config, readConfig } from '../../config.ts';
import { checkNode } from '../../stack/inspect-machine.ts';
import { judgeDurability } from '../../stack/inspect-postgres.ts';
import { type Finding, inspectStack } from '../../stack/inspection.ts';
import { readOrMakeSecrets, secretsPath } from '../../stack/secrets.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { temporaryDir } from './temporary-dir.ts';

let database: TestDatabase;
const secret = randomBytes(8).toString('hex');

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** What else runs on this machine, what nobody has started here, and tests' haste: no fault of the code. */
const ofThisMachine: ReadonlySet<string> = new Set(['Disk', 'Worker', 'Console', 'Durability']);

/** A healthy installation on the servers of this test run. */
function healthy(): Config {
  const dataDir = temporaryDir();
  readOrMakeSecrets(dataDir);
  return {
    ...readConfig(),
    dataDir,
    databaseUrl: undefined,
    databaseUrlApp: database.appUrl,
    temporalAddress: inject('temporalAddress'),
    temporalNamespace: inject('temporalNamespace'),
  };
}

async function find(config: Config, part: string): Promise<Finding> {
  const findings = await inspectStack(config);
  const found = findings.find((finding) => finding.part === part);
  if (!found) throw new Error(`no ${part} among ${findings.map((each) => each.part).join(', ')}`);
  return found;
}

async function asOwner(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
  await client.query(sql);
  await client.end();
}

test('a healthy installation has no problem', async () => {
  const findings = await inspectStack(healthy());
  expect(findings.filter(({ ok, part }) => !ok && !ofThisMachine.has(part))).toEqual([]);
  expect(findings.map((finding) => finding.part)).toEqual(
    expect.arrayContaining([
      ...['Schema', 'Application role', 'Durability', 'Clocks', 'Search attributes', 'Retention'],
      ...['Mail server', 'Inbox folder', 'Keys in use', 'Connections', 'Schedules'],
    ]),
  );
});

test('worker and API as owner is a problem: the owner may change money', async () => {
  expect(
    await find({ ...healthy(), databaseUrlApp: database.ownerUrl }, 'Application role'),
  ).toMatchObject({
    ok: false,
    text: expect.stringContaining('charges'),
    remedy: expect.stringContaining('TSUKIGIME_DATABASE_URL_APP'),
  });
});

test('a Postgres that may lose what it said is kept is found, also by a setting of our role alone', async () => {
  // That of the tests gives no thought to power cuts.
  expect(await find(healthy(), 'Durability')).toMatchObject({
    ok: false,
    text: 'fsync off, full_page_writes off, synchronous_commit off',
    remedy: expect.stringContaining('pg_db_role_setting'),
  });
  const judge = (synchronous_commit: string) =>
    judgeDurability([
      { name: 'fsync', setting: 'on' },
      { name: 'synchronous_commit', setting: synchronous_commit },
    ]).ok;
  expect(['on', 'local', 'remote_apply'].map(judge)).toEqual([true, true, true]);
  expect(judge('off')).toBe(false);
});

test('one UPDATE right too many is found, also on a single column', async () => {
  await asOwner('grant update (amount_yen) on endings to tsukigime_app');
  try {
    expect(await find(healthy(), 'Application role')).toMatchObject({
      ok: false,
      text: 'may change endings',
    });
  } finally {
    await asOwner('revoke update (amount_yen) on endings from tsukigime_app');
  }
});

test('an empty database, a missing and an unknown migration are told apart', async () => {
  const rename = (from: string, to: string) =>
    asOwner(`update kysely_migration set name = '${to}' where name = '${from}'`);
  const first = '2026-11-22-01-merchants';
  await rename(first, '2099-01-01-01-future');
  expect(await find(healthy(), 'Schema')).toMatchObject({
    ok: false,
    text: `1 migrations are missing: ${first}`,
  });
  await rename('2099-01-01-01-future', first);
  await asOwner("insert into kysely_migration values ('2099-01-01-01-future', '2099-01-01')");
  expect(await find(healthy(), 'Schema')).toMatchObject({
    ok: false,
    remedy: expect.stringContaining('older than the database'),
  });
  await asOwner("delete from kysely_migration where name like '2099%'");
  const empty = new URL(database.appUrl);
  empty.pathname = '/postgres';
  expect(await find({ ...healthy(), databaseUrlApp: empty.href }, 'Schema')).toMatchObject({
    ok: false,
    text: 'the database is empty',
  });
});

test('missing search attributes and a short retention come with the command that mends them', async () => {
  const namespace = `bare-${database.name.slice(5).replaceAll('_', '-')}`;
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const config = { ...healthy(), temporalNamespace: namespace };
  // A new namespace is known to the frontend after its cache has been refreshed.
  await expect
    .poll(async () => (await inspectStack(config)).some(({ part }) => part === 'Retention'), {
      timeout: 60_000,
    })
    .toBe(true);
  await connection.close();
  expect(await find(config, 'Search attributes')).toMatchObject({
    ok: false,
    text: expect.stringContaining('Merchant, BillingMonth, Stage, Attention'),
    remedy: expect.stringContaining('search-attribute create'),
  });
  expect(await find(config, 'Retention')).toMatchObject({
    ok: false,
    text: expect.stringContaining('1 days'),
    remedy: `temporal operator namespace update -n ${namespace} --retention 90d`,
  });
});

test('servers that are not there are problems with a remedy, and nothing throws', async () => {
  const config: Config = {
    ...healthy(),
    databaseUrlApp: `postgres://me:${secret}@127.0.0.1:9/shop`,
    temporalAddress: '127.0.0.1:9',
  };
  const findings = await inspectStack(config);
  const wrong = findings.filter(({ part, ok }) => !ok && !ofThisMachine.has(part));
  expect(wrong.map(({ part }) => part)).toEqual(['Postgres', 'Temporal']);
  expect(JSON.stringify(findings)).not.toContain(secret);
  expect(await find({ ...healthy(), databaseUrlApp: undefined }, 'Postgres')).toMatchObject({
    ok: false,
    remedy: 'Start it: `npx tsukigime up`.',
  });
});

test('absent keys and readable secrets are problems', async () => {
  const bare = { ...healthy(), dataDir: temporaryDir() };
  expect(await find(bare, 'File keys')).toMatchObject({ ok: false });
  const config = healthy();
  const path = secretsPath(config.dataDir);
  const before = await inspectStack(config);
  expect(before.some(({ part }) => part === 'Secrets')).toBe(false);
  chmodSync(path, 0o644);
  expect(await find(config, 'Secrets')).toMatchObject({ ok: false, remedy: `chmod 600 ${path}` });
});

test.each([
  ['20.18.3', false],
  ['20.19.0', true],
  ['22.0.0', true],
])('Node %s: %s', (version, ok) => {
  expect(checkNode(version).ok).toBe(ok);
});
