import { isBlanking, retentionOf } from '../billing/retention.ts';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { blankExpired } from '../db/queries/retention.ts';
import { findSettings } from '../db/queries/settings.ts';
import { readActor, UsageError } from './record-access.ts';

/**
 * `tsukigime retention`: blanks at once what the merchant's settings keep no longer, as the Schedule
 * does every night; for merchants whose clock was moved it is the only way.
 * @returns the exit code: 0, or 2 for a command that cannot be carried out.
 */
export async function runRetention(command: { readonly merchant: string }): Promise<number> {
  const config = readConfig();
  // Loaded only here: in production the environment says it.
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
    const settings = (await findSettings(db, merchant.id))?.settings;
    const kept = settings === undefined ? undefined : retentionOf(settings);
    if (kept === undefined || !isBlanking(kept)) {
      throw new UsageError(
        'Everything is kept: imports.retentionMonths, retention.orderMonths and ' +
          'retention.carrierMonths are null.',
      );
    }
    const blanked = await db.transaction().execute((trx) =>
      blankExpired(trx, merchant.id, {
        ...kept,
        actor: readActor(),
        now: new Date(Date.now() + merchant.clockOffsetMs).toISOString(),
      }),
    );
    const counts = Object.entries(blanked).map(([kind, count]) => `${kind} ${count}`);
    console.log(`Blanked: ${counts.join(', ')}.`);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return 2;
  } finally {
    await db.destroy();
  }
}
