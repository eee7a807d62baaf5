// Every list of the console, asked of the real API 50 times over a month of a million charges.
// `npx tsx bench/lists.ts [charges] [times]`; fails when the 95th percentile of a list is over 300 ms.
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import { databaseOver, openPool } from '../db/database.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { createToken } from '../db/queries/tokens.ts';
import { bringUpStack } from '../stack/bring-up.ts';
import { removeDataDir } from '../stack/recovery.ts';
import { startApi } from '../stack/services.ts';
import { withBareTables } from './bare-tables.ts';
import { percentile } from './figures.ts';
import { fillCustomers, fillHistories } from './many-customers.ts';
import { fillMonth } from './million-charges.ts';
import { filledMonth } from './month-to-fill.ts';
import { readCircumstances, saveResult } from './results.ts';

const [charges = 1_000_000, times = 50] = process.argv.slice(2).map(Number);
const limitMs = 300;
const circumstances = readCircumstances();
/** Milliseconds of each list. */
const answers: { path: string; p50: number; p95: number; p99: number; judged: boolean }[] = [];
const month = `cycles/${filledMonth}`;
const deep = String(Math.floor(charges * 0.9));

/** Lists as the pages of the console ask for them, each with the filters that a month of that size needs. */
const lists: readonly string[] = [
  '/v1/merchants',
  'cycles?limit=50',
  `exchanges?month=${filledMonth}`,
  `exchanges/${filledMonth}/auth/1/lines?limit=50`,
  `exchanges/${filledMonth}/auth/1/lines?limit=50&verdict=ng`,
  `${month}/charges?limit=50`,
  `${month}/charges?limit=50&state=quarantined`,
  `${month}/charges?limit=50&state=planned`,
  `${month}/charges?limit=50&state=captured`,
  `${month}/charges?limit=50&state=authorized`,
  `${month}/charges?limit=50&state=declined`,
  `${month}/charges?limit=50&state=sent`,
  `${month}/charges?limit=50&after=${deep}`,
  `${month}/orders?limit=50&totals=false`,
  `${month}/orders?limit=50&totals=false&verdict=quarantined`,
  `${month}/orders?limit=50&totals=false&verdict=excluded`,
  `${month}/orders?limit=50&totals=false&chargeState=declined`,
  `${month}/orders?limit=50&totals=false&orderNumberFrom=B${deep.padStart(8, '0')}&orderNumberTo=B${deep.padStart(8, '0')}`,
  `${month}/open-rows?limit=50&totals=false&reason=declined`,
  `${month}/open-rows?limit=50&totals=false&reason=planned`,
  `${month}/open-rows?limit=50&totals=false&reason=quarantined`,
  `${month}/holds?limit=50`,
  `${month}/order-exports`,
  `${month}/previews?limit=50`,
  'deadlines',
  'reconciliation-desk?limit=50',
  'ng-cases?limit=50',
  `ng-cases?limit=50&month=${filledMonth}&class=limit_exceeded`,
  'ng-cases?limit=50&state=all&nextStep=retry',
  'customers?limit=50',
  `customers?limit=50&customerNumber=c${deep}`,
  searchFor('customers', { email: `c${deep}@shop.example` }),
  searchFor('customers', { phone: `03${deep.padStart(8, '0')}` }),
  searchFor('customers', { name: `見本 ${deep}` }),
  'attention',
  'customers?limit=50&toReview=true',
  'subscriptions?limit=50',
  'subscriptions?limit=50&refreshStatus=ng',
  `card-refreshes/${filledMonth}/results?limit=50`,
  `card-refreshes/${filledMonth}/results?limit=50&verdict=1`,
  `card-refreshes/${filledMonth}/quarantine?limit=50`,
  'card-refreshes?limit=24',
  'card-locks?limit=50',
  'cards-needing-action?limit=50',
  'cards-needing-action?limit=50&need=locked',
  'card-expiries?from=2026-11&months=12',
  'card-expiries/2026-11?limit=50',
  'card-migrations?limit=50',
  'jobs?limit=50',
  'imports?page=1&pageSize=50',
  'imports?page=90&pageSize=50&sort=fileName',
  'imports/1/errors?limit=50',
  'notices?limit=50&unread=true',
  'audit?limit=50',
  'audit-entries?limit=50',
  'audit-entries?limit=50&actor=bench',
  'corrections?limit=50',
  'mails?limit=50',
];

