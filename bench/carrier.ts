// Carrier results on real servers: calls at an even rate while Postgres is restarted once, then a full
// queue drained to a fast shop.
// `npx tsx bench/carrier.ts [calls a second] [seconds] [queued results] [seed]`.
// Fails when a call that was answered 200 is not in the table exactly once, when the 99th percentile
// of those answers is 100 ms or more, or when fewer than 300 results a second are delivered.
import { chmod, mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { merchantSettingsSchema } from '../billing/merchant-settings.ts';
import { readConfig } from '../config.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { createEndpoint, moveEndpoint } from '../db/queries/delivery-endpoints.ts';
import { createMerchant } from '../db/queries/merchants.ts';
import { writeSecret } from '../db/queries/secrets.ts';
import { bringUpStack, type Stack } from '../stack/bring-up.ts';
import { removeDataDir } from '../stack/recovery.ts';
import { startApi, startWorker } from '../stack/services.ts';
import { reachTemporal } from '../temporal/client.ts';
import { wakeDeliveryDesk } from '../temporal/start-delivery-desk.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import {
  calmLatenciesMs,
  findBrokenPromises,
  resendUntaken,
  sendCalls,
  slowSeconds,
} from './carrier-calls.ts';
import { readCircumstances, saveMeasurement } from './results.ts';

const [callsPerSecond = 500, seconds = 60, queued = 30_000, givenSeed] = process.argv
  .slice(2)
  .map(Number);
const seed = givenSeed ?? Math.floor(Math.random() * 1_000_000);
const slug = 'bench-shop';
const endpoint = 'bench-endpoint';
const limits = { p99Ms: 100, deliveriesPerSecond: 300 };
const circumstances = readCircumstances();
const measured: Record<string, string | number>[] = [];
const broken: string[] = [];

const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-bench-'));
await chmod(dataDir, 0o711);
const stack = await bringUpStack({ dataDir, config: readConfig({}), temporalUi: false });
const shop = createServer((request, response) => {
  request.resume().on('end', () => response.end('ok'));
}).listen(0, '127.0.0.1');
try {
  await migrateToLatest(stack.ownerDatabaseUrl);
  const db = openDatabase(stack.appDatabaseUrl, { maxConnections: 2 });
  const merchantId = await setUp(db, (shop.address() as AddressInfo).port);
  await measureReceiver(db, merchantId, await startApi(stack, { LOG_LEVEL: 'warn' }));
  await stack.process('api')?.stop();
  await measureDelivery(db, merchantId, stack);
  await db.destroy();
} finally {
  shop.close();
  shop.closeAllConnections();
  await stack.stop();
  removeDataDir(dataDir);
}
const title = 'Carrier results';
saveMeasurement('carrier', { title, ...circumstances, measured, broken });

async function setUp(db: Db, shopPort: number): Promise<number> {
  const now = new Date().toISOString();
  const by = { actor: 'bench', reason: null, now };
  const { id } = await createMerchant(db, {
    slug,
    name: slug,
    kind: 'sandbox',
    settings: merchantSettingsSchema.parse({
      carrier: { enabled: true, allowedAddresses: ['127.0.0.1'] },
    }),
    ...by,
  });
  await writeSecret(db, id, { name: 'shop', value: 'secret', ...by }, stack.fileKeys);
  await createEndpoint(db, id, {
    slug: endpoint,
    settings: {
      url: `http://127.0.0.1:${shopPort}/`,
      secretName: 'shop',
      encoding: 'as_received',
      backOffSeconds: [10],
      timeoutMs: 10_000,
      concurrency: 16,
      circuitFailures: 10,
      circuitPauseSeconds: 60,
    },
    ...by,
  });
  // What comes in waits: the two measurements must not disturb each other.
  await moveEndpoint(db, id, { slug: endpoint, state: 'paused', ...by });
  return id;
}

