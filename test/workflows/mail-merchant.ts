import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { inject } from 'vitest';
import { listen } from '../../api/server.ts';
import {
  type MerchantSettingsInput,
  merchantSettingsSchema,
} from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { createMerchant, type Merchant } from '../../db/queries/merchants.ts';
import { createToken } from '../../db/queries/tokens.ts';
import { wakeMail, wakeMailbox } from '../../temporal/mail-workflows.ts';
import { createWorkflowStarter } from '../../temporal/workflow-starter.ts';
import { advanceMerchantClock } from '../../workers/merchant-clock.ts';
import type { WorkflowTiming } from '../../workflows/activity-options.ts';
import { createTestDatabase } from '../database.ts';
import { connectTestWorkers } from '../workers/test-workers.ts';
import { createOwnApi, startOwnWorkers } from './own-service.ts';

/** A merchant with what mails need: database, workers, API; no month and no PSP. */
export interface MailMerchant {
  readonly db: Db;
  readonly client: Client;
  readonly merchant: Merchant;
  readonly taskQueue: string;
  readonly appDatabaseUrl: string;
  readonly settings: MerchantSettingsInput;
  wakeMail(): Promise<void>;
  wakeMailbox(): Promise<void>;
  /** Calls the API as an operator (`token` names another role). */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  /** Moves the business clock ahead and lets everything happen that is due by then. */
  advance(hours: number): Promise<void>;
  close(): Promise<void>;
}

export interface MailMerchantOptions {
  readonly settings?: MerchantSettingsInput;
  readonly smtpUrl?: string;
  /** False: the test starts workers of its own. */
  readonly workers?: boolean;
  readonly timing?: Partial<WorkflowTiming>;
  /** After the merchant is there, before the first workflow runs. */
  readonly prepare?: (db: Db, merchant: Merchant) => Promise<void>;
}

export async function openMailMerchant(options: MailMerchantOptions = {}): Promise<MailMerchant> {
  const database = await createTestDatabase();
  const db = openDatabase(database.appUrl, { maxConnections: 5 });
  const temporal = await connectTestWorkers();
  const fileKeys = parseEncryptionKeys(inject('fileKeys'));
  const settings = {
    operatorMail: { to: ['first@example.jp'], cc: ['second@example.jp'] },
    ...options.settings,
  };
  const merchant = await createMerchant(db, {
    slug: `m-${randomBytes(4).toString('hex')}`,
    name: 'テスト商店',
    kind: 'sandbox',
    settings: merchantSettingsSchema.parse(settings),
    actor: 'test',
    now: new Date().toISOString(),
  });
  await options.prepare?.(db, merchant);
  const starter = createWorkflowStarter(temporal.client, temporal.taskQueue, options.timing);
  const startWorkers = () =>
    startOwnWorkers(
      {
        databaseUrlApp: database.appUrl,
        fileKeys,
        sandboxSmtpUrl: options.smtpUrl,
        smtpFrom: 'tsukigime@example.jp',
        consoleUrl: 'https://console.example.jp',
      },
      temporal,
      options.timing,
    );
  const stopWorkers = options.workers === false ? undefined : await startWorkers();
  const { token } = await createToken(db, {
    actor: 'operator of the test',
    role: 'operator',
    scope: { all: true },
    expiresAt: null,
    now: new Date().toISOString(),
    createdBy: 'test',
  });
  const api = await listen(
    createOwnApi({ db, temporal: temporal.client, workflows: starter, fileKeys }),
    { host: '127.0.0.1', port: 0 },
  );

  return {
    db,
    client: temporal.client,
    merchant,
    taskQueue: temporal.taskQueue,
    appDatabaseUrl: database.appUrl,
    settings,
    wakeMail: () => wakeMail(starter, merchant),
    wakeMailbox: () => wakeMailbox(starter, merchant),
    async call(method, path, body) {
      const response = await fetch(`${api.url}/v1/merchants/${merchant.slug}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          'idempotency-key': randomBytes(8).toString('hex'),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? null : JSON.parse(text) };
    },
    async advance(hours) {
      const row = await db
        .selectFrom('merchants')
        .select('clock_offset_ms')
        .where('id', '=', merchant.id)
        .executeTakeFirstOrThrow();
      const nowMs = Date.now() + row.clock_offset_ms;
      await advanceMerchantClock({
        db,
        client: temporal.client,
        merchant: merchant.slug,
        actor: 'test',
        realNowMs: () => Date.now(),
        target: new Date(nowMs + hours * 3_600_000).toISOString(),
      });
    },
    async close() {
      await stopWorkers?.();
      await api.close(1000);
      await db.destroy();
      await temporal.close();
      await database.drop();
    },
  };
}
