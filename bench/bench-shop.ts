import { merchantSettingsSchema } from '../billing/merchant-settings.ts';
import { openDatabase } from '../db/database.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { createMerchant } from '../db/queries/merchants.ts';
import { createToken } from '../db/queries/tokens.ts';
import type { OperatorDesk } from '../sandbox/operator-desk.ts';
import { startApi, startWorker } from '../stack/services.ts';
import type { Stack } from '../stack/stack.ts';

export interface Shops {
  readonly desks: readonly OperatorDesk[];
  readonly workerPids: readonly number[];
}

export const shopSlug = (index: number): string => `bench-shop-${index + 1}`;

/** Schema and merchants that capture at once, with files of the given size; before any service. */
export async function openShops(
  stack: Stack,
  of: { readonly merchants: number; readonly perFile: number },
): Promise<readonly string[]> {
  await migrateToLatest(stack.ownerDatabaseUrl);
  const db = openDatabase(stack.appDatabaseUrl, { maxConnections: 1 });
  const now = new Date().toISOString();
  const slugs = Array.from({ length: of.merchants }, (_, index) => shopSlug(index));
  try {
    for (const [index, slug] of slugs.entries()) {
      await createMerchant(db, {
        slug,
        name: slug,
        kind: 'sandbox',
        settings: merchantSettingsSchema.parse({
          paygent: { merchantId: String(10_001 + index), maxRecordsPerFile: of.perFile },
          // From orders to captures; nobody ships anything, and nobody approves a month that moved.
          capture: { policy: 'immediate' },
          approval: { policy: 'none' },
        }),
        ...{ actor: 'bench', now },
      });
    }
  } finally {
    await db.destroy();
  }
  return slugs;
}

/** The API, so many workers, and a desk at the API for each merchant. */
export async function staffShops(
  stack: Stack,
  of: { readonly slugs: readonly string[]; readonly workers: number },
): Promise<Shops> {
  const quiet = { LOG_LEVEL: 'warn' };
  // 10,000,000 orders are one export of 1.3 GB.
  const apiUrl = await startApi(stack, { ...quiet, TSUKIGIME_UPLOAD_MB: '4096' });
  const names = Array.from({ length: of.workers }, (_, index) => `worker-${index + 1}`);
  // One after the other: the first builds the workflows, the others find them built.
  for (const name of names) await startWorker(stack, quiet, name);
  const db = openDatabase(stack.appDatabaseUrl, { maxConnections: 1 });
  const now = new Date();
  try {
    const desks: OperatorDesk[] = [];
    for (const merchant of of.slugs) {
      const { token } = await createToken(db, {
        actor: 'bench',
        role: 'operator',
        scope: { all: true },
        expiresAt: null,
        now: now.toISOString(),
        createdBy: 'bench',
      });
      desks.push({ apiUrl, token, merchant });
    }
    const workerPids = names.map((name) => stack.process(name)?.identity.pid ?? 0);
    return { desks, workerPids };
  } finally {
    await db.destroy();
  }
}