async function measureReceiver(db: Db, merchantId: number, apiUrl: string): Promise<void> {
  const url = `${apiUrl}/callbacks/zeus/${slug}`;
  await sendCalls({ url, callsPerSecond: 100, seconds: 3, seed });
  const result = await sendCalls({
    url,
    callsPerSecond,
    seconds,
    seed,
    disturb: { atSecond: seconds / 3, act: () => stack.restart('postgres') },
  });
  const { calls, disturbed } = result;
  const taken = calls.filter(({ status }) => status === 200).length;
  const resent = await resendUntaken(url, calls);
  const lost = await findBrokenPromises(db, merchantId, calls);
  const calm = calmLatenciesMs(result);
  const at = (share: number) => calm[Math.floor(calm.length * share)] ?? Number.NaN;
  const others = new Set(calls.map(({ status }) => status).filter((status) => status !== 200));
  const awayMs = disturbed === null ? 0 : disturbed.toMs - disturbed.fromMs;
  say(
    `receiver: seed ${seed}, ${calls.length} calls at ${callsPerSecond}/s; ${taken} answered 200, ` +
      `others ${[...others].join(' ') || 'none'}; Postgres away for ${Math.round(awayMs)} ms; ` +
      `${resent} re-sent; ${lost.length} broken promises`,
    lost.length === 0 && [...others].every((status) => status === 503),
  );
  measured.push({
    ...{ what: `${callsPerSecond} calls a second for ${seconds} s`, rows: calls.length },
    ...{ 'answered 200': taken, 'broken promises': lost.length },
    ...{ 'median, ms': at(0.5), 'p99, ms': at(0.99), 'a second': callsPerSecond },
  });
  say(
    `answers 200 apart from the restart and 5 s after it: median ${at(0.5).toFixed(1)} ms, ` +
      `p99 ${at(0.99).toFixed(1)} ms, longest ${at(0.999_999).toFixed(1)} ms; ` +
      `seconds with one over ${limits.p99Ms} ms: ${slowSeconds(result, limits.p99Ms).join(' ') || 'none'}`,
    at(0.99) < limits.p99Ms,
  );
}

async function measureDelivery(db: Db, merchantId: number, running: Stack): Promise<void> {
  // As many as asked for, whatever the load has left: those already queued count.
  await sql`
    insert into carrier_calls (merchant_id, public_id, received_at, method, source_address, query,
      body, card_number_found)
    select ${merchantId}, gen_random_uuid(), now(), 'POST', '127.0.0.1', '',
      convert_to('clientip=12345&ordd=filled-' || i || '&result=OK', 'UTF8'), false
    from generate_series(1, greatest(${queued} - (select count(*) from deliveries), 0)) i`.execute(
    db,
  );
  const api = await startApi(running, { LOG_LEVEL: 'warn' });
  await waitFor(async () => (await countDue(db)) >= queued, 60_000);
  await running.process('api')?.stop();
  const total = await countDue(db);
  void api;
  await startWorker(running, { LOG_LEVEL: 'warn' });
  const now = new Date().toISOString();
  await moveEndpoint(db, merchantId, {
    slug: endpoint,
    state: 'active',
    actor: 'bench',
    reason: null,
    now,
  });
  const temporal = reachTemporal({
    address: running.temporalAddress,
    namespace: running.temporalNamespace,
    keys: running.payloadKeys,
  });
  const startedAt = performance.now();
  await wakeDeliveryDesk(createWorkflowStarter(temporal), { slug, clockOffsetMs: 0 }, endpoint);
  await waitFor(async () => (await countDue(db)) === 0, 600_000);
  const tookSeconds = (performance.now() - startedAt) / 1000;
  await temporal.connection.close();
  const perSecond = total / tookSeconds;
  measured.push({ what: 'delivery of what is queued', rows: total, 'a second': perSecond });
  say(
    `delivery: ${total} queued results in ${tookSeconds.toFixed(1)} s, ${Math.round(perSecond)}/s`,
    perSecond >= limits.deliveriesPerSecond,
  );
}

async function countDue(db: Db): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from deliveries where state = 'due'`.execute(db);
  return rows[0]?.n ?? 0;
}

async function waitFor(holds: () => Promise<boolean>, patienceMs: number): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error('waited too long');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function say(text: string, good: boolean): void {
  if (!good) broken.push(text);
  console.log(`${good ? 'ok' : 'FAILED'}  ${text}`);
}
