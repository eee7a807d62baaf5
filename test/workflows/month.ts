import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { inject } from 'vitest';
import { listen } from '../../api/server.ts';
import {
  type MerchantSettingsInput,
  merchantSettingsSchema,
} from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { moveBusinessClock } from '../../db/queries/business-clock.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { createToken } from '../../db/queries/tokens.ts';
import type { OperatorDay } from '../../sandbox/bill-month.ts';
import { type MailServer, startMailServer } from '../../sandbox/mail-server.ts';
import { startCycle, uploadStoredFile, useOrderExport } from '../../sandbox/operator.ts';
import type { LedgerOrder, LedgerTotals } from '../../sandbox/paygent/ledger.ts';
import { type PaygentSandbox, startPaygentSandbox } from '../../sandbox/paygent/server.ts';
import {
  type PortalAccount,
  registerMerchant,
  setSandboxClock,
} from '../../sandbox/paygent-operator.ts';
import type { TemporalServer } from '../../temporal/client.ts';
import { createWorkflowStarter } from '../../temporal/workflow-starter.ts';
import { createLogger } from '../../workers/logger.ts';
import type { WorkflowTiming } from '../../workflows/activity-options.ts';
import { createTestDatabase } from '../database.ts';
import { connectTestWorkers } from '../workers/test-workers.ts';
import { createOwnApi, startOwnWorkers } from './own-service.ts';

/** 2026-11-20 10:00 in Japan. */
export const sandboxNow = '2026-11-20T01:00:00.000Z';
export const paygentId = '10001';

/** A merchant with everything that a month needs: database, workers, API, Paygent, mailboxes. */
export interface Month {
  readonly db: Db;
  readonly client: Client;
  readonly server: TemporalServer;
  readonly appDatabaseUrl: string;
  /** May do everything in the month's database, faults too. */
  readonly ownerDatabaseUrl: string;
  readonly taskQueue: string;
  readonly merchantId: number;
  readonly day: OperatorDay;
  readonly portal: PortalAccount;
  readonly mailServer: MailServer;
  /** The simulated Paygent's SFTP server. */
  readonly sftp: PaygentSandbox['sftp'];
  /** Starts a month and gives it its orders. */
  begin(month: string, csv: Uint8Array): Promise<void>;
  readLedger(): Promise<{ totals: LedgerTotals; orders: readonly LedgerOrder[] }>;
  stopWorkers(): Promise<void>;
  close(): Promise<void>;
}

export interface MonthOptions {
  readonly settings?: MerchantSettingsInput;
  readonly outcomes?: Record<string, unknown>;
  /** Where shops leave their exports for the workers. */
  readonly inboxDir?: string;
  /** A Temporal server that the test runs for itself, with the queue of production. */
  readonly temporal?: {
    readonly address: string;
    readonly namespace?: string;
    readonly taskQueue: string;
  };
  /** False: the test starts workers of its own. */
  readonly workers?: boolean;
  /** Time-outs of activities; a test that kills workers waits for them. */
  readonly timing?: Partial<WorkflowTiming>;
  /** The address under which API and workers reach Postgres, for a test that cuts the line. */
  readonly throughLine?: (databaseUrl: string) => string;
  /** Takes every line that API and workers log, those of level debug too. */
  readonly log?: { write(line: string): void };
}

export async function openMonth(options: MonthOptions = {}): Promise<Month> {
  const database = await createTestDatabase();
  const appUrl = options.throughLine?.(database.appUrl) ?? database.appUrl;
  const db = openDatabase(appUrl, { maxConnections: 5 });
  const temporal = await connectTestWorkers(options.temporal);
  const fileKeys = parseEncryptionKeys(inject('fileKeys'));
  const slug = `m-${randomBytes(4).toString('hex')}`;
  const merchant = await createMerchant(db, {
    slug,
    name: 'テスト商店',
    kind: 'sandbox',
    settings: merchantSettingsSchema.parse({
      // Captures follow at once, unless a test is about when they do.
      capture: { policy: 'immediate' },
      // Months of a few orders each would all be unusual, unless a test is about who approves.
      approval: { policy: 'none' },
      ...options.settings,
      paygent: { merchantId: paygentId, ...options.settings?.paygent },
    }),
    actor: 'test',
    now: sandboxNow,
  });
  // The merchant lives in the sandbox's time, whenever the test is run.
  await moveBusinessClock(db, merchant.id, {
    offsetMs: Date.parse(sandboxNow) - Date.now(),
    oldOffsetMs: 0,
  });
  const { token } = await createToken(db, {
    actor: 'operator of the test',
    role: 'operator',
    scope: { all: true },
    expiresAt: null,
    now: sandboxNow,
    createdBy: 'test',
  });
  const inbox = options.inboxDir === undefined ? {} : { inboxDir: options.inboxDir };
  const logger =
    options.log && createLogger({ level: 'debug', name: 'test', destination: options.log });
  const workers =
    options.workers === false
      ? undefined
      : await startOwnWorkers(
          { databaseUrlApp: appUrl, fileKeys, ...inbox },
          temporal,
          options.timing,
          logger,
        );
  const api = createOwnApi({
    db,
    temporal: temporal.client,
    workflows: createWorkflowStarter(temporal.client, temporal.taskQueue, options.timing),
    fileKeys,
    ...(logger && { logger }),
  });
  const server = await listen(api, { host: '127.0.0.1', port: 0 });
  const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-month-'));
  const mailServer = await startMailServer();
  const sandbox = await startPaygentSandbox({
    dataDir,
    smtp: { host: mailServer.host, port: mailServer.port },
  });
  const portal = { url: sandbox.url, merchantId: paygentId };
  await registerMerchant(portal, {
    contacts: ['first@example.jp', 'second@example.jp'],
    processingDelayMs: 0,
    outcomes: options.outcomes ?? { declineShare: 0 },
  });
  await setSandboxClock(sandbox.url, sandboxNow);
  const desk = { apiUrl: server.url, token, merchant: slug };
  return {
    db,
    client: temporal.client,
    server: temporal.server,
    appDatabaseUrl: appUrl,
    ownerDatabaseUrl: database.ownerUrl,
    taskQueue: temporal.taskQueue,
    merchantId: merchant.id,
    portal,
    mailServer,
    sftp: sandbox.sftp,
    day: { desk, portal, mailServer },
    async begin(month, csv) {
      await startCycle(desk, month);
      const sha256 = await uploadStoredFile(desk, {
        name: 'orders.csv',
        kind: 'order-export',
        bytes: csv,
      });
      await useOrderExport(desk, month, sha256);
    },
    readLedger: async () =>
      (await (await fetch(`${sandbox.url}/merchants/${paygentId}/ledger`)).json()) as never,
    stopWorkers: async () => workers?.(),
    async close() {
      await workers?.();
      await server.close(1000);
      await sandbox.stop();
      await mailServer.stop();
      await db.destroy();
      await temporal.close();
      await database.drop();
      await rm(dataDir, { recursive: true });
    },
  };
}
