// Declined charges of one month through the NG desk on a Temporal server and a worker of its own process:
// the wave that opens and plans them, and the wave that asks for their retries, queues the mails to their
// customers and builds the supplementary files. `npx tsx bench/ng-wave.ts [cases …]`, 10,000 and 50,000
// without; fails when a wave takes longer than 60 s, or when the desk's events grow with its cases.
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { sql } from 'kysely';
import { readConfig } from '../config.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { migrateToLatest } from '../db/migrate.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { hasNgNews } from '../db/queries/ng-cases.ts';
import { bringUpStack } from '../stack/bring-up.ts';
import { removeDataDir } from '../stack/recovery.ts';
import { startWorker } from '../stack/services.ts';
import { connectTemporal } from '../temporal/client.ts';
import { wakeNgDesk } from '../temporal/start-ng-desk.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import { advanceMerchantClock } from '../workers/merchant-clock.ts';
import { ngDeskWorkflowId } from '../workflows/workflow-ids.ts';
import { declinedAt, firstDueAt, insertDeclined } from './declined-charges.ts';
import { readCircumstances, saveMeasurement } from './results.ts';

const given = process.argv.slice(2).map(Number);
const sizes = given.length > 0 ? given : [10_000, 50_000];
const limits = { waveSeconds: 60, events: 500 };
/** What two runs may differ by: signals that come together are one turn of the worker. */
const chanceEvents = 20;

const circumstances = readCircumstances();
const measured: Record<string, string | number>[] = [];
const broken: string[] = [];

const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-bench-'));
await chmod(dataDir, 0o711);
const stack = await bringUpStack({ dataDir, config: readConfig({}), temporalUi: false });
try {
  await migrateToLatest(stack.ownerDatabaseUrl);
  await startWorker(stack);
  const db = openDatabase(stack.appDatabaseUrl, { maxConnections: 4 });
  const client = await connectTemporal({
    address: stack.temporalAddress,
    namespace: stack.temporalNamespace,
    keys: stack.payloadKeys,
  });
  const events: number[] = [];
  for (const count of sizes) events.push(await workCases(db, client, count));
  const spread = Math.max(...events) - Math.min(...events);
  if (spread > chanceEvents) fail(`events grow with the cases: ${events.join(', ')}`);
  await client.connection.close();
  await db.destroy();
  const title = 'Declined charges at the NG desk';
  saveMeasurement('ng-wave', { title, ...circumstances, measured, broken });
} finally {
  await stack.stop();
  removeDataDir(dataDir);
}

/** @returns the events of the desk after both waves */
async function workCases(db: Db, client: Client, count: number): Promise<number> {
  const slug = `bench-${count}`;
  const merchant = await insertDeclined(db, { slug, count });
  const desk = client.workflow.getHandle(ngDeskWorkflowId(slug));
  const eventsOf = async () => (await desk.describe()).historyLength;
  const line: Record<string, string | number> = { what: `${count} cases` };
  measured.push(line);
  await measure(line, 'opens and plans', async () => {
    await wakeNgDesk(createWorkflowStarter(client), merchant);
    await passTo(db, client, merchant, Date.parse(declinedAt) + 3_600_000);
  });
  const first = await eventsOf();
  await measure(line, 'mails, retries, files', () =>
    passTo(db, client, merchant, Date.parse(firstDueAt) + 60_000),
  );
  const both = await eventsOf();
  await measure(line, 'asks for news', () => hasNgNews(db, merchant.id));
  const { rows } = await sql<{ requested: number; files: number; mails: number }>`
    select (select count(*)::int from authorization_requests where merchant_id = ${merchant.id}) as requested,
           (select count(*)::int from exchanges
             where merchant_id = ${merchant.id} and kind = 'retry') as files,
           (select count(*)::int from customer_mails where merchant_id = ${merchant.id}) as mails`.execute(
    db,
  );
  const done = rows[0];
  console.log(
    `${count} cases: ${done?.requested} retries in ${done?.files} files, ${done?.mails} mails queued`,
  );
  console.log(`${count} cases: ${first} events after the first wave, ${both} after the second`);
  if (done?.requested !== count / 2 || done.mails !== count / 2) fail('not every case was worked');
  line['events, first wave'] = first;
  line['events, both'] = both;
  if (both > limits.events) fail(`${both} events, limit ${limits.events}`);
  return both;
}

/** Moves the clock and waits until everything that is due by then has been done. */
async function passTo(db: Db, client: Client, merchant: Merchant, atMs: number): Promise<void> {
  await advanceMerchantClock({
    ...{ db, client, merchant: merchant.slug, actor: 'bench' },
    target: new Date(atMs).toISOString(),
    realNowMs: () => Date.now(),
    limit: { settleTimeoutMs: 10 * 60_000 },
  });
}

async function measure(
  line: Record<string, string | number>,
  what: string,
  work: () => Promise<unknown>,
): Promise<void> {
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  line[`${what}, s`] = seconds;
  console.log(`${line.what}, ${what}: ${seconds.toFixed(1)} s`);
  if (seconds > limits.waveSeconds) fail(`${what} took longer than ${limits.waveSeconds} s`);
}

function fail(why: string): void {
  console.log(`FAILED: ${why}`);
  broken.push(why);
}
