import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { afterAll, afterEach, expect, inject, test } from 'vitest';
import { type Config, formatEncryptionKeys, readConfig } from '../../config.ts';
import { type BringUpOptions, bringUpStack, type Stack } from '../../stack/bring-up.ts';
import { resolveGivenDatabase } from '../../stack/given-database.ts';
import { AlreadyRunningError } from '../../stack/lock.ts';
import { isPortFree } from '../../stack/ports.ts';
import { isRunning } from '../../stack/process-identity.ts';
import { readRunRecord } from '../../stack/run-record.ts';
import { readOrMakeSecrets, secretsPath } from '../../stack/secrets.ts';
import { inspectNamespace } from '../../stack/temporal-namespace.ts';
import { createPayloadCodec } from '../../temporal/payload-codec.ts';
import { makeTemporaryDir } from './temporary-dir.ts';

const dataDir = makeTemporaryDir();
const secret = randomBytes(8).toString('hex');
const stacks: Stack[] = [];

afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stop();
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const embedded = (): Config => ({
  ...readConfig(),
  databaseUrl: undefined,
  databaseUrlApp: undefined,
  temporalAddress: undefined,
  temporalNamespace: 'default',
});

async function bringUp(options: Partial<BringUpOptions> = {}): Promise<Stack> {
  const stack = await bringUpStack({
    dataDir,
    config: embedded(),
    services: { temporal: false },
    ...options,
  });
  stacks.push(stack);
  return stack;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The processes and ports of the record, seen from outside. */
function running() {
  const { processes = [], ports = {} } = readRunRecord(dataDir) ?? {};
  return {
    names: processes.map(({ name }) => name),
    identities: processes.map(({ identity }) => identity),
    ports: Object.values(ports),
  };
}

test('a row survives stop and start; the ports, passwords and keys stay the same', async () => {
  const first = await bringUp();
  await query(
    first.ownerDatabaseUrl,
    "create table kept (t text); insert into kept values ('月極')",
  );
  const keys = formatEncryptionKeys([...first.payloadKeys, ...first.fileKeys]);
  await first.stop();

  const second = await bringUp();
  expect(await query(second.ownerDatabaseUrl, 'select t from kept')).toEqual([{ t: '月極' }]);
  expect(second.ownerDatabaseUrl).toBe(first.ownerDatabaseUrl);
  expect(formatEncryptionKeys([...second.payloadKeys, ...second.fileKeys])).toBe(keys);
  expect(statSync(secretsPath(dataDir)).mode & 0o777).toBe(0o600);
  expect(statSync(join(dataDir, 'run.json')).mode & 0o777).toBe(0o600);
});

test('--fresh starts anew, with other keys', async () => {
  const first = await bringUp();
  await query(first.ownerDatabaseUrl, 'create table if not exists kept (t text)');
  const keys = formatEncryptionKeys(first.fileKeys);
  await first.stop();

  const fresh = await bringUp({ fresh: true });
  expect(await query(fresh.ownerDatabaseUrl, "select to_regclass('kept') as t")).toEqual([
    { t: null },
  ]);
  expect(formatEncryptionKeys(fresh.fileKeys)).not.toBe(keys);
});

test('both servers leave neither process nor port behind when they stop', async () => {
  const stack = await bringUp({ services: {} });
  expect(await inspectNamespace({ address: stack.temporalAddress, namespace: 'default' })).toEqual({
    missingSearchAttributes: [],
    retentionDays: 90,
  });
  expect((await fetch(stack.temporalUiUrl ?? '')).status).toBe(200);
  const { names, identities, ports } = running();
  expect(names.toSorted()).toEqual(['postgres', 'temporal']);
  expect(ports.length).toBe(6);
  expect(await Promise.all(ports.map(isPortFree))).toEqual(ports.map(() => false));

  await stack.stop();
  expect(identities.filter(isRunning)).toEqual([]);
  expect(await Promise.all(ports.map(isPortFree))).toEqual(ports.map(() => true));
  expect(readRunRecord(dataDir)).toMatchObject({ owner: null, processes: [], urls: {} });
});

test('the Web UI may have payloads decoded, and no other page may', async () => {
  const stack = await bringUp({ services: { postgres: false } });
  const ui = stack.temporalUiUrl ?? '';
  const settings = (await (await fetch(`${ui}/api/v1/settings`)).json()) as {
    Codec: { Endpoint: string };
  };
  const [payload] = await createPayloadCodec(stack.payloadKeys).encode([
    { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"月極"') },
  ]);
  const base64 = (bytes: Uint8Array | null | undefined) =>
    Buffer.from(bytes ?? []).toString('base64');
  const metadata = Object.entries(payload?.metadata ?? {}).map(([name, value]) => [
    name,
    base64(value),
  ]);
  const decode = (origin: string) =>
    fetch(`${settings.Codec.Endpoint}/decode`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: JSON.stringify({
        payloads: [{ metadata: Object.fromEntries(metadata), data: base64(payload?.data) }],
      }),
    });
  const answer = (await (await decode(ui)).json()) as { payloads: { data: string }[] };
  expect(Buffer.from(answer.payloads[0]?.data ?? '', 'base64').toString()).toBe('"月極"');
  expect((await decode('https://example.com')).status).toBe(403);
});

test("Temporal's state survives stop and start", async () => {
  const start = async (stack: Stack) => {
    const connection = await Connection.connect({ address: stack.temporalAddress });
    try {
      return await connection.workflowService.startWorkflowExecution({
        namespace: 'default',
        requestId: 'the-same',
        workflowId: 'kept',
        workflowType: { name: 'nobody-runs-it' },
        taskQueue: { name: 'nobody-listens' },
      });
    } finally {
      await connection.close();
    }
  };
  const services = { postgres: false };
  const first = await bringUp({ services });
  const { runId } = await start(first);
  await first.stop();
  const second = await bringUp({ services });
  // The same request ID on a workflow that still runs is answered with that run.
  expect((await start(second)).runId).toBe(runId);
  expect(
    (await inspectNamespace({ address: second.temporalAddress, namespace: 'default' }))
      .retentionDays,
  ).toBe(90);
});

test('a second start says who runs and how to reach it', async () => {
  const stack = await bringUp();
  stack.recordUrl('api', 'http://127.0.0.1:8080');
  const refusal = await bringUp().then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  expect(refusal).toBeInstanceOf(AlreadyRunningError);
  expect(refusal?.message).toContain(`process ${process.pid}`);
  expect(refusal?.message).toContain('api: http://127.0.0.1:8080');
  expect(await query(stack.appDatabaseUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a killed Postgres is reported, loses no row, and comes back on the same port', async () => {
  const lost: string[] = [];
  const stack = await bringUp({ onUnexpectedExit: (name) => lost.push(name) });
  await query(stack.ownerDatabaseUrl, 'create table if not exists survivor (n int)');
  await query(stack.ownerDatabaseUrl, 'insert into survivor values (42)');
  const postgres = stack.process('postgres');
  postgres?.kill('SIGKILL');
  expect(await postgres?.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(lost).toEqual(['postgres']);

  const before = stack.ownerDatabaseUrl;
  await stack.restart('postgres');
  expect(stack.ownerDatabaseUrl).toBe(before);
  expect(await query(before, 'select n from survivor')).toEqual([{ n: 42 }]);
});

test('a PID file whose number now belongs to a stranger does not keep Postgres down', async () => {
  const first = await bringUp();
  const dir = readRunRecord(dataDir)?.postgresDir ?? '';
  const postgres = first.process('postgres');
  postgres?.kill('SIGKILL');
  await postgres?.exited;
  await first.stop();
  const pidFile = join(dir, 'data', 'postmaster.pid');
  const { readFileSync, writeFileSync } = await import('node:fs');
  const [, ...rest] = readFileSync(pidFile, 'utf8').split('\n');
  writeFileSync(pidFile, [process.pid, ...rest].join('\n'));
  const second = await bringUp();
  expect(await query(second.appDatabaseUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('breaking off while it comes up leaves nothing running and the folder free', async () => {
  const interrupt = new AbortController();
  const attempt = bringUp({
    services: {},
    signal: interrupt.signal,
    onProgress: (text) => {
      if (text === 'starting Temporal') interrupt.abort(new Error('enough'));
    },
  });
  await expect(attempt).rejects.toThrow('enough');
  expect(readRunRecord(dataDir)).toMatchObject({ owner: null, processes: [] });
  const { ports } = running();
  expect(await Promise.all(ports.map(isPortFree))).toEqual(ports.map(() => true));
  await bringUp();
});

test('a stack that has stopped starts nothing more', async () => {
  const stack = await bringUp({ services: { postgres: false, temporal: false } });
  await stack.stop();
  const late = { name: 'late', command: process.execPath, args: ['-e', ''], ready: /never/ };
  await expect(stack.startProcess(late)).rejects.toThrow('late is not started');
});

test('a deleted data folder whose database lies elsewhere is put aside, not mixed up', async () => {
  const first = await bringUp();
  await first.stop();
  rmSync(secretsPath(dataDir));
  rmSync(join(dataDir, 'run.json'));
  const said: string[] = [];
  const second = await bringUp({ onProgress: (text) => said.push(text) });
  expect(said.join('\n')).toContain('put aside');
  expect(await query(second.appDatabaseUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a record of money whose keys were lost is not replaced by an empty one', async () => {
  const first = await bringUp();
  await first.stop();
  const secrets = readFileSync(secretsPath(dataDir));
  rmSync(secretsPath(dataDir));
  await expect(bringUp()).rejects.toThrow(/secrets\.json was lost.*`--fresh`/);
  await expect(bringUp()).rejects.toThrow('Nothing was changed');
  writeFileSync(secretsPath(dataDir), secrets);
  const again = await bringUp();
  expect(await query(again.appDatabaseUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('given servers are used as they are and nothing is started', async () => {
  const stack = await bringUp({
    services: {},
    config: {
      ...embedded(),
      databaseUrl: inject('ownerDatabaseUrl'),
      databaseUrlApp: inject('appDatabaseUrl'),
      temporalAddress: inject('temporalAddress'),
    },
  });
  expect(stack.embedded).toEqual({ postgres: false, temporal: false });
  expect(running().names).toEqual([]);
  expect(stack.ownerDatabaseUrl).toBe(inject('ownerDatabaseUrl'));
  expect(stack.environment()).toMatchObject({
    TSUKIGIME_DATABASE_URL_APP: inject('appDatabaseUrl'),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
  });
  expect(stack.environment()).not.toHaveProperty('DATABASE_URL');
});

test('on a given Postgres the application role is made, and never taken from another', async () => {
  const stack = await bringUp();
  const secrets = readOrMakeSecrets(dataDir);
  const superuser = new URL(stack.ownerDatabaseUrl);
  superuser.username = 'postgres';
  superuser.password = secrets.superuserPassword;

  const others = { ...secrets, appPassword: 'another-password' };
  await expect(resolveGivenDatabase(superuser.href, undefined, others)).rejects.toThrow(
    /exists on 127\.0\.0\.1:\d+\/tsukigime with another password.*TSUKIGIME_DATABASE_URL_APP/,
  );
  await query(superuser.href, 'drop role tsukigime_app');
  await expect(resolveGivenDatabase(stack.ownerDatabaseUrl, undefined, others)).rejects.toThrow(
    /may not make the role tsukigime_app.*TSUKIGIME_DATABASE_URL_APP/,
  );
  const { appUrl } = await resolveGivenDatabase(superuser.href, undefined, others);
  expect(await query(appUrl, 'select current_user as u')).toEqual([{ u: 'tsukigime_app' }]);
});

test('a given Postgres that does not answer is named without its password', async () => {
  const url = `postgres://me:${secret}@127.0.0.1:9/shop`;
  const refusal = await bringUp({ config: { ...embedded(), databaseUrl: url } }).catch(String);
  expect(refusal).toMatch(/DATABASE_URL: no connection to 127\.0\.0\.1:9\/shop \(.*ECONNREFUSED/);
  expect(refusal).not.toContain(secret);
});
