import { createHmac, randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { inject } from 'vitest';
import { listen } from '../../api/server.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { createEndpoint, type EndpointSettings } from '../../db/queries/delivery-endpoints.ts';
import { createMerchant, type Merchant } from '../../db/queries/merchants.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { createToken } from '../../db/queries/tokens.ts';
import { type ShopEndpoint, startShopEndpoint } from '../../sandbox/shop/endpoint.ts';
import { wakeDeliveryDesk } from '../../temporal/start-delivery-desk.ts';
import { createWorkflowStarter } from '../../temporal/workflow-starter.ts';
import { advanceMerchantClock } from '../../workers/merchant-clock.ts';
import type { WorkflowTiming } from '../../workflows/activity-options.ts';
import { createTestDatabase } from '../database.ts';
import { connectTestWorkers } from '../workers/test-workers.ts';
import { createOwnApi, startOwnWorkers } from './own-service.ts';

/** A merchant that gets carrier results, and its shop that takes them: real servers throughout. */
export interface CarrierShop {
  readonly db: Db;
  readonly client: Client;
  readonly merchant: Merchant;
  readonly shop: ShopEndpoint;
  /** Slug of the endpoint that points to the shop. */
  readonly endpoint: string;
  readonly appDatabaseUrl: string;
  readonly taskQueue: string;
  readonly apiUrl: string;
  readonly adminToken: string;
  /** A call of ZEUS. @returns the answer's status. */
  send(parameters: Record<string, string>): Promise<number>;
  wake(): Promise<void>;
  startWorkers(): Promise<() => Promise<void>>;
  /** Moves the business clock ahead and lets everything happen that is due by then. */
  advance(seconds: number): Promise<void>;
  close(): Promise<void>;
}

export interface CarrierShopOptions {
  readonly endpoint?: Partial<EndpointSettings>;
  /** False: the test starts workers of its own. */
  readonly workers?: boolean;
  readonly slowMs?: number;
  readonly timing?: Partial<WorkflowTiming>;
}

/** What signs deliveries; the shop checks it, so that a wrong signature fails every test. */
const signingSecret = 'signing secret of the test';

function verifySignature(headers: Record<string, string | string[] | undefined>, body: Buffer) {
  const [, time = '', signature = ''] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['tsukigime-signature'])) ?? [];
  const expected = createHmac('sha256', signingSecret).update(`${time}.`).update(body);
  return signature === expected.digest('hex');
}

export const endpointSettings: EndpointSettings = {
  url: '',
  secretName: 'shop-signature',
  encoding: 'utf-8',
  backOffSeconds: [10, 60],
  timeoutMs: 2_000,
  concurrency: 8,
  circuitFailures: 1_000,
  circuitPauseSeconds: 60,
};

export async function openCarrierShop(options: CarrierShopOptions = {}): Promise<CarrierShop> {
  const database = await createTestDatabase();
  const db = openDatabase(database.appUrl, { maxConnections: 5 });
  const callsDb = openDatabase(database.appUrl, { maxConnections: 3, statementTimeoutMs: 800 });
  const temporal = await connectTestWorkers();
  const fileKeys = parseEncryptionKeys(inject('fileKeys'));
  const now = new Date().toISOString();
  const suffix = randomBytes(4).toString('hex');
  const merchant = await createMerchant(db, {
    slug: `m-${suffix}`,
    name: 'テスト商店',
    kind: 'sandbox',
    settings: merchantSettingsSchema.parse({
      carrier: { enabled: true, allowedAddresses: ['127.0.0.0/8'] },
      operatorMail: { to: ['operator@example.jp'] },
    }),
    actor: 'test',
    now,
  });
  const { slowMs } = options;
  const shop = await startShopEndpoint({
    ...(slowMs === undefined ? {} : { slowMs }),
    verify: verifySignature,
  });
  const secret = { name: endpointSettings.secretName, value: signingSecret, now, actor: 'test' };
  await writeSecret(db, merchant.id, secret, fileKeys);
  const endpoint = `shop-${suffix}`;
  await createEndpoint(db, merchant.id, {
    slug: endpoint,
    settings: { ...endpointSettings, url: shop.url, ...options.endpoint },
    actor: 'test',
    reason: null,
    now,
  });
  const starter = createWorkflowStarter(temporal.client, temporal.taskQueue, options.timing);
  const { token: adminToken } = await createToken(db, {
    actor: 'admin of the test',
    role: 'admin',
    scope: { all: true },
    expiresAt: null,
    now,
    createdBy: 'test',
  });
  const app = createOwnApi({
    db,
    callsDb,
    temporal: temporal.client,
    workflows: starter,
    fileKeys,
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0 });

  const startWorkers = () =>
    startOwnWorkers({ databaseUrlApp: database.appUrl, fileKeys }, temporal, options.timing);
  const stopWorkers = options.workers === false ? undefined : await startWorkers();

  return {
    db,
    client: temporal.client,
    merchant,
    shop,
    endpoint,
    appDatabaseUrl: database.appUrl,
    taskQueue: temporal.taskQueue,
    apiUrl: server.url,
    adminToken,
    async send(parameters) {
      const response = await fetch(`${server.url}/callbacks/zeus/${merchant.slug}`, {
        method: 'POST',
        body: new URLSearchParams(parameters),
      });
      await response.text();
      return response.status;
    },
    wake: () => wakeDeliveryDesk(starter, merchant, endpoint),
    startWorkers,
    async advance(seconds) {
      const row = await db
        .selectFrom('merchants')
        .select('clock_offset_ms')
        .where('id', '=', merchant.id)
        .executeTakeFirstOrThrow();
      await advanceMerchantClock({
        db,
        client: temporal.client,
        merchant: merchant.slug,
        actor: 'test',
        realNowMs: () => Date.now(),
        target: new Date(Date.now() + row.clock_offset_ms + seconds * 1000).toISOString(),
      });
    },
    async close() {
      await stopWorkers?.();
      await server.close(1000);
      await shop.stop();
      await callsDb.destroy();
      await db.destroy();
      await temporal.close();
      await database.drop();
    },
  };
}
