import { afterEach, expect, inject, test, vi } from 'vitest';
import { prepareWorkerChild, type WorkerChild } from '../campaign/worker-child.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { type CarrierShop, openCarrierShop } from './carrier-shop.ts';

/** Short, so that the dead are found soon. */
const timing = { heartbeatTimeoutMs: 3_000, retryInitialIntervalMs: 100 };

let shop: CarrierShop | undefined;
const children: WorkerChild[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await shop?.close();
  shop = undefined;
});

async function startChild(of: CarrierShop): Promise<WorkerChild> {
  const child = prepareWorkerChild({
    address: inject('temporalAddress'),
    namespace: inject('temporalNamespace'),
    payloadKeys: inject('payloadKeys'),
    fileKeys: inject('fileKeys'),
    databaseUrl: of.appDatabaseUrl,
    taskQueue: of.taskQueue,
    bundlesDir,
    timing,
    logLevel: 'silent',
  });
  children.push(child);
  await child.begin();
  return child;
}

test('a worker that is killed over open deliveries leaves nothing out and nothing doubled', async () => {
  shop = await openCarrierShop({
    workers: false,
    timing,
    endpoint: { timeoutMs: 20_000, concurrency: 4 },
  });
  const { db, merchant, shop: system } = shop;
  // It issues what was bought, and its answer never comes.
  system.orderFault({ fault: 'silent_after', count: 4 });
  const orders = Array.from({ length: 12 }, (_, n) => `o${n}`);
  for (const ordd of orders) await shop.send({ clientip: '1', ordd, result: 'OK' });
  const first = await startChild(shop);
  await vi.waitFor(() => expect(system.ledger.totals().issued).toBe(4), {
    timeout: 60_000,
    interval: 20,
  });
  await first.kill();
  await startChild(shop);
  await vi.waitFor(
    async () => {
      const left = await db
        .selectFrom('deliveries')
        .where('merchant_id', '=', merchant.id)
        .where('state', '<>', 'delivered')
        .select('id')
        .execute();
      expect(left).toEqual([]);
    },
    { timeout: 60_000, interval: 100 },
  );
  expect(system.ledger.totals()).toEqual({ keys: 12, received: 16, issued: 12, doubleIssued: 0 });
  const attempts = await db
    .selectFrom('delivery_attempts')
    .where('merchant_id', '=', merchant.id)
    .orderBy('delivery_id')
    .orderBy('attempt')
    .select(['attempt', 'outcome'])
    .execute();
  // What the dead worker had claimed may have arrived, and says so; no try was lost over it.
  const cutOff = attempts.filter(({ outcome }) => outcome === 'cut_off');
  expect(cutOff.length).toBeGreaterThanOrEqual(4);
  expect(attempts.filter(({ outcome }) => outcome === 'delivered')).toHaveLength(12);
  expect(attempts).toHaveLength(12 + cutOff.length);
});
