import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import {
  checkoutDir,
  inheritedEnvironment,
  parseEncryptionKeys,
  readConfig,
} from '../../config.ts';
import { choosePorts } from '../../stack/ports.ts';
import { connectTemporal } from '../../temporal/client.ts';
import { readyLine } from '../../workers/process.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { servedMetrics, usedMetrics } from '../monitoring.ts';
import { makeImageTree } from './image-tree.ts';
import { temporaryDir } from './test-workers.ts';
import { startDoorkeeper, startTlsFront } from './tls-front.ts';

const dataDir = temporaryDir();
let database: TestDatabase;
let child: ChildProcess | undefined;
/** Until then tests go on that need no server. */
let namespaceKnown: Promise<void>;
/** Gives up by itself, after a while. */
let withoutTemporal: ReturnType<typeof startMain> & { readonly stdout: Promise<string> };

/** Of its own: the process polls the real queues, where it might take the work of other tests. */
const namespace = `worker-main-${randomBytes(4).toString('hex')}`;

beforeAll(async () => {
  database = await createTestDatabase();
  namespaceKnown = makeNamespace();
  namespaceKnown.catch(() => {});
  const lonely = startMain({ ...complete(), TEMPORAL_ADDRESS: '127.0.0.1:1' });
  withoutTemporal = { ...lonely, stdout: text(lonely.main.stdout) };
});
afterAll(async () => {
  child?.kill('SIGKILL');
  withoutTemporal?.main.kill('SIGKILL');
  await database?.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function makeNamespace(): Promise<void> {
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  const workflowExecutionRetentionPeriod = msToTs('1 day');
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod,
  });
  // The server takes a moment until it knows its new namespace everywhere.
  await vi.waitFor(
    () =>
      connection.workflowService.describeTaskQueue({ namespace, taskQueue: { name: 'tsukigime' } }),
    { timeout: 60_000, interval: 100 },
  );
  await connection.close();
}

