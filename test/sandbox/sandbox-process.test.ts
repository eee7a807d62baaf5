import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  downloadResult,
  handOverFile,
  registerMerchant,
  searchResults,
  setSandboxClock,
} from '../../sandbox/paygent-operator.ts';
import { readyPattern } from '../../sandbox/run-sandbox.ts';
import { dayMs, later, makeDataDir, merchantId, sessionStart } from './portal-session.ts';
import { makeTransactionFile, readResultRows } from './transaction-bytes.ts';

const root = join(import.meta.dirname, '../..');

let dataDir: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  dataDir = await makeDataDir();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(dataDir, { recursive: true });
});

async function startProcess(entry: readonly string[]) {
  const child = spawn(process.execPath, [...entry, '--port', '0', '--data-dir', dataDir], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const url = readyPattern.exec(line)?.[1];
    if (url) return { child, account: { url, merchantId } };
  }
  throw new Error('the sandbox ended without its ready line');
}

const processEntry = ['--import', 'tsx', 'sandbox/main.ts'];

test('a killed sandbox goes on where it was', async () => {
  const first = await startProcess(processEntry);
  await registerMerchant(first.account, { outcomes: { declineShare: 0 } });
  await setSandboxClock(first.account.url, sessionStart);
  const bytes = await makeTransactionFile('authorization', merchantId, [['1', 500]]);
  const upload = { bytes, fileName: 'f.csv', transactionKind: 'オーソリ' } as const;
  const expected = { records: 1, amountYen: 500 };
  const { acceptanceNumber } = await handOverFile(first.account, upload, expected);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');

  const { account } = await startProcess(processEntry);
  expect(await searchResults(account)).toMatchObject([{ acceptanceNumber, status: '決済処理中' }]);
  await setSandboxClock(account.url, later(sessionStart, dayMs));
  expect(readResultRows(await downloadResult(account, acceptanceNumber))).toHaveLength(1);
});

test('SIGTERM ends it with 0', async () => {
  const { child } = await startProcess(processEntry);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
