import {
  type MigrationFacts,
  type MigrationStage,
  migrationStagesJa,
} from '../billing/card-migration.ts';
import type { Trx } from '../db/database.ts';
import {
  type CardMigration,
  lockMigration,
  requireMigration,
} from '../db/queries/card-migrations.ts';
import { lockCustomers } from '../db/queries/imports.ts';
import { readMigrationFacts } from '../db/queries/migration-facts.ts';
import type { SettingsVersion } from '../db/queries/settings.ts';
import type { Act } from './acts.ts';
import { wakeForCardLocks } from './card-locks.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';

/** A card migration of a merchant, at a moment of its business clock. */
export interface OfMigration {
  readonly merchant: string;
  readonly number: number;
  readonly now: string;
}

/** An operator's act on one card migration. */
export interface MigrationAct extends OfMigration {
  readonly workflowId: string;
  readonly act: Act;
}

/**
 * Carries out an act with its decision in one transaction, under the migration's lock; a repetition of
 * the same request changes nothing and is told how things stand.
 *
 * @param how `cards`: it changes cards, so it takes the lock of their merges first, as those do
 */
export async function actOnMigration(
  deps: ActivityDependencies,
  of: MigrationAct,
  decision: { readonly act: string; readonly body: unknown },
  carryOut: (
    trx: Trx,
    merchantId: number,
    migration: CardMigration,
    current: SettingsVersion,
  ) => Promise<void>,
  how: { readonly cards?: boolean } = {},
): Promise<MigrationFacts> {
  const merchant = await loadMerchant(deps, of.merchant);
  try {
    await deps.db.transaction().execute(async (trx) => {
      if (how.cards === true) await lockCustomers(trx, merchant.id);
      const migration = await lockMigration(trx, merchant.id, of.number);
      const { fresh } = await decide(trx, merchant.id, of, decision);
      if (!fresh) return;
      // Under the locks: an import may have had them for minutes.
      const { current } = await loadMerchantWithSettings({ db: trx }, of.merchant);
      await carryOut(trx, merchant.id, migration, current);
    });
  } catch (error) {
    throw asRefusal(error);
  }
  // Another card, or the one from before, may be billed now.
  if (how.cards === true) await wakeForCardLocks(deps, merchant);
  const { current } = await loadMerchantWithSettings(deps, of.merchant);
  const migration = await requireMigration(deps.db, merchant.id, of.number);
  return await readMigrationFacts(deps.db, merchant.id, {
    migration,
    settings: current.settings,
  });
}

/** @throws the refusal that an operator reads when a migration stands elsewhere. */
export function requireStage(
  { stage }: Pick<CardMigration, 'stage'>,
  allowed: readonly MigrationStage[],
  what: string,
): void {
  if (allowed.includes(stage)) return;
  throw refusal(
    'StageConflict',
    `この移行は「${migrationStagesJa[stage]}」の段階のため、${what}。何も変更していません。`,
  );
}
