// What a user would pick instead, for the same month and the same answers of the PSP: a script that
// writes row by row, one pg-boss job, one DBOS workflow, one Temporal workflow for each order. Each at a
// size that it finishes in two minutes; compared by the cost of an order. `npx tsx bench/alternatives.ts
// [share of the sizes]`; installs bench/alternatives/ once. Judges nothing.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { checkoutDir, inheritedEnvironment, readConfig } from '../config.ts';
import { openPool } from '../db/database.ts';
import { makeShopOrder } from '../sandbox/shop/subscription-order.ts';
import { bringUpStack } from '../stack/bring-up.ts';
import { removeDataDir } from '../stack/recovery.ts';
import { measureKind } from './cycle-runs.ts';
import { formatTable, showCount } from './figures.ts';
import { billedMonth } from './orders-file.ts';
import { readCircumstances, saveResult } from './results.ts';

/** By the name of the script; as many orders as take a minute or so on 2 cores. */
const alternatives = [
  { name: 'row-by-row', what: 'a script, a statement for each row', orders: 60_000 },
  { name: 'pg-boss-jobs', what: 'a pg-boss job for each order', orders: 100_000 },
  { name: 'dbos-workflows', what: 'a DBOS workflow for each order', orders: 12_000 },
  { name: 'temporal-workflows', what: 'a Temporal workflow for each order', orders: 3_000 },
] as const;
/** An order costs as much there as in a month of a million (limit: 1.15 times). */
const ourOrders = 100_000;

const share = Number(process.argv[2] ?? 1);
const folder = join(checkoutDir, 'bench', 'alternatives');
const circumstances = readCircumstances();
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

if (!existsSync(join(folder, 'node_modules'))) {
  say('installing the alternatives (npm ci) …');
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', args, { cwd: folder, stdio: 'inherit' });
}
const taken = [...(await measureOurs()), ...(await measureAlternatives())];
const [floor, ours] = taken;
const perOrder = ({ seconds, orders }: { seconds: number; orders: number }) => seconds / orders;
const compared = taken.map((one) => ({
  ...one,
  ordersPerSecond: one.orders / one.seconds,
  timesFloor: floor === undefined ? Number.NaN : perOrder(one) / perOrder(floor),
  timesOurs: ours === undefined ? Number.NaN : perOrder(one) / perOrder(ours),
}));
console.log(
  formatTable([
    ['', 'orders', 'time, s', 'orders a second', 'x floor', 'x Tsukigime'],
    ...compared.map((one) => [
      one.what,
      showCount(one.orders),
      one.seconds.toFixed(1),
      showCount(one.ordersPerSecond),
      one.timesFloor.toFixed(1),
      one.timesOurs.toFixed(2),
    ]),
  ]),
);
console.log(saveResult('alternatives', { ...circumstances, compared }));

interface Taken {
  readonly what: string;
  readonly orders: number;
  readonly seconds: number;
}

async function measureOurs(): Promise<Taken[]> {
  const orders = Math.ceil(ourOrders * share);
  const kind = {
    ...{ orders, perFile: 200_000, quoted: false, pastMonths: 0, workers: 1 },
    ...{ merchants: 1, hands: 2 },
  };
  const { runs } = await measureKind(kind, 1, say);
  const [run] = runs;
  if (run === undefined) throw new Error('no month was measured');
  return [
    { what: 'floor: COPY and plain SQL', orders, seconds: run.floor.seconds },
    { what: 'Tsukigime', orders, seconds: run.month.seconds },
  ];
}

async function measureAlternatives(): Promise<Taken[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-bench-'));
  // Closed, its database would lie elsewhere and stay there.
  await chmod(dataDir, 0o711);
  const config = readConfig({ ...inheritedEnvironment(), DATABASE_URL: '', TEMPORAL_ADDRESS: '' });
  const stack = await bringUpStack({ dataDir, config, temporalUi: false });
  try {
    const owner = openPool(stack.ownerDatabaseUrl, { maxConnections: 1 });
    await owner.query('create database alternatives');
    await owner.end();
    const url = new URL(stack.ownerDatabaseUrl);
    url.pathname = '/alternatives';
    const measured: Taken[] = [];
    for (const { name, what, orders: wanted } of alternatives) {
      const orders = Math.ceil(wanted * share);
      say(`${what}: ${orders} orders`);
      const ordersPath = join(dataDir, `${name}.json`);
      await writeFile(ordersPath, JSON.stringify(listOrders(orders)));
      const { temporalAddress } = stack;
      const job = { databaseUrl: url.toString(), temporalAddress, ordersPath };
      measured.push({ what, orders, seconds: await runAlternative(name, job) });
    }
    return measured;
  } finally {
    await stack.stop();
    removeDataDir(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  }
}

function listOrders(count: number): object[] {
  const shop = { seed: 'tsukigime', oddShare: 0 };
  return Array.from({ length: count }, (_, index) => {
    const { orderNumber, customerNumber, amountYen } = makeShopOrder(shop, billedMonth, index);
    return { orderNumber, customerNumber, yen: amountYen };
  });
}

/** @returns seconds from the first to the last order */
async function runAlternative(name: string, job: object): Promise<number> {
  const args = ['--import', 'tsx', join(folder, `${name}.js`)];
  const child = spawn(process.execPath, args, {
    cwd: checkoutDir,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // By standard input: what it holds is secret, and a command line is not.
  child.stdin.end(JSON.stringify(job));
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`${name} ended with exit code ${code}: ${output}`);
  const line = output.trim().split('\n').at(-1) ?? '';
  return (JSON.parse(line) as { seconds: number }).seconds;
}
