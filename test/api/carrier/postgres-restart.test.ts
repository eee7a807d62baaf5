import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFileGuard } from '../../../activities/file-guard.ts';
import { sourceTester } from '../../../activities/look-at-source.ts';
import { createApp } from '../../../api/app.ts';
import { defaultLimits } from '../../../api/dependencies.ts';
import { listen, type RunningServer } from '../../../api/server.ts';
import { findBrokenPromises, resendUntaken, sendCalls } from '../../../bench/carrier-calls.ts';
import { merchantSettingsSchema } from '../../../billing/merchant-settings.ts';
import { readConfig } from '../../../config.ts';
import { type Db, openDatabase } from '../../../db/database.ts';
import { migrateToLatest } from '../../../db/migrate.ts';
import { createEndpoint } from '../../../db/queries/delivery-endpoints.ts';
import { createMerchant } from '../../../db/queries/merchants.ts';
import { bringUpStack, type Stack } from '../../../stack/bring-up.ts';
import { removeDataDir } from '../../../stack/recovery.ts';
import { reachTemporal } from '../../../temporal/client.ts';
import { makeTemporaryDir } from '../../stack/temporary-dir.ts';
import { endpointSettings } from '../../workflows/carrier-shop.ts';

/** Fixed, so that every run of the suite sends the same calls. */
const seed = 20261122;

const dataDir = makeTemporaryDir();
let stack: Stack;
let db: Db;
let server: RunningServer;
let merchantId: number;
let wakings = 0;

beforeAll(async () => {
  // A Postgres of its own: this one is taken away. And no Temporal at all.
  stack = await bringUpStack({
    dataDir,
    config: readConfig({}),
    disposable: true,
    services: { temporal: false },
  });
  await migrateToLatest(stack.ownerDatabaseUrl);
  db = openDatabase(stack.appDatabaseUrl, { maxConnections: 4, statementTimeoutMs: 800 });
  const now = new Date().toISOString();
  const merchant = await createMerchant(db, {
    slug: 'shop',
    name: 'テスト商店',
    kind: 'sandbox',
    settings: merchantSettingsSchema.parse({
      carrier: { enabled: true, allowedAddresses: ['127.0.0.1'] },
    }),
    actor: 'test',
    now,
  });
  merchantId = merchant.id;
  await createEndpoint(db, merchantId, {
    slug: 'shop-system',
    settings: { ...endpointSettings, url: 'http://127.0.0.1:9/' },
    actor: 'test',
    reason: null,
    now,
  });
  const nobody = async (): Promise<never> => {
    wakings += 1;
    throw new Error('Temporal is away');
  };
  const api = createApp({
    db,
    callsDb: db,
    temporal: reachTemporal({ address: '127.0.0.1:9', namespace: 'none', keys: stack.payloadKeys }),
    workflows: { start: nobody, startAndReport: nobody },
    fileKeys: stack.fileKeys,
    createGuard: createFileGuard,
    testOrderSource: sourceTester({ db, fileKeys: stack.fileKeys, inboxDir: undefined }),
    realNow: () => new Date(),
    logger: pino({ level: 'silent' }),
    limits: defaultLimits,
    updateWaitMs: 100,
    trustedProxies: 0,
  });
  server = await listen(api, { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await server?.close(1000);
  await db?.destroy();
  await stack?.stop();
  removeDataDir(dataDir);
});

test('keeps every call that it answered 200, while Postgres is restarted and Temporal is away', async () => {
  const url = `${server.url}/callbacks/zeus/shop`;
  const { calls, disturbed } = await sendCalls({
    url,
    callsPerSecond: 100,
    seconds: 6,
    seed,
    disturb: { atSecond: 1, act: () => stack.restart('postgres') },
  });
  expect(disturbed).not.toBeNull();
  // Nothing but a yes or an honest "call again".
  expect(new Set(calls.map(({ status }) => status))).toEqual(new Set([200, 503]));
  await resendUntaken(url, calls);
  expect(await findBrokenPromises(db, merchantId, calls)).toEqual([]);
  const results = await db
    .selectFrom('carrier_results')
    .select(db.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  const queued = await db
    .selectFrom('deliveries')
    .select(db.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  expect(queued.n).toBe(results.n);
  expect(results.n).toBe(new Set(calls.map(({ form }) => form)).size);
  expect(wakings).toBeGreaterThan(0);
});
