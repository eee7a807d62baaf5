import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contract, type RouteContract, type RouteName } from '../../api/contract.ts';
import { findBodyPlaces } from './body-places.ts';
import { type BrowserSession, openBrowser } from './browser-session.ts';
import { routeSamples } from './route-samples.ts';
import { type RunningApi, startApi, testLimits } from './running-api.ts';
import { insertSampledRecords } from './sampled-records.ts';

/** What no place of any body may be more than a text: to the database, to a mail, to a path, to a sheet. */
const hostile: readonly string[] = [
  "'; drop table orders; --",
  'x\u0000y',
  'half \ud800 of one',
  'a\r\nBcc: stranger@example.jp\r\n\r\nb',
  '../../etc/passwd',
  '=HYPERLINK("https://stranger.example")',
  '__proto__',
  '\u202e\u{1f4a3}',
  '%_\\"$1{}[(*?+',
  'x'.repeat(100_000),
  '-1',
  '9999-12-31',
];

let api: RunningApi;
let admin: string;
let browser: BrowserSession;

beforeAll(async () => {
  api = await startApi({
    limits: { ...testLimits, jsonBytes: 1024 * 1024 },
    // Nobody runs what would be started here, and an act on it would wait for somebody.
    workflows: { start: async () => randomUUID(), startAndReport: async () => {} },
    updateWaitMs: 10_000,
  });
  const merchantId = await api.addMerchant('own-shop');
  admin = await api.addToken('admin');
  const password = randomUUID();
  await api.addUser('nobody-of-us', password, [{ merchantId, role: 'admin', rights: [] }]);
  browser = openBrowser(api);
  expect((await browser.logIn('nobody-of-us', password)).status).toBe(200);
  await insertWhatTheSamplesName(merchantId);
});
afterAll(() => api.close());

/** An act on what is not there ends before its words come far. */
async function insertWhatTheSamplesName(merchantId: number): Promise<void> {
  await insertSampledRecords(api, merchantId, ['US-00000001']);
  const made = await Promise.all([
    send('createDeliveryEndpoint', {
      ...sampleOf('createDeliveryEndpoint'),
      endpoint: 'no-such-shop',
    }),
    send('createWebhook', { ...sampleOf('createWebhook'), webhook: 'no-such-hook' }),
  ]);
  expect(made).toEqual([201, 201]);
}

let unique = 0;
function sampleOf(name: RouteName): Record<string, unknown> {
  unique += 1;
  return routeSamples[name].json?.(`n${unique}`) as Record<string, unknown>;
}

async function send(name: RouteName, json: unknown): Promise<number> {
  const route: RouteContract = contract[name];
  unique += 1;
  const init = {
    method: route.method.toUpperCase(),
    json,
    headers: route.idempotencyKey === undefined ? {} : { 'Idempotency-Key': `hostile-${unique}` },
  };
  const path = routeSamples[name].path('own-shop');
  const response = route.sessionOnly
    ? await browser.call(path, init)
    : await api.call(path, { ...init, token: admin });
  await response.arrayBuffer();
  return response.status;
}

interface HostileCall {
  readonly name: RouteName;
  readonly what: string;
  readonly body: unknown;
}

/** All texts that the schema lets through, and one that it does not: that too is to be told in words. */
function* callsOf(name: RouteName): Generator<HostileCall> {
  const { body }: RouteContract = contract[name];
  if (body?.kind !== 'json') return;
  for (const [index, { path, fill }] of findBodyPlaces(body.schema, sampleOf(name)).entries()) {
    // Of the hundreds of settings, which two routes take, each gets one of them in turn.
    const texts = path.startsWith('body.settings.')
      ? [hostile[index % hostile.length] ?? '']
      : hostile;
    let refused = false;
    for (const text of texts) {
      const filled = fill(text);
      const passes = body.schema.safeParse(JSON.parse(JSON.stringify(filled))).success;
      if (!passes && refused) continue;
      refused ||= !passes;
      yield { name, what: `${path} ${JSON.stringify(text.slice(0, 30))}`, body: filled };
    }
  }
}

/** Nothing more is said to what is gone. */
const lasting = (name: RouteName) => !/^(?:retire|delete|disable)/.test(name);

test('no text of any body is taken for more than a text', async () => {
  const names = Object.keys(contract) as RouteName[];
  const calls = [...names.filter(lasting), ...names.filter((name) => !lasting(name))].flatMap(
    (name) => [...callsOf(name)],
  );
  expect(calls.length).toBeGreaterThan(1500);
  const broken: string[] = [];
  const statuses = new Map<number, number>();
  const queue = calls.entries();
  const work = async () => {
    for (const [, { name, what, body }] of queue) {
      const status = await send(name, body);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status >= 500) broken.push(`${name} ${what}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  expect(broken).toEqual([]);
  // Past the door as well: many were done, or refused by what they were told to.
  for (const status of [200, 201, 409, 422]) expect(statuses.get(status) ?? 0).toBeGreaterThan(20);
  expect(({} as Record<string, unknown>).x).toBe(undefined);
  expect((await api.call('/readyz')).status).toBe(200);
  const { rows } = await sql<{ n: number }>`select count(*) as n from orders`.execute(api.db);
  expect(rows).toEqual([{ n: 20 }]);
});
