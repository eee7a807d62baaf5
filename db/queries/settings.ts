import { isDeepStrictEqual } from 'node:util';
import type { Kysely } from 'kysely';
import { type MerchantSettings, merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import type { Database } from '../tables.ts';
import { appendAudit } from './audit.ts';

export interface SettingsVersion {
  readonly version: number;
  readonly settings: MerchantSettings;
  readonly actor: string;
  readonly reason: string | null;
  /** ISO instant. */
  readonly recordedAt: string;
}

/** Someone saved a newer version than the one that was changed; nothing was saved. */
export class SettingsVersionError extends Error {
  override name = 'SettingsVersionError';
  readonly currentVersion: number;

  constructor(currentVersion: number) {
    super(`The settings are at version ${currentVersion} by now.`);
    this.currentVersion = currentVersion;
  }
}

/** The newest version, or the one asked for. Settings that a later release added hold their default. */
export async function findSettings(
  db: Kysely<Database>,
  merchantId: number,
  version?: number,
): Promise<SettingsVersion | undefined> {
  const row = await db
    .selectFrom('merchant_settings')
    .where('merchant_id', '=', merchantId)
    .$if(version !== undefined, (query) => query.where('version', '=', version ?? 0))
    .select(['version', 'settings', 'actor', 'reason', 'recorded_at'])
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return (
    row && {
      version: row.version,
      settings: merchantSettingsSchema.parse(row.settings),
      actor: row.actor,
      reason: row.reason,
      recordedAt: row.recorded_at,
    }
  );
}

/** The version that held at an instant; the newest without one. */
export async function findSettingsAt(
  db: Kysely<Database>,
  merchantId: number,
  at: string | null,
): Promise<SettingsVersion | undefined> {
  if (at === null) return await findSettings(db, merchantId);
  const row = await db
    .selectFrom('merchant_settings')
    .where('merchant_id', '=', merchantId)
    .where('recorded_at', '<=', at)
    .select('version')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return await findSettings(db, merchantId, row?.version ?? 1);
}

/**
 * Adds the version after `seenVersion`, with its audit entry.
 * @throws SettingsVersionError when that version exists: of two that saw the same one, one wins.
 */
export async function saveSettings(
  db: Kysely<Database>,
  merchantId: number,
  change: {
    readonly seenVersion: number;
    readonly settings: MerchantSettings;
    readonly actor: string;
    readonly reason: string;
    /** ISO instant. */
    readonly now: string;
  },
): Promise<SettingsVersion> {
  return await db.transaction().execute(async (trx) => {
    const current = await findSettings(trx, merchantId);
    if ((current?.version ?? 0) !== change.seenVersion) {
      throw new SettingsVersionError(current?.version ?? 0);
    }
    const version = change.seenVersion + 1;
    const added = await insertSettings(trx, merchantId, { ...change, version });
    if (!added) throw new SettingsVersionError(version);
    await appendAudit(trx, merchantId, {
      at: change.now,
      actor: change.actor,
      act: 'settings.changed',
      subject: `settings ${version}`,
      reason: change.reason,
      details: { version, changed: changedSettings(current?.settings, change.settings) },
    });
    return {
      version,
      settings: change.settings,
      actor: change.actor,
      reason: change.reason,
      recordedAt: change.now,
    };
  });
}

/** False when the version exists already. */
export async function insertSettings(
  db: Kysely<Database>,
  merchantId: number,
  row: {
    readonly version: number;
    readonly settings: MerchantSettings;
    readonly actor: string;
    readonly reason: string | null;
    readonly now: string;
  },
): Promise<boolean> {
  const inserted = await db
    .insertInto('merchant_settings')
    .values({
      merchant_id: merchantId,
      version: row.version,
      settings: JSON.stringify(row.settings),
      actor: row.actor,
      reason: row.reason,
      recorded_at: row.now,
    })
    .onConflict((conflict) => conflict.columns(['merchant_id', 'version']).doNothing())
    .returning('version')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Names of the groups that differ; their values stand in the two versions, not in the audit. */
function changedSettings(before: MerchantSettings | undefined, after: MerchantSettings): string[] {
  const groups = Object.keys(after) as (keyof MerchantSettings)[];
  // Deep, because jsonb gives keys back in an order of its own.
  return groups.filter((group) => !isDeepStrictEqual(before?.[group], after[group]));
}
