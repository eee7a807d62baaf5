import { join } from 'node:path';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { openDatabase } from '../../db/database.ts';
import { migrateToLatest } from '../../db/migrate.ts';
import { createMerchant, findMerchant } from '../../db/queries/merchants.ts';
import { createToken } from '../../db/queries/tokens.ts';
import { startServices } from '../../stack/services.ts';
import type { Stack } from '../../stack/stack.ts';
import { typeScriptProcess } from '../../stack/typescript-process.ts';
import type { OperatorDay } from '../bill-month.ts';
import type { MailServer } from '../mail-server.ts';
import { registerMerchant } from '../paygent-operator.ts';
import { readyPattern } from '../run-sandbox.ts';

export const demoMerchant = 'demo-shop';
const paygentId = '10001';
/** From 受付 to 完了処理済: long enough to be seen, short enough to be waited for. */
const processingDelayMs = 1500;

export interface DayOptions {
  readonly mailServer: MailServer;
  readonly signal: AbortSignal;
  /** How long Paygent takes for a file; by default long enough to be seen. */
  readonly processingDelayMs?: number;
  readonly maxRecordsPerFile?: number;
  readonly onProgress: (detail: string, done: boolean) => void;
}

/** Everything around the operator: schema, processes, merchant, token, portal account. */
export async function prepareDay(stack: Stack, options: DayOptions): Promise<OperatorDay> {
  const { mailServer, signal } = options;
  const say = (detail: string) => options.onProgress(detail, false);
  say('database schema');
  await migrateToLatest(stack.ownerDatabaseUrl);
  say('worker, API, simulated Paygent');
  const [apiUrl, paygent] = await Promise.all([
    startServices(stack, {
      TSUKIGIME_SANDBOX_SMTP_URL: `smtp://${mailServer.host}:${mailServer.port}`,
      SMTP_FROM: 'billing@demo-shop.example.jp',
    }),
    stack.startProcess({
      name: 'paygent',
      ...typeScriptProcess('sandbox/main.ts', [
        '--real-time',
        '--data-dir',
        join(stack.dataDir, 'sandbox', 'paygent'),
        '--smtp',
        `${mailServer.host}:${mailServer.port}`,
      ]),
      ready: readyPattern,
    }),
  ]);
  const portal = { url: paygent.readyMatch?.[1] ?? '', merchantId: paygentId };
  stack.recordUrl('paygent', portal.url);
  await registerMerchant(portal, {
    contacts: ['tantou1@example.jp', 'tantou2@example.jp'],
    processingDelayMs: options.processingDelayMs ?? processingDelayMs,
    maxRecordsPerFile: 100_000,
  });
  const token = await prepareMerchant(stack, options.maxRecordsPerFile);
  options.onProgress(apiUrl, true);
  return { desk: { apiUrl, token, merchant: demoMerchant, signal }, portal, mailServer };
}

/** The shop of the demo, once, and a token for this run's operator. */
async function prepareMerchant(stack: Stack, maxRecordsPerFile?: number): Promise<string> {
  const db = openDatabase(stack.appDatabaseUrl, { maxConnections: 1 });
  const now = new Date();
  try {
    if ((await findMerchant(db, demoMerchant)) === undefined) {
      await createMerchant(db, {
        slug: demoMerchant,
        name: 'デモ商店',
        kind: 'sandbox',
        settings: merchantSettingsSchema.parse({
          paygent: {
            merchantId: paygentId,
            ...(maxRecordsPerFile === undefined ? {} : { maxRecordsPerFile }),
          },
          // The demo shows a month from its orders to its captures; nobody ships anything in it.
          capture: { policy: 'immediate' },
          // The demo's operator carries files; nobody is there to approve a month that moved.
          approval: { policy: 'none' },
          // Customers exist in the sandbox only, and so do their mailboxes.
          ng: {
            contact: { enabled: true, cardPageUrl: 'https://demo-shop.example.jp/card?t={token}' },
          },
        }),
        actor: 'demo',
        now: now.toISOString(),
      });
    }
    const { token } = await createToken(db, {
      actor: 'demo operator',
      role: 'operator',
      scope: { all: true },
      expiresAt: new Date(now.getTime() + 24 * 60 * 60 * 1000).toISOString(),
      now: now.toISOString(),
      createdBy: 'demo',
    });
    return token;
  } finally {
    await db.destroy();
  }
}
