import { randomUUID } from 'node:crypto';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { moveCycle } from '../../db/queries/cycles.ts';
import { prepareWorkerChild, type WorkerChild } from '../campaign/worker-child.ts';
import { runCommand } from '../cli/run-command.ts';
import { insertCycle } from '../db/money-record.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { type CarrierShop, type CarrierShopOptions, openCarrierShop } from './carrier-shop.ts';
import { type HookCall, type HookShop, loadDocumentedCheck, openHookShop } from './hook-shop.ts';

/** Webhooks over real HTTP: a shop that fails and then takes, and a worker that dies in between. */

const children: WorkerChild[] = [];
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  for (const close of closers.splice(0).reverse()) await close();
});

interface Place {
  readonly service: CarrierShop;
  readonly shop: HookShop;
  readonly hook: string;
  call(method: string, path: string, json?: object): Promise<Response>;
}

const firstSecret = 'first secret of the test';

async function openPlace(options: CarrierShopOptions = {}, settings: object = {}): Promise<Place> {
  const service = await openCarrierShop(options);
  closers.push(() => service.close());
  const shop = await openHookShop();
  closers.push(() => shop.stop());
  const hook = `${service.merchant.slug}-hook`;
  const call: Place['call'] = async (method, path, json) =>
    await fetch(`${service.apiUrl}/v1/merchants/${service.merchant.slug}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${service.adminToken}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': randomUUID(),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
  await call('PUT', '/secrets/hook', { value: firstSecret });
  const made = await call('POST', '/webhooks', {
    ...{ webhook: hook, url: shop.url, events: ['cycle.stage'], secretName: 'hook' },
    ...{ backOffSeconds: [10], reason: 'test', ...settings },
  });
  expect(made.status).toBe(201);
  return { service, shop, hook, call };
}

const untilCalls = async (shop: HookShop, count: number): Promise<HookCall[]> => {
  await vi.waitFor(() => expect(shop.calls.length).toBe(count), { timeout: 60_000, interval: 50 });
  return shop.calls;
};

interface Log {
  readonly deliveries: readonly {
    readonly state: string;
    readonly event: { readonly id: string; readonly type: string };
    readonly attempts: readonly { readonly status: number | null; readonly outcome: string }[];
  }[];
}

/** Waits until the log, newest first, shows these states. */
async function untilLog({ call, hook }: Place, states: readonly string[]): Promise<Log> {
  let log: Log = { deliveries: [] };
  await vi.waitFor(
    async () => {
      log = (await (await call('GET', `/webhooks/${hook}/deliveries`)).json()) as Log;
      expect(log.deliveries.map(({ state }) => state)).toEqual(states);
    },
    { timeout: 60_000, interval: 100 },
  );
  return log;
}

/** What an operator sees at a terminal, who sends a test event from there. */
async function lookByCommand({ service, shop, hook }: Place): Promise<void> {
  const of = ['--merchant', service.merchant.slug];
  const run = (...args: string[]) =>
    runCommand({ databaseUrl: service.appDatabaseUrl }, 'webhooks', ...args, ...of);
  const listed = await run('list');
  expect(listed.out).toContain(`${hook}  active  ${shop.url}  0 waiting, 0 given up`);
  const tested = await run('test', '--name', hook);
  expect([tested.code, tested.err]).toEqual([0, '']);
  expect(tested.out).toMatch(/ping {2}delivered {2}[0-9a-f-]{36}\n {2}1\. .* HTTP 200 .* taken\n/);
  shop.calls.pop();
}

const signatureOf = ({ headers }: HookCall) => String(headers['tsukigime-signature']);

test('a shop that fails and then takes hears everything, in order, once for each key', async () => {
  const place = await openPlace();
  const { service, shop, hook, call } = place;
  const isFromTsukigime = await loadDocumentedCheck();

  const pinged = await call('POST', `/webhooks/${hook}/test`, { reason: 'test' });
  const { event } = (await pinged.json()) as { event: string };
  const [ping] = (await untilCalls(shop, 1)) as [HookCall];
  expect(ping.event).toEqual({
    ...{ id: event, type: 'ping', merchant: service.merchant.slug, data: {} },
    occurredAt: expect.any(String),
  });
  expect(ping.headers).toMatchObject({ 'idempotency-key': event, 'tsukigime-attempt': '1' });
  expect(isFromTsukigime(signatureOf(ping), ping.body, firstSecret)).toBe(true);
  expect(isFromTsukigime(signatureOf(ping), ping.body, 'another secret')).toBe(false);
  expect(isFromTsukigime(signatureOf(ping), Buffer.from('{}'), firstSecret)).toBe(false);
  const later = Date.now() / 1000 + 3600;
  expect(isFromTsukigime(signatureOf(ping), ping.body, firstSecret, later)).toBe(false);
  await untilLog(place, ['delivered']);
  await lookByCommand(place);

  // Nobody rings: the database has written these, and a worker has seen them.
  shop.answers.push(500);
  const { merchant, db } = service;
  const cycleId = await insertCycle(db, merchant.id, '2026-11');
  const move = { cycleId, attention: false, now: new Date().toISOString() };
  await moveCycle(db, merchant.id, { ...move, from: 'capturing', to: 'working_ng' });
  await untilCalls(shop, 2);
  await untilLog(place, ['due', 'due', 'delivered', 'delivered']);
  await service.advance(10);
  const [, failed, begun, moved] = (await untilCalls(shop, 4)) as HookCall[];
  expect(begun?.event).toEqual(failed?.event);
  expect(begun?.headers).toMatchObject({
    'idempotency-key': failed?.event.id,
    'tsukigime-attempt': '2',
  });
  expect([begun?.event.data, moved?.event.data]).toEqual([
    { month: '2026-11', stage: 'capturing', previousStage: null },
    { month: '2026-11', stage: 'working_ng', previousStage: 'capturing' },
  ]);

  // Given up, told to operators, and sent again by a person. Both secrets sign meanwhile.
  await call('PUT', '/secrets/hook', { value: 'second secret of the test' });
  shop.answers.push(503, 503);
  await call('POST', `/webhooks/${hook}/test`, { reason: 'test' });
  await untilCalls(shop, 5);
  await service.advance(10);
  const { deliveries } = await untilLog(place, ['failed', ...Array(4).fill('delivered')]);
  expect(deliveries[0]?.attempts).toMatchObject([{ status: 503 }, { status: 503 }]);
  const resent = await call('POST', `/webhooks/${hook}/resends`, { events: null, reason: 'test' });
  expect(await resent.json()).toEqual({ queued: 1 });
  const last = (await untilCalls(shop, 7)).at(-1) as HookCall;
  expect(last.headers['tsukigime-attempt']).toBe('3');
  const nowSeconds = Number(/t=(\d+)/.exec(signatureOf(last))?.[1]);
  for (const secret of [firstSecret, 'second secret of the test']) {
    expect(isFromTsukigime(signatureOf(last), last.body, secret, nowSeconds)).toBe(true);
  }
  await service.advance(700);
  const notices = await db
    .selectFrom('notices')
    .where('merchant_id', '=', merchant.id)
    .select('kind')
    .execute();
  // By then the shop had taken it: nobody is told of what needs nobody.
  expect(notices).toEqual([]);

  // An event of another webhook is not sent over this one, and a webhook is no endpoint of results.
  const foreign = await call('POST', `/webhooks/${hook}/resends`, {
    ...{ events: [randomUUID()], reason: 'test' },
  });
  expect([foreign.status, await foreign.json()]).toMatchObject([
    409,
    { errors: [{ message: 'UnknownWebhookEvents' }] },
  ]);
  expect((await call('GET', `/delivery-endpoints/${hook}`)).status).toBe(404);
  const retired = await call('POST', `/webhooks/${hook}/retire`, { reason: 'test' });
  expect(await retired.json()).toMatchObject({ state: 'retired', settled: 0 });
  expect((await call('POST', `/webhooks/${hook}/test`, { reason: 'test' })).status).toBe(409);
});

test('a worker that dies over an open call sends it again under the same key', async () => {
  const timing = { heartbeatTimeoutMs: 3_000, retryInitialIntervalMs: 100 };
  const place = await openPlace({ workers: false, timing }, { timeoutMs: 20_000 });
  const { service, shop } = place;
  const begin = async () => {
    const child = prepareWorkerChild({
      ...{ address: inject('temporalAddress'), namespace: inject('temporalNamespace') },
      ...{ payloadKeys: inject('payloadKeys'), fileKeys: inject('fileKeys') },
      ...{ databaseUrl: service.appDatabaseUrl, taskQueue: service.taskQueue },
      ...{ bundlesDir, timing, logLevel: 'silent' as const },
    });
    children.push(child);
    await child.begin();
    return child;
  };
  shop.answers.push(null);
  await insertCycle(service.db, service.merchant.id, '2026-11');
  const first = await begin();
  await untilCalls(shop, 1);
  await first.kill();
  await begin();
  const [lost, again] = (await untilCalls(shop, 2)) as [HookCall, HookCall];
  expect(again.event).toEqual(lost.event);
  expect(again.headers).toMatchObject({
    'idempotency-key': lost.headers['idempotency-key'],
    'tsukigime-attempt': '2',
  });
  const { deliveries } = await untilLog(place, ['delivered']);
  // What the dead worker had sent may have arrived, and says so.
  expect(deliveries[0]?.attempts).toMatchObject([
    { outcome: 'delivered', status: 200 },
    { outcome: 'cut_off', status: null },
  ]);
});
