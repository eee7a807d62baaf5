import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { checkoutDir, inheritedEnvironment } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { listAudit } from '../../db/queries/audit.ts';
import type { RunningWorkers } from '../../workers/worker.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import type { BystanderInput, ClockEvent } from '../workers/fixtures/clock-workflows.ts';
import { connectTestWorkers, type TestWorkers, temporaryDir } from '../workers/test-workers.ts';

const hourMs = 3_600_000;
const dataDir = temporaryDir();
const events: ClockEvent[] = [];
let database: TestDatabase;
let db: Db;
let temporal: TestWorkers;
let workers: RunningWorkers;
let merchantId: number;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.ownerUrl);
  temporal = await connectTestWorkers();
  const record = async (event: ClockEvent) => {
    events.push(event);
  };
  workers = await temporal.startWorkers({ main: { record }, files: {} });
  const created = await db
    .insertInto('merchants')
    .values([
      {
        slug: temporal.merchant,
        name: 'Sandbox',
        kind: 'sandbox',
        created_at: '2026-11-01T00:00:00Z',
      },
      { slug: 'honmono', name: 'Real', kind: 'real', created_at: '2026-11-01T00:00:00Z' },
    ])
    .returning('id')
    .execute();
  merchantId = created[0]?.id ?? 0;
});
afterAll(async () => {
  workers?.shutdown();
  await workers?.done;
  await temporal?.close();
  await db?.destroy();
  await database?.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

function tsukigime(...args: string[]) {
  const env = {
    ...inheritedEnvironment(),
    TSUKIGIME_DATA_DIR: dataDir,
    TSUKIGIME_DATABASE_URL_APP: database.appUrl,
    TEMPORAL_ADDRESS: temporal.server.address,
    TEMPORAL_NAMESPACE: temporal.server.namespace,
    TSUKIGIME_PAYLOAD_KEYS: inject('payloadKeys'),
  };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [join(checkoutDir, 'cli', 'tsukigime.js'), 'clock', 'advance', ...args],
      { env },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

async function clockOf(slug: string): Promise<number> {
  const row = await db
    .selectFrom('merchants')
    .select('clock_offset_ms')
    .where('slug', '=', slug)
    .executeTakeFirstOrThrow();
  return row.clock_offset_ms;
}

test('moves a sandbox merchant, its workflows with it, and audits it', async () => {
  const input: BystanderInput = {
    merchant: temporal.merchant,
    clockOffsetMs: 0,
    who: 'cli',
    firstDue: new Date(Date.now() + 10 * hourMs).toISOString(),
    everyMs: 30 * hourMs,
    times: 3,
  };
  const workflowId = `by:${temporal.merchant}:cli`;
  await temporal.starter.start({
    workflowId,
    workflow: 'bystander',
    input,
    month: null,
    stage: null,
  });
  const startedMs = Date.now();

  const { code, stdout, stderr } = await tsukigime('--merchant', temporal.merchant, '--days', '3');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(events).toHaveLength(3);
  // Three appointments and the target.
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(5);
  expect(lines.filter((line) => line.includes(workflowId))).toHaveLength(3);
  const reachedMs = (await clockOf(temporal.merchant)) + startedMs;
  expect(Math.abs(reachedMs - startedMs - 72 * hourMs)).toBeLessThan(60_000);

  const date = new Date(startedMs + 20 * 24 * hourMs).toISOString().slice(0, 10);
  const further = await tsukigime(
    ...['--merchant', temporal.merchant, '--to', date, '--step', 'day', '--json'],
  );
  expect(further.code).toBe(0);
  expect(JSON.parse(further.stdout)).toMatchObject({
    to: new Date(`${date}T00:00:00+09:00`).toISOString(),
  });

  const acts = await listAudit(db, merchantId);
  expect(acts.map((entry) => JSON.parse(entry.entry))).toEqual([
    expect.objectContaining({ act: 'clock.advanced', actor: expect.stringMatching(/^cli:/) }),
    expect.objectContaining({ act: 'clock.advanced' }),
  ]);
});

test.each([
  ['a real merchant', ['--merchant', 'honmono', '--days', '1'], /real/],
  ['a target in the past', ['--merchant', 'sandbox', '--to', '2020-01-01'], /only goes forward/],
  ['a target that is no date', ['--merchant', 'sandbox', '--to', '2026-02-30'], /--to is a date/],
  ['two targets', ['--merchant', 'sandbox', '--to', '2040-01-01', '--days', '1'], /either/],
] as const)('refuses %s in one line', async (_, args, reason) => {
  const given = args.map((arg) => (arg === 'sandbox' ? temporal.merchant : arg));
  const { code, stdout, stderr } = await tsukigime(...given);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(reason);
  expect(await clockOf('honmono')).toBe(0);
});
