import { migrationStagesJa } from '../billing/card-migration.ts';
import { type CardMigration, findMigration } from '../db/queries/card-migrations.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import type { ApiDependencies } from './dependencies.ts';
import { Problem } from './problem.ts';

/** @throws Problem `migration-not-found`. */
export async function requireMigration(
  deps: Pick<ApiDependencies, 'db'>,
  merchant: Merchant,
  number: number,
): Promise<CardMigration> {
  const found = await findMigration(deps.db, merchant.id, number);
  if (found === undefined) throw new Problem('migration-not-found');
  return found;
}

/** A migration as lists show it. */
export function showMigration(of: CardMigration) {
  const { scope } = of;
  return {
    number: of.number,
    service: of.service,
    oldService: of.oldService,
    scope:
      scope.kind === 'customers' ? { kind: scope.kind, customers: scope.ids.length } : { ...scope },
    follows: of.follows,
    rehearsal: of.rehearsal,
    stage: of.stage,
    stageJa: migrationStagesJa[of.stage],
    startedAt: of.startedAt,
    startedBy: of.startedBy,
    finishedAt: of.finishedAt,
    acceptedBy: of.acceptedBy,
  };
}