/** Sums beside lists, which follow them, and searches through every text of a month: told, not judged. */
const sums: readonly string[] = [
  `${month}?sums=false`,
  month,
  `${month}/report`,
  `${month}/open-rows?limit=0&sums=false`,
  `${month}/open-rows?limit=0`,
  `${month}/orders?limit=1`,
  'ng-report?from=2026-11-01&to=2026-11-30',
  searchFor(`${month}/orders`, { totals: false, email: `c${deep}@shop.example` }),
  searchFor(`${month}/orders`, { totals: false, customerName: `見本${deep}` }),
];

const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-bench-'));
await chmod(dataDir, 0o711);
const stack = await bringUpStack({
  dataDir,
  config: readConfig({}),
  temporalUi: false,
  // Lists are read: what is written here need not survive.
  disposable: true,
});
try {
  await migrateToLatest(stack.ownerDatabaseUrl);
  const owner = openPool(stack.ownerDatabaseUrl, { maxConnections: 1 });
  const startedAt = performance.now();
  let slug = '';
  const fillAll = async () => {
    const month = await fillMonth(owner, charges);
    await fillCustomers(month.fill, charges);
    await fillHistories(month.fill, Math.ceil(charges / 10));
    slug = month.slug;
  };
  // Every rule looks at a small fill, and so at how a large one is made.
  if (charges <= 100_000) await fillAll();
  else await withBareTables(owner, fillAll);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(`${charges} charges filled in ${seconds} s; each list ${times} times: p50, p95, p99`);
  const url = await startApi(stack, { LOG_LEVEL: 'warn' });
  const askFor = async (path: string, count: number) => {
    // A token of its own for each: one may ask so many times a minute.
    const { token } = await createToken(databaseOver(owner), {
      actor: 'bench',
      role: 'admin',
      scope: { all: true },
      expiresAt: null,
      createdBy: 'bench',
      now: new Date().toISOString(),
    });
    const address = path.startsWith('/') ? path : `/v1/merchants/${slug}/${path}`;
    return await ask(`${url}${address}`, token, count);
  };
  // The API has compiled nothing yet, the pool has no connection.
  await askFor('/v1/merchants', 5);
  const judge = async (path: string, count: number, limit: number) => {
    try {
      tell(path, await askFor(path, count), limit);
    } catch (error) {
      // One list that breaks hides no other.
      console.log(`FAILED ${path}: ${String(error)}`);
      process.exitCode = 1;
    }
  };
  for (const path of lists) await judge(path, times, limitMs);
  for (const path of sums) await judge(path, 3, Number.POSITIVE_INFINITY);
  await owner.end();
  console.log(
    saveResult(`lists-${charges}`, { ...circumstances, charges, times, limitMs, answers }),
  );
} finally {
  await stack.stop();
  removeDataDir(dataDir);
}

/** Conditions that name a person stand in a body, after the path. */
function searchFor(path: string, conditions: object): string {
  return `${path}/search ${JSON.stringify({ limit: 50, ...conditions })}`;
}

/** @returns milliseconds of each answer: in turn the first page, and the page behind the latest one. */
async function ask(path: string, token: string, count: number): Promise<readonly number[]> {
  const [url = '', conditions] = path.split(/ (.*)/);
  const taken: number[] = [];
  let place: readonly [string, string] | null = null;
  for (let i = 0; i < count; i += 1) {
    const page: URL = new URL(url);
    const behind = i % 2 === 1 ? place : null;
    if (behind !== null && conditions === undefined) page.searchParams.set(...behind);
    const after = behind === null ? {} : Object.fromEntries([behind]);
    const startedAt = performance.now();
    const answer = await fetch(page, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(conditions === undefined
        ? {}
        : { method: 'POST', body: JSON.stringify({ ...JSON.parse(conditions), ...after }) }),
    });
    const body = (await answer.json()) as { nextAfter?: unknown; nextBefore?: unknown };
    taken.push(performance.now() - startedAt);
    if (!answer.ok) throw new Error(`${page.pathname}${page.search}: ${JSON.stringify(body)}`);
    const { nextAfter = null, nextBefore = null } = body;
    if (nextAfter !== null) place = ['after', String(nextAfter)];
    else place = nextBefore === null ? null : ['before', String(nextBefore)];
  }
  return taken.sort((one, other) => one - other);
}

function tell(path: string, taken: readonly number[], limit: number): void {
  const at = (share: number) => percentile(taken, share);
  const failed = at(0.95) > limit;
  if (failed) process.exitCode = 1;
  const [p50, p95, p99] = [at(0.5), at(0.95), at(0.99)];
  answers.push({ path, p50, p95, p99, judged: Number.isFinite(limit) });
  const figures = [p50, p95, p99].map((ms) => `${ms.toFixed(0)} ms`.padStart(9));
  console.log(`${figures.join('')}  ${failed ? 'FAILED ' : ''}${path}`);
}
