import pino from 'pino';
import { createFileGuard } from '../../../activities/file-guard.ts';
import { sourceTester } from '../../../activities/look-at-source.ts';
import { refreshTester } from '../../../activities/refresh-connection.ts';
import { createApp } from '../../../api/app.ts';
import { defaultLimits } from '../../../api/dependencies.ts';
import { listen } from '../../../api/server.ts';
import { merchantSettingsSchema } from '../../../billing/merchant-settings.ts';
import { readConfig } from '../../../config.ts';
import { type Db, openDatabase } from '../../../db/database.ts';
import { migrateToLatest } from '../../../db/migrate.ts';
import { createEndpoint } from '../../../db/queries/delivery-endpoints.ts';
import { createMerchant } from '../../../db/queries/merchants.ts';
import { bringUpStack } from '../../../stack/bring-up.ts';
import { removeDataDir } from '../../../stack/recovery.ts';
import { reachTemporal } from '../../../temporal/client.ts';
import { makeTemporaryDir } from '../../stack/temporary-dir.ts';
import { endpointSettings } from '../../workflows/carrier-shop.ts';

/** A receiver over a Postgres of its own, which can be taken away; and no Temporal at all. */
export interface ReceiverOnOwnPostgres {
  readonly db: Db;
  readonly merchantId: number;
  /** Where ZEUS calls. */
  readonly url: string;
  /** How often it tried to wake a delivery desk. */
  wakings(): number;
  restartPostgres(): Promise<void>;
  /** Until it is restarted. */
  stopPostgres(): Promise<void>;
  /** SIGKILL, no goodbye to anybody; then it is started again and recovers. */
  killPostgres(): Promise<void>;
  close(): Promise<void>;
}

export async function openReceiverOnOwnPostgres(): Promise<ReceiverOnOwnPostgres> {
  const dataDir = makeTemporaryDir();
  const stack = await bringUpStack({
    dataDir,
    // Not disposable: commits wait for the disk, as they do where it matters.
    config: readConfig({}),
    services: { temporal: false },
  });
  await migrateToLatest(stack.ownerDatabaseUrl);
  const db = openDatabase(stack.appDatabaseUrl, { maxConnections: 4, statementTimeoutMs: 800 });
  const now = new Date().toISOString();
  const { id: merchantId } = await createMerchant(db, {
    slug: 'shop',
    name: 'テスト商店',
    kind: 'sandbox',
    settings: merchantSettingsSchema.parse({
      carrier: { enabled: true, allowedAddresses: ['127.0.0.1'] },
    }),
    actor: 'test',
    now,
  });
  await createEndpoint(db, merchantId, {
    slug: 'shop-system',
    settings: { ...endpointSettings, url: 'http://127.0.0.1:9/' },
    actor: 'test',
    reason: null,
    now,
  });
  let wakings = 0;
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
    testRefreshConnection: refreshTester({ db, fileKeys: stack.fileKeys }),
    realNow: () => new Date(),
    logger: pino({ level: 'silent' }),
    limits: defaultLimits,
    updateWaitMs: 100,
    trustedProxies: 0,
  });
  const server = await listen(api, { host: '127.0.0.1', port: 0 });
  return {
    db,
    merchantId,
    url: `${server.url}/callbacks/zeus/shop`,
    wakings: () => wakings,
    restartPostgres: () => stack.restart('postgres'),
    stopPostgres: async () => await stack.process('postgres')?.stop(),
    async killPostgres() {
      const postgres = stack.process('postgres');
      postgres?.kill('SIGKILL');
      await postgres?.exited;
      await stack.restart('postgres');
    },
    async close() {
      await server.close(1000);
      await db.destroy();
      await stack.stop();
      removeDataDir(dataDir);
    },
  };
}
