import { userInfo } from 'node:os';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { blankExpired } from '../db/queries/retention.ts';
import { findSettings } from '../db/queries/settings.ts';
import { UsageError } from './record-access.ts';

/**
 * `tsukigime retention`: blanks personal data and file bytes that the merchant's setting
 * `imports.retentionMonths` keeps no longer. As the owner of the database.
 * @returns the exit code: 0, or 2 for a command that cannot be carried out.
 */
export async function runRetention(command: { readonly merchant: string }): Promise<number> {
  const config = readConfig();
  // Loaded only here: the production image has no stack, and there the environment says it.
  const url =
    config.databaseUrl ??
    (await import('../stack/running-stack.ts')).findRunningStack(config).ownerDatabaseUrl;
  if (url === undefined) {
    console.error('Postgres is not running: start `tsukigime up` first, or give DATABASE_URL.');
    return 2;
  }
  const db = openDatabase(url, { maxConnections: 1, applicationName: 'tsukigime-cli' });
  try {
    const merchant = await findMerchant(db, command.merchant);
    if (merchant === undefined) throw new UsageError(`There is no merchant ${command.merchant}.`);
    const months = (await findSettings(db, merchant.id))?.settings.imports.retentionMonths ?? null;
    if (months === null) {
      throw new UsageError('The setting imports.retentionMonths is null: everything is kept.');
    }
    const now = new Date(Date.now() + merchant.clockOffsetMs);
    const blanked = await db.transaction().execute((trx) =>
      blankExpired(trx, merchant.id, {
        before: monthsBefore(now, months).toISOString(),
        actor: `cli:${userInfo().username}`,
        now: now.toISOString(),
      }),
    );
    console.log(
      `Blanked ${blanked.customers} customers, ${blanked.cards} cards and ${blanked.files} files.`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return 2;
  } finally {
    await db.destroy();
  }
}

/** The same day of an earlier month; the last one where that month is shorter. */
function monthsBefore(instant: Date, months: number): Date {
  const moved = new Date(instant);
  moved.setUTCDate(1);
  moved.setUTCMonth(moved.getUTCMonth() - months);
  const days = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
  moved.setUTCDate(Math.min(instant.getUTCDate(), days));
  return moved;
}
