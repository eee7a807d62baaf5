import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { checkoutDir, inheritedEnvironment } from '../../config.ts';
import { readyLine } from '../../workers/process.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { temporaryDir } from './test-workers.ts';

const dataDir = temporaryDir();
let database: TestDatabase;
let child: ChildProcess | undefined;

/** Of its own: the process polls the real queues, where it might take the work of other tests. */
const namespace = `worker-main-${randomBytes(4).toString('hex')}`;

beforeAll(async () => {
  database = await createTestDatabase();
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
    { timeout: 30_000, interval: 100 },
  );
  await connection.close();
});
afterAll(async () => {
  child?.kill('SIGKILL');
  await database?.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

function startMain(environment: Record<string, string>) {
  const { TEMPORAL_ADDRESS: _1, TSUKIGIME_PAYLOAD_KEYS: _2, ...rest } = inheritedEnvironment();
  const main = spawn(process.execPath, ['--import', 'tsx', join(checkoutDir, 'workers/main.ts')], {
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

test('the worker process says when it is ready and ends cleanly on SIGTERM', async () => {
  const { main, exited } = startMain(complete());
  let output = '';
  for await (const chunk of main.stdout) {
    output += String(chunk);
    if (output.split('\n').includes(readyLine)) break;
  }
  expect(output.split('\n')).toContain(readyLine);
  main.kill('SIGTERM');
  expect(await exited).toBe(0);
  // Nothing secret on the way.
  expect(output).not.toContain(inject('payloadKeys').split(':')[1]);
});

test('without its settings it says which, and ends with 2', async () => {
  const { exited, stderr } = startMain({});
  expect(await exited).toBe(2);
  expect(await stderr).toContain('TEMPORAL_ADDRESS');
});

test('without a Temporal server it ends with 1 instead of hanging', async () => {
  const { main, exited } = startMain({ ...complete(), TEMPORAL_ADDRESS: '127.0.0.1:1' });
  const log = text(main.stdout);
  expect(await exited).toBe(1);
  expect(await log).toContain('worker stopped by an error');
});