function startMain(
  environment: Record<string, string>,
  args = ['workers/main.ts'],
  cwd = checkoutDir,
) {
  const { TEMPORAL_ADDRESS: _1, TSUKIGIME_PAYLOAD_KEYS: _2, ...rest } = inheritedEnvironment();
  const main = spawn(process.execPath, ['--import', 'tsx', ...args], {
    cwd,
    env: { ...rest, TSUKIGIME_DATA_DIR: dataDir, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = main;
  const exited = once(main, 'exit').then(([code]) => code as number);
  return { main, exited, stderr: text(main.stderr) };
}

const complete = () => ({
  TSUKIGIME_DATABASE_URL_APP: database.appUrl,
  TEMPORAL_ADDRESS: inject('temporalAddress'),
  TEMPORAL_NAMESPACE: namespace,
  TSUKIGIME_PAYLOAD_KEYS: inject('payloadKeys'),
  TSUKIGIME_FILE_KEYS: inject('fileKeys'),
});

async function readUntil({ stdout }: ChildProcess, line: string): Promise<string> {
  let output = '';
  for await (const chunk of stdout ?? []) {
    output += String(chunk);
    if (output.includes(`${line}`)) break;
  }
  return output;
}

test('without its settings it says which, and ends with 2', async () => {
  const { exited, stderr } = startMain({});
  expect(await exited).toBe(2);
  expect(await stderr).toContain('TEMPORAL_ADDRESS');
});

test('the worker process says when it is ready, serves metrics and ends cleanly on SIGTERM', async () => {
  await namespaceKnown;
  const { metrics, health } = await choosePorts(['metrics', 'health']);
  const metricsAddress = `127.0.0.1:${metrics}`;
  const { main, exited } = startMain({
    ...complete(),
    TSUKIGIME_METRICS_ADDRESS: metricsAddress,
    TSUKIGIME_HEALTH_ADDRESS: `127.0.0.1:${health}`,
    // On a namespace without any build it takes the work by itself: nothing would fail below otherwise.
    TSUKIGIME_WORKER_BUILD: 'first',
  });
  const output = await readUntil(main, readyLine);
  expect(output.split('\n')).toContain(readyLine);
  const ask = (path: string) => fetch(`http://127.0.0.1:${health}${path}`);
  const ready = { ready: true, postgres: 'ok', temporal: 'ok', workers: 'polling' };
  await vi.waitFor(async () => expect(await (await ask('/readyz')).json()).toEqual(ready), {
    timeout: 60_000,
    interval: 100,
  });
  expect((await ask('/healthz')).status).toBe(200);
  expect((await ask('/')).status).toBe(404);
  await fail();
  const used = usedMetrics('temporal_');
  expect(used.length).toBeGreaterThan(4);
  await vi.waitFor(
    async () => {
      const served = servedMetrics(await (await fetch(`http://${metricsAddress}/metrics`)).text());
      expect(used.filter((name) => !served.has(name))).toEqual([]);
    },
    { timeout: 60_000, interval: 100 },
  );
  main.kill('SIGTERM');
  expect(await exited).toBe(0);
  // Nothing secret on the way.
  expect(output).not.toContain(inject('payloadKeys').split(':')[1]);
});

/** An activity that fails, and a workflow that cannot go on: both are counted. */
async function fail(): Promise<void> {
  const keys = parseEncryptionKeys(inject('payloadKeys'));
  const client = await connectTemporal({ address: inject('temporalAddress'), namespace, keys });
  const of = { taskQueue: 'tsukigime', args: [{ merchant: 'no-such-shop', clockOffsetMs: 0 }] };
  await client.workflow.start('retention', { ...of, workflowId: 'start:no-such-shop:retention' });
  await client.workflow.start('noSuchWorkflow', { ...of, workflowId: 'no-such-workflow' });
  await client.connection.close();
}

test('worker, API and command line of the image enter a server that asks for a certificate', async () => {
  await namespaceKnown;
  const image = makeImageTree();
  const front = await startTlsFront(inject('temporalAddress'));
  const ours = front.authority.issue('tsukigime', 'client');
  const place = (name: string, pem: string) => {
    writeFileSync(join(dataDir, name), pem, { mode: 0o600 });
    return join(dataDir, name);
  };
  const withoutOurs = {
    ...{ ...complete(), TEMPORAL_ADDRESS: front.address },
    // As in the container, where the packed workflows lie beside the code.
    TSUKIGIME_DATA_DIR: join(image.dir, '.tsukigime'),
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: place('ca.pem', front.authority.cert),
    TEMPORAL_TLS_SERVER_NAME: 'temporal.test',
  };
  const env = {
    ...withoutOurs,
    TEMPORAL_TLS_CLIENT_CERT_PATH: place('own.pem', ours.cert),
    TEMPORAL_TLS_CLIENT_KEY_PATH: place('own.key', ours.key),
  };
  try {
    const worker = startMain(env, ['workers/main.ts'], image.dir);
    const api = startMain({ ...env, API_PORT: '0' }, ['cli/main.ts', 'api'], image.dir);
    const stranger = startMain(withoutOurs, ['cli/tsukigime.js', 'recover'], image.dir);
    expect(await stranger.exited).toBe(1);
    expect(await readUntil(worker.main, readyLine)).toContain(readyLine);
    const url = /api ready (\S+)/.exec(await readUntil(api.main, 'api ready'))?.[1];
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ temporal: 'ok' });
    expect(await startMain(env, ['cli/tsukigime.js', 'recover'], image.dir).exited).toBe(0);
    for (const { main } of [worker, api]) main.kill('SIGTERM');
    expect([await worker.exited, await api.exited]).toEqual([0, 0]);
  } finally {
    image.remove();
    front.close();
  }
});

test('an API key travels over TLS, as Temporal Cloud wants it', async () => {
  const keeper = await startDoorkeeper();
  const key = randomBytes(12).toString('hex');
  const config = readConfig({
    TEMPORAL_ADDRESS: keeper.address,
    TEMPORAL_API_KEY: key,
    TEMPORAL_TLS_SERVER_CA_CERT_DATA: keeper.authority.cert,
    TEMPORAL_TLS_SERVER_NAME: 'temporal.test',
  });
  const { temporalAddress: address = '', temporalNamespace, temporalAccess: access } = config;
  const server = { address, namespace: temporalNamespace, access, keys: [] };
  try {
    await expect(connectTemporal(server)).rejects.toThrow();
    expect(keeper.seen[0]?.authorization).toBe(`Bearer ${key}`);
  } finally {
    keeper.close();
  }
});

test('without a Temporal server it ends with 1 instead of hanging', async () => {
  expect(await withoutTemporal.exited).toBe(1);
  expect(await withoutTemporal.stdout).toContain('worker stopped by an error');
});
