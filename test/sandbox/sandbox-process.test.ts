import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdir, rm, symlink } from 'node:fs/promises';
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
  const child = spawn(process.execPath, [...entry, '--data-dir', dataDir], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let url: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    url ??= readyPattern.exec(line)?.[1];
    const opened = /^open (http:\S+) in a browser/.exec(line)?.[1];
    if (url && opened) return { child, account: { url, merchantId }, opened };
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

test('the command starts it too, feeds it the real time, and SIGTERM ends it with 0', async () => {
  const { child, account, opened } = await startProcess(['cli/tsukigime.js', 'sandbox', 'paygent']);
  expect(await (await fetch(opened)).text()).toContain('<title>アカウントの選択');
  await registerMerchant(account, { processingDelayMs: 0 });
  const bytes = await makeTransactionFile('authorization', merchantId, [['1', 500]]);
  const upload = { bytes, fileName: 'f.csv', transactionKind: 'オーソリ' } as const;
  const before = new Date().toISOString();
  const { acceptedAt } = await handOverFile(account, upload, { records: 1, amountYen: 500 });
  // The feed may lag by its step.
  expect(Date.parse(acceptedAt)).toBeGreaterThan(Date.parse(before) - 5000);
  expect(await searchResults(account)).toMatchObject([{ status: '完了処理済' }]);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test.each([
  ['--smtp', 'nowhere'],
  ['--now', 'noon'],
])('%s %s is one clear line and exit code 2', async (option, value) => {
  const args = ['cli/tsukigime.js', 'sandbox', 'paygent', '--data-dir', dataDir, option, value];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) lines.push(line);
  expect(lines).toEqual([expect.stringContaining(`${option} takes`)]);
  expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(2);
});

test('an installation without the sandbox says so', async () => {
  // The production image: everything but sandbox/.
  const installed = join(dataDir, 'installed');
  await mkdir(installed);
  for (const entry of ['cli', 'billing', 'psp', 'imports', 'node_modules', 'tsconfig.json']) {
    await symlink(join(root, entry), join(installed, entry));
  }
  await rm(join(installed, 'cli'));
  await cp(join(root, 'cli'), join(installed, 'cli'), { recursive: true });
  await copyFile(join(root, 'package.json'), join(installed, 'package.json'));
  const args = ['cli/tsukigime.js', 'sandbox', 'paygent'];
  const child = spawn(process.execPath, args, {
    cwd: installed,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) lines.push(line);
  expect(lines).toEqual([expect.stringContaining('git checkout')]);
  expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(2);
});
