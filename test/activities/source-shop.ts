import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type FetchedExports, fetchExports } from '../../activities/fetch-exports.ts';
import type { SourceAccess } from '../../activities/source-access.ts';
import {
  type MerchantSettingsInput,
  merchantSettingsSchema,
} from '../../billing/merchant-settings.ts';
import { type EncryptionKey, parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { openCycle } from '../../db/queries/cycles.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { listNotices } from '../../db/queries/notices.ts';
import { listSourceFiles, readSourceState } from '../../db/queries/order-source.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { createTestDatabase } from '../database.ts';

const startMs = Date.UTC(2026, 10, 22);

/** An instant, minutes after the shop opened. */
export const at = (minutes: number) => new Date(startMs + minutes * 60_000).toISOString();

/** A sandbox merchant whose exports come from somewhere else, with its month 2026-11 open. */
export interface SourceShop {
  readonly db: Db;
  readonly databaseUrl: string;
  readonly merchantId: number;
  readonly slug: string;
  readonly inboxDir: string;
  readonly fileKeys: readonly EncryptionKey[];
  /** The folder of exports, and how files get there. */
  readonly folder: string;
  put(name: string, content: string | Buffer, changedAt?: string): void;
  openMonth(month: string, minutes: number): Promise<number>;
  /** One look, minutes after the shop opened. */
  look(minutes: number, month?: string): Promise<FetchedExports>;
  /** Two looks that far apart that what stood still is taken; the second one's answer. */
  lookTwice(minutes: number, month?: string): Promise<FetchedExports>;
  files(): Promise<{ name: string; sha256: string | null; refusal: string | null }[]>;
  /** What stands in the way, in the words for operators. */
  error(): Promise<string | null>;
  notices(): Promise<{ subject: string; text: string }[]>;
  setSecret(name: string, value: string): Promise<void>;
}

export interface SourceShops {
  open(
    orderSource: (folder: string) => MerchantSettingsInput['orderSource'],
    more?: Partial<SourceAccess>,
  ): Promise<SourceShop>;
  close(): Promise<void>;
}

/** Shops over one database. */
export async function startSourceShops(): Promise<SourceShops> {
  const database = await createTestDatabase();
  const db = openDatabase(database.appUrl, { maxConnections: 5 });
  const fileKeys = parseEncryptionKeys(inject('fileKeys'));
  return {
    async open(orderSource, more = {}) {
      const slug = `shop-${randomBytes(4).toString('hex')}`;
      const inboxDir = mkdtempSync(join(tmpdir(), 'tsukigime-inbox-'));
      const folder = join(inboxDir, slug);
      mkdirSync(folder);
      const settings = merchantSettingsSchema.parse({ orderSource: orderSource(folder) });
      const now = at(0);
      const merchant = { slug, name: slug, kind: 'sandbox' as const, settings, actor: 'test', now };
      const { id: merchantId } = await createMerchant(db, merchant);
      const access: SourceAccess = { db, fileKeys, inboxDir, ...more };
      const openMonth = async (month: string, minutes: number) => {
        const cycle = { billingMonth: month, startedBy: 'test', scope: 'all' as const };
        return (await openCycle(db, merchantId, { ...cycle, now: at(minutes) })).id;
      };
      await openMonth('2026-11', 0);
      const look = (minutes: number, month = '2026-11') =>
        fetchExports(access, { merchant: slug, month, now: at(minutes) });
      return {
        ...{ db, databaseUrl: database.appUrl, merchantId, slug, inboxDir, fileKeys, folder },
        ...{ openMonth, look },
        put(name, content, changedAt = at(0)) {
          const path = join(folder, name);
          writeFileSync(path, content);
          utimesSync(path, new Date(changedAt), new Date(changedAt));
        },
        async lookTwice(minutes, month) {
          await look(minutes, month);
          return await look(minutes + 1, month);
        },
        files: () => listSourceFiles(db, merchantId, 50),
        error: async () => (await readSourceState(db, merchantId)).error,
        notices: () =>
          listNotices(db, merchantId, { actor: 't', unreadOnly: false, before: null, limit: 50 }),
        setSecret: async (name, value) => {
          await writeSecret(db, merchantId, { name, value, now, actor: 'test' }, fileKeys);
        },
      };
    },
    async close() {
      await db.destroy();
      await database.drop();
    },
  };
}
