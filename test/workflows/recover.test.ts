import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { inheritedEnvironment, readConfig } from '../../config.ts';
import { registerPreview } from '../../db/queries/preview-record.ts';
import { billMonth, type OperatorStep } from '../../sandbox/bill-month.ts';
import { generateOrderExport } from '../../sandbox/shop/order-export.ts';
import { bringUpStack, type Stack } from '../../stack/bring-up.ts';
import { mainTaskQueue } from '../../workflows/workflow-ids.ts';
import { readResult } from '../campaign/disturbed-month.ts';
import { runCommand } from '../cli/run-command.ts';
import { makeTemporaryDir } from '../stack/temporary-dir.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';
import { ask, untilCycle, untilExchange } from './month-acts.ts';

/** A real Temporal server whose database is deleted in the middle of a month. */
const billedMonth = '2026-11';
const settings = { paygent: { maxRecordsPerFile: 60, exchangesAtOnce: 10 } };
const csv = Buffer.concat([
  ...generateOrderExport({ month: billedMonth, orders: 200, seed: 'recover', oddShare: 0.1 }),
]);

let dataDir: string;
let stack: Stack;
let month: Month;

beforeAll(async () => {
  dataDir = makeTemporaryDir();
  const { DATABASE_URL: _1, TEMPORAL_ADDRESS: _2, ...environment } = inheritedEnvironment();
  stack = await bringUpStack({
    dataDir,
    config: readConfig({ ...environment, TEMPORAL_NAMESPACE: inject('temporalNamespace') }),
    services: { postgres: false },
    temporalUi: false,
  });
  const temporal = { address: stack.temporalAddress, taskQueue: mainTaskQueue };
  month = await openMonth({ temporal, settings });
});
afterAll(async () => {
  await month?.close();
  await stack?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** The server is stopped, its state deleted, and comes up again knowing nothing. */
async function deleteTemporalState(): Promise<void> {
  await stack.process('temporal')?.stop();
  const dir = join(dataDir, 'temporal');
  expect(readdirSync(dir)).toContain('temporal.db');
  for (const file of readdirSync(dir)) rmSync(join(dir, file));
  await stack.restart('temporal');
}

async function recover(): Promise<Record<string, string>> {
  const servers = { databaseUrl: month.appDatabaseUrl, temporalAddress: stack.temporalAddress };
  const { code, out, err } = await runCommand(servers, 'recover', '--json');
  expect([code, err]).toEqual([0, '']);
  const { merchants } = JSON.parse(out) as {
    merchants: { workflows: { workflowId: string; found: string }[] }[];
  };
  const workflows = merchants.flatMap((one) => one.workflows);
  return Object.fromEntries(
    workflows.map(({ workflowId, found }) => [
      workflowId.replace(month.day.desk.merchant, 'm'),
      found,
    ]),
  );
}

test('the month comes to the same as one that nothing happened to', async () => {
  const quiet = await openMonth({ settings });
  try {
    const billed = async (of: Month) => {
      await of.begin(billedMonth, csv);
      await billMonth(of.day, billedMonth);
      await untilCycle(of, billedMonth, ({ stage }) => stage === 'closed');
      return await readResult(of);
    };
    const expected = await billed(quiet);
    expect(expected.authFiles.length).toBeGreaterThan(2);

    // Between the upload and its 受付番号, and again while captures are on their way.
    const losses: Record<string, string>[] = [];
    const lose = async (step: OperatorStep, { kind, number }: { kind: string; number: number }) => {
      const at = `${step} ${kind}-${number}`;
      if (at !== 'uploaded auth-2' && at !== 'completed capture-1') return;
      await deleteTemporalState();
      losses.push(await recover());
    };
    const disturbed = { ...month, day: { ...month.day, onStep: lose } };
    expect(await billed(disturbed)).toEqual(expected);

    expect(losses).toHaveLength(2);
    expect(losses[0]).toMatchObject({
      [`cycle:m:${billedMonth}`]: 'started',
      [`exchange:m:${billedMonth}:auth:002`]: 'started',
    });
    // A file that was reconciled before needs nobody.
    expect(losses[0]).not.toHaveProperty(`exchange:m:${billedMonth}:auth:001`);
    expect(losses[1]).toHaveProperty(`exchange:m:${billedMonth}:capture:001`, 'started');
    const { totals } = await month.readLedger();
    expect(totals).toMatchObject({ doubleAuthorizations: 0, repeatedCaptures: 0 });
  } finally {
    await quiet.close();
  }
}, 120_000);

test('what runs is left alone, and what is closed stays so', async () => {
  const december = '2026-12';
  await month.begin(
    december,
    Buffer.concat([
      ...generateOrderExport({ month: december, orders: 5, seed: 'december', oddShare: 0 }),
    ]),
  );
  await untilExchange(month, december, 'auth-1');
  const running = {
    [`cycle:m:${december}`]: 'running',
    [`exchange:m:${december}:auth:001`]: 'running',
  };
  expect(await recover()).toEqual(running);
  expect(await recover()).toEqual(running);
});

test('a dry run whose workflow was lost says what it came to after all', async () => {
  const asked = { month: '2027-03', kind: 'dry_run', fileId: null, requesters: ['test'] } as const;
  await registerPreview(month.db, month.merchantId, { ...asked, requestKey: 'k', now: sandboxNow });
  expect(await recover()).toMatchObject({ 'preview:m:2027-03:001': 'started' });
  await vi.waitFor(
    async () => {
      const { body } = await ask(month, 'GET', '/cycles/2027-03/previews/1');
      expect(body.computedAt ?? body.trouble).toBeTruthy();
    },
    { timeout: 30_000 },
  );
  expect(await recover()).not.toHaveProperty('preview:m:2027-03:001');
});

test('a merchant that is not there is no reason to start anything', async () => {
  const servers = { databaseUrl: month.appDatabaseUrl, temporalAddress: stack.temporalAddress };
  const { code, out, err } = await runCommand(servers, 'recover', '--merchant', 'nobody');
  expect([code, out, err]).toEqual([2, '', 'There is no merchant nobody.\n']);
});
