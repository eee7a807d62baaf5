import { isDeepStrictEqual } from 'node:util';
import type { Kysely } from 'kysely';
import { findServicesSetFree } from '../../billing/card-lock.ts';
import { type MerchantSettings, merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { lockMerchant, type Trx } from '../database.ts';
import type { Database } from '../tables.ts';
import { appendAudit } from './audit.ts';
import { countOpenLocks } from './card-locks.ts';

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

/** Orders of locked cards would be billed again, and nobody has confirmed how many; nothing was saved. */
export class LocksSetFreeError extends Error {
  override name = 'LocksSetFreeError';
  readonly locks: number;

  constructor(locks: number) {
    super(`The settings free orders of ${locks} locked cards.`);
    this.locks = locks;
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
 *
 * @param change `confirmedLocks`: of how many locked cards somebody confirms that orders are billed
 *   again by it
 * @throws LocksSetFreeError when they are not as many
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
    readonly confirmedLocks?: number | undefined;
    /** ISO instant. */
    readonly now: string;
  },
): Promise<SettingsVersion> {
  return await db.transaction().execute(async (trx) => {
    const current = await findSettings(trx, merchantId);
    if ((current?.version ?? 0) !== change.seenVersion) {
      throw new SettingsVersionError(current?.version ?? 0);
    }
    const freed = await countLocksSetFree(trx, merchantId, current?.settings, change.settings);
    if (freed !== (change.confirmedLocks ?? 0)) throw new LocksSetFreeError(freed);
    const version = change.seenVersion + 1;
    const added = await insertSettings(trx, merchantId, { ...change, version });
    if (!added) throw new SettingsVersionError(version);
    await appendAudit(trx, merchantId, {
      at: change.now,
      actor: change.actor,
      act: 'settings.changed',
      subject: `settings ${version}`,
      reason: change.reason,
      details: {
        ...{ version, changed: changedSettings(current?.settings, change.settings) },
        ...(freed > 0 ? { locksSetFree: freed } : {}),
      },
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

/** How many locks would hold fewer orders back than before. No lock comes in between. */
async function countLocksSetFree(
  trx: Trx,
  merchantId: number,
  before: MerchantSettings | undefined,
  after: MerchantSettings,
): Promise<number> {
  if (before === undefined) return 0;
  const services = findServicesSetFree(before.cardLocks, after.cardLocks);
  if (services.length === 0) return 0;
  await lockMerchant(trx, merchantId);
  return await countOpenLocks(trx, merchantId, services);
}

/** Names of the groups that differ; their values stand in the two versions, not in the audit. */
function changedSettings(before: MerchantSettings | undefined, after: MerchantSettings): string[] {
  const groups = Object.keys(after) as (keyof MerchantSettings)[];
  // Deep, because jsonb gives keys back in an order of its own.
  return groups.filter((group) => !isDeepStrictEqual(before?.[group], after[group]));
}
