import type { MigrationFacts } from '../billing/card-migration.ts';
import { coveredMonth } from '../billing/migration-coverage.ts';
import { lockReturnedCards } from '../db/queries/card-locks.ts';
import { moveMigration, recordAcceptance } from '../db/queries/card-migrations.ts';
import { forgetCardsBefore, restoreCards } from '../db/queries/migration-cards.ts';
import { chargeDefaultCards } from '../db/queries/migration-checks.ts';
import { readCoverage } from '../db/queries/migration-coverage.ts';
import { readMigrationFacts } from '../db/queries/migration-facts.ts';
import { cancelRound } from '../db/queries/migration-files.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { actOnMigration, type MigrationAct, requireStage } from './migration-act.ts';

/** The acts that end a migration. */
export function createMigrationEndActivities(deps: ActivityDependencies) {
  return {
    /** An operator takes the coverage as it is: who has no card by now is the shop's to ask. */
    acceptCoverage: (of: MigrationAct & { uncovered: number }): Promise<MigrationFacts> =>
      withHeartbeat(() => acceptCoverage(deps, of)),

    /** The migration is wanted no more: the cards are as they were before it. */
    cancelMigration: (of: MigrationAct): Promise<MigrationFacts> =>
      withHeartbeat(() => cancelMigration(deps, of)),
  };
}

async function acceptCoverage(
  deps: ActivityDependencies,
  of: MigrationAct & { uncovered: number },
): Promise<MigrationFacts> {
  const { uncovered, now } = of;
  const decision = { act: 'accept-coverage', body: { uncovered } };
  return await actOnMigration(
    deps,
    of,
    decision,
    async (trx, merchantId, migration, { settings }) => {
      requireStage(migration, ['covering'], '完了は記録できません');
      const { id: migrationId } = migration;
      const coverage = await readCoverage(trx, merchantId, {
        migrationId,
        month: coveredMonth(now),
      });
      if (coverage.customers.uncovered !== uncovered) {
        throw refusal(
          'TotalsDiffer',
          `カードのない顧客は現在 ${coverage.customers.uncovered} 人です(指定は ${uncovered} 人)。完了は記録していません。移行結果を読み直してください。`,
        );
      }
      if (!migration.rehearsal) {
        const { checks } = await readMigrationFacts(trx, merchantId, { migration, settings });
        const several = checks.findings.several_cards;
        if (several > 0) {
          throw refusal(
            'ChecksOpen',
            `複数枚のカードがある顧客 ${several} 人の判断が残っています。完了は記録していません。使用するカードを選ぶか、このままでよいことを記録してください。`,
          );
        }
        await chargeDefaultCards(trx, merchantId, { migrationId, now });
        await forgetCardsBefore(trx, merchantId, migrationId);
      }
      const { actor } = of.act;
      await recordAcceptance(trx, merchantId, { migrationId, coverage, actor, now });
      await moveMigration(trx, merchantId, {
        migrationId,
        from: ['covering'],
        to: 'accepted',
        now,
      });
    },
    { cards: true },
  );
}

async function cancelMigration(
  deps: ActivityDependencies,
  of: MigrationAct,
): Promise<MigrationFacts> {
  const { now } = of;
  const decision = { act: 'cancel-migration', body: {} };
  return await actOnMigration(
    deps,
    of,
    decision,
    async (trx, merchantId, migration) => {
      const from = [
        ...(['checking', 'handing_over', 'awaiting_return'] as const),
        ...(['importing', 'covering'] as const),
      ];
      requireStage(migration, from, '取り消しはできません');
      const { id: migrationId } = migration;
      const { actor } = of.act;
      await cancelRound(trx, merchantId, { migrationId, now });
      await restoreCards(trx, merchantId, { migrationId, actor, now });
      await lockReturnedCards(trx, merchantId, now);
      await forgetCardsBefore(trx, merchantId, migrationId);
      await moveMigration(trx, merchantId, { migrationId, from, to: 'cancelled', now });
    },
    { cards: true },
  );
}
