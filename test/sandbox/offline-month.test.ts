import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { bundledExport, bundledExportPath } from '../../sandbox/fixtures/bundled-export.ts';
import { downloadResult, handOverFile, registerMerchant } from '../../sandbox/paygent-operator.ts';
import { expectSummary } from '../../sandbox/shop/order-export.ts';
import {
  dayMs,
  later,
  makeDataDir,
  merchantId,
  openPortalSession,
  type PortalSession,
  sessionStart,
} from './portal-session.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

let session: PortalSession;

beforeEach(async () => {
  session = await openPortalSession();
});

afterEach(() => session.stop());

async function tsukigime(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await run(process.execPath, ['cli/tsukigime.js', ...args, '--json'], {
    cwd: root,
  });
  return JSON.parse(stdout);
}

test('a month by the offline commands: every order that is billed is held once at Paygent', async () => {
  const outcomes = { seed: 'offline', declineShare: 0.1 };
  await registerMerchant(session.account, { outcomes });
  const folder = await makeDataDir();
  onTestFinished(() => rm(folder, { recursive: true }));
  const orders = ['--orders', bundledExportPath, '--merchant-id', merchantId, '--out', folder];
  const built = await tsukigime('paygent', 'auth-file', ...orders);
  const { selected, amountYen, excluded } = expectSummary(bundledExport);
  expect(built).toMatchObject({ selected, amountYen, excluded });

  const request = join(folder, 'auth-001.csv');
  const bytes = await readFile(request);
  const upload = { bytes, fileName: 'auth-001.csv', transactionKind: 'オーソリ' } as const;
  const expected = { records: selected, amountYen };
  const { acceptanceNumber } = await handOverFile(session.account, upload, expected);
  await session.setClock(later(sessionStart, dayMs));
  const result = join(folder, 'result.csv');
  await writeFile(result, await downloadResult(session.account, acceptanceNumber));

  const reconciled = await tsukigime(
    'paygent',
    'reconcile',
    '--request',
    request,
    '--result',
    result,
  );
  const { totals } = await session.readLedger();
  expect(totals.authorizations + totals.declines).toBe(selected);
  expect(totals.declines).toBeGreaterThan(0);
  expect(totals.doubleAuthorizations).toBe(0);
  expect(reconciled.ok).toMatchObject({
    rows: totals.authorizations,
    yen: totals.authorizedYen,
  });
  expect(reconciled.ng).toMatchObject({ rows: totals.declines });
});
