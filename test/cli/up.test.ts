import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { checkoutDir, inheritedEnvironment } from '../../config.ts';
import { isPortFree } from '../../stack/ports.ts';
import { isRunning } from '../../stack/process-identity.ts';
import { type RunningProcess, startProcess } from '../../stack/processes.ts';
import { readRunRecord } from '../../stack/run-record.ts';
import { createTestDatabase } from '../database.ts';
import { makeTemporaryDir } from '../stack/temporary-dir.ts';

const dataDir = makeTemporaryDir();
const command = join(checkoutDir, 'cli', 'tsukigime.js');
let up: RunningProcess;

function environment(extra: Record<string, string> = {}): Record<string, string> {
  const { DATABASE_URL: _1, TEMPORAL_ADDRESS: _2, ...rest } = inheritedEnvironment();
  return { ...rest, TSUKIGIME_DATA_DIR: dataDir, ...extra };
}

/** Runs the command to its end, whatever its exit code. */
async function tsukigime(args: string[], env = environment()) {
  const run = promisify(execFile)(process.execPath, [command, ...args], { env, timeout: 180_000 });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) =>
      ({ code, stdout, stderr }) as { code: number; stdout: string; stderr: string },
  );
}

beforeAll(async () => {
  up = await startProcess({
    name: 'up',
    command: process.execPath,
    args: [command, 'up'],
    env: environment({ TSUKIGIME_UPLOAD_MB: '1' }),
    logFile: join(dataDir, 'up.log'),
    ready: /Ctrl-C stops it/,
    readyTimeoutMs: 180_000,
    stopSignal: 'SIGINT',
  });
});

afterAll(async () => {
  await up?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test('doctor finds the system that is up, from run.json alone', async () => {
  const { code, stdout } = await tsukigime(['doctor', '--json']);
  const { findings } = JSON.parse(stdout) as { findings: { part: string; ok: boolean }[] };
  expect(findings.filter((finding) => !finding.ok && finding.part !== 'Disk')).toEqual([]);
  expect(findings.map(({ part }) => part)).toContain('Application role');
  expect(code).toBe(findings.every(({ ok }) => ok) ? 0 : 1);
});

test('worker and API run on it', async () => {
  const record = readRunRecord(dataDir);
  expect(record?.processes.map(({ name }) => name).toSorted()).toEqual([
    'api',
    'postgres',
    'temporal',
    'worker',
  ]);
  expect((await fetch(`${record?.urls.api}/readyz`)).status).toBe(200);
});

test('the API takes files up to the size that the environment sets', async () => {
  const asAdmin = ['token', 'create', '--actor', 'test', '--role', 'admin', '--all-merchants'];
  const authorization = `Bearer ${(await tsukigime(asAdmin)).stdout.trim()}`;
  const url = `${readRunRecord(dataDir)?.urls.api}/v1/merchants`;
  const merchant = { merchant: 'upload-shop', name: '見本店', kind: 'sandbox' };
  const headers = { authorization, 'content-type': 'application/json' };
  await fetch(url, { method: 'POST', headers, body: JSON.stringify(merchant) });
  const upload = async (bytes: number) => {
    const response = await fetch(`${url}/upload-shop/files?name=orders.csv&kind=order-export`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'text/csv' },
      body: 'a,b\n'.repeat(bytes / 4),
    });
    return response.status;
  };
  expect([await upload(1_048_576), await upload(1_048_576 + 4)]).toEqual([201, 413]);
});

test('a second up says who runs and how to reach it', async () => {
  const { code, stderr } = await tsukigime(['up']);
  expect(code).toBe(1);
  expect(stderr).toContain(`process ${up.identity.pid}`);
  expect(stderr).toContain(readRunRecord(dataDir)?.urls.temporalUi ?? 'no URL');
  expect(isRunning(up.identity)).toBe(true);
});

test('Ctrl-C ends it with exit code 0 and nothing left', async () => {
  const record = readRunRecord(dataDir);
  up.kill('SIGINT');
  expect(await up.exited).toEqual({ code: 0, signal: null });
  expect(record?.processes.filter(({ identity }) => isRunning(identity))).toEqual([]);
  const ports = Object.values(record?.ports ?? {});
  expect(await Promise.all(ports.map(isPortFree))).toEqual(ports.map(() => true));
  const { code, stdout } = await tsukigime(['doctor']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/PROBLEM +Postgres: not running\n +→ Start it/);
});

test('unusable settings are one clear message', async () => {
  const { code, stderr } = await tsukigime(['up'], environment({ TEMPORAL_ADDRESS: 'localhost' }));
  expect(code).toBe(1);
  expect(stderr).toContain('TEMPORAL_ADDRESS: is not host:port');
  expect(stderr).not.toContain('    at ');
});

test('migrate says what it did, and what it needs', async () => {
  const database = await createTestDatabase();
  try {
    const env = environment({ DATABASE_URL: database.ownerUrl });
    expect(await tsukigime(['migrate'], env)).toMatchObject({
      code: 0,
      stdout: 'The schema is up to date.\n',
    });
    const unreachable = new URL(inject('ownerDatabaseUrl'));
    unreachable.port = '9';
    const failed = await tsukigime(['migrate'], environment({ DATABASE_URL: unreachable.href }));
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED') });
    expect(failed.stderr).not.toContain(unreachable.password);
    expect(await tsukigime(['migrate'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('DATABASE_URL is not set'),
    });
  } finally {
    await database.drop();
  }
});
