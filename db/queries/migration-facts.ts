import {
  explainTarget,
  isFinishedMigration,
  MIGRATION_CHECKS,
  type MigrationChecks,
  type MigrationFacts,
} from '../../billing/card-migration.ts';
import type { MerchantSettings } from '../../billing/merchant-settings.ts';
import { judgeCanary } from '../../billing/migration-canary.ts';
import type { Db } from '../database.ts';
import { type CardMigration, findMigration, findNewestRound } from './card-migrations.ts';
import { readCanary } from './migration-canary.ts';
import { listAcknowledgements } from './migration-checks.ts';
import { findLinkFile } from './migration-link-files.ts';
import { countScope } from './migration-scope.ts';

/** Everything by which a migration's next step is chosen, and of which people are told. */
export async function readMigrationFacts(
  db: Db,
  merchantId: number,
  { migration, settings }: { migration: CardMigration; settings: MerchantSettings },
): Promise<MigrationFacts> {
  const { number, service, rehearsal, stage, waitsSince, dueAt, note } = migration;
  const link = await findLinkFile(db, merchantId, migration.id);
  return {
    ...{ number, service, rehearsal, stage, waitsSince, dueAt, note },
    checks: isFinishedMigration(stage)
      ? nothingToCheck
      : await readChecks(db, merchantId, { migration, settings }),
    link:
      link === undefined
        ? null
        : {
            n: link.n,
            fileName: link.fileName,
            customers: link.customers,
            delivery: settings.cardMigration.linkFile.delivery,
            handedOver: link.handedOverAt !== null,
          },
    round: await findNewestRound(db, merchantId, migration.id),
  };
}

const nothingToCheck: MigrationChecks = {
  customers: 0,
  findings: { missing_number: 0, doubled_number: 0, several_cards: 0 },
  service: null,
  unacknowledged: [],
  canary: null,
};

async function readChecks(
  db: Db,
  merchantId: number,
  { migration, settings }: { migration: CardMigration; settings: MerchantSettings },
): Promise<MigrationChecks> {
  const { customers, findings } = await countScope(db, merchantId, migration);
  const known = await listAcknowledgements(db, merchantId, migration.id);
  const acknowledged = new Set(known.map(({ check }) => check));
  const canary =
    migration.follows === null || acknowledged.has('canary')
      ? null
      : await explainCanary(db, merchantId, migration.follows, settings);
  return {
    customers,
    findings,
    service: explainTarget(migration.service, settings.paymentMethods),
    unacknowledged: MIGRATION_CHECKS.filter(
      (check) => check !== 'canary' && !acknowledged.has(check),
    ),
    canary,
  };
}

/** Why the canary does not let the rest go; null: its first billing went well. */
async function explainCanary(
  db: Db,
  merchantId: number,
  number: number,
  settings: MerchantSettings,
): Promise<string | null> {
  const canary = await findMigration(db, merchantId, number);
  if (canary === undefined) return null;
  if (canary.stage !== 'accepted') {
    return `先行移行 ${number} がまだ完了していません。完了してから、または「先行移行の初回請求の結果を確認した」を記録してから進めてください。`;
  }
  const billing = await readCanary(db, merchantId, { migrationId: canary.id });
  const judged = judgeCanary(billing, settings.cardMigration.canary);
  return judged.kind === 'good' ? null : `先行移行 ${number}: ${judged.ja}`;
}
