import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkoutDir } from '../../config.ts';
import type { DemoReport } from '../../sandbox/demo/report.ts';
import { expectSummary, generateOrderExport } from '../../sandbox/shop/order-export.ts';
import { header, orderLine } from '../billing/order-rows.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tsukigime-demo-'));
});
afterAll(() => rm(dir, { recursive: true }));

interface DemoRun {
  readonly exitCode: number | null;
  readonly output: string;
  readonly report: DemoReport;
}

/** The command as a new user runs it, on a data folder of its own and embedded servers. */
async function runDemo(...args: string[]): Promise<DemoRun> {
  const reportPath = join(dir, 'report.json');
  await rm(reportPath, { force: true });
  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: process.env.HOME };
  const child = spawn(
    process.execPath,
    [join(checkoutDir, 'cli/tsukigime.js'), 'demo', '--exit', '--report', reportPath, ...args],
    { env: { ...env, TSUKIGIME_DATA_DIR: join(dir, 'data') }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    output += text;
  });
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const report = JSON.parse(await readFile(reportPath, 'utf8').catch(() => 'null')) as DemoReport;
  return { exitCode, output, report };
}

async function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return await new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function writeExport(name: string, options: Parameters<typeof generateOrderExport>[0]) {
  const pieces: Buffer[] = [];
  for (const piece of generateOrderExport(options)) pieces.push(piece);
  const path = join(dir, name);
  await writeFile(path, Buffer.concat(pieces));
  return path;
}

test('bills November once, December only what is new, and leaves nothing running', async () => {
  const november = await writeExport('orders-2026-11.csv', { month: '2026-11', orders: 120 });
  const first = await runDemo('--orders', november);
  expect(first.exitCode, first.output).toBe(0);
  const { report } = first;
  const { orders } = expectSummary({ month: '2026-11', orders: 120 });
  expect(report).toMatchObject({ month: '2026-11', alreadyBilled: false, orders });
  expect(report.authorized + report.declined).toBe(report.selected);
  expect(report.captured).toBe(report.authorized);
  expect(report.captured).toBeGreaterThan(0);
  expect(report.conservation).toEqual({ rows: true, yen: true });
  expect(report.files.map((file) => file.kind)).toEqual(['auth', 'capture']);
  for (const file of report.files) expect(file.acceptanceNumber).toMatch(/^\d+$/);
  const excluded = Object.values(report.excluded).reduce((sum, count) => sum + count, 0);
  expect(report.selected + excluded + report.quarantined.length).toBe(orders);
  for (const url of Object.values(report.urls)) expect(await isListening(url)).toBe(false);

  const again = await runDemo('--orders', november);
  expect(again.exitCode, again.output).toBe(0);
  expect(again.output).toContain('already billed');
  expect(again.report).toEqual({ ...report, alreadyBilled: true, urls: again.report.urls });

  const followUp = { month: '2026-12', orders: 60, previousMonthOrders: 120 };
  const december = await writeExport('orders-2026-12.csv', followUp);
  const later = await runDemo('--orders', december);
  expect(later.exitCode, later.output).toBe(0);
  expect(later.report.orders).toBe(expectSummary(followUp).orders);
  // Every order that November billed or tried to bill, whatever became of it.
  expect(later.report.excluded.already_billed).toBeGreaterThanOrEqual(report.selected);
  expect(later.report.captured).toBe(later.report.authorized);
}, 300_000);

test('a month that waits for a person is not called billed, and the demo ends', async () => {
  const orders = join(dir, 'orders-2027-01.csv');
  const unknown = orderLine({ 注文番号: '270100001', 対応状況: '謎' });
  await writeFile(orders, `${header}\r\n${unknown}\r\n`);
  const run = await runDemo('--orders', orders);
  expect(run.exitCode, run.output).toBe(1);
  expect(run.output).toContain('NOT billed');
  expect(run.report).toMatchObject({ selected: 0, files: [], captured: 0 });
  expect(run.report.trouble).toContain('要確認が 1 件');
}, 180_000);

test('says what it needs instead of guessing', async () => {
  const nameless = join(dir, 'orders.csv');
  await writeFile(nameless, '');
  const withoutMonth = await runDemo('--orders', nameless);
  expect(withoutMonth.exitCode).toBe(2);
  expect(withoutMonth.output).toContain('--month YYYY-MM');
  const absent = await runDemo('--orders', join(dir, 'none-2026-11.csv'));
  expect(absent.exitCode).toBe(2);
  expect(absent.output).toContain('cannot be read');
});
