import {
  type CustomerDecision,
  DATED_CHECK,
  explainTarget,
  type MigrationCheck,
  type MigrationFacts,
  type MigrationStage,
} from '../billing/card-migration.ts';
import { formatCustomerId } from '../billing/customer-id.ts';
import { migrationReminderKey, writeMigrationReminder } from '../billing/describe-migration.ts';
import type { Trx } from '../db/database.ts';
import {
  type CardMigration,
  moveMigration,
  requireMigration,
} from '../db/queries/card-migrations.ts';
import { findFile } from '../db/queries/files.ts';
import { insertAcknowledgement, insertCustomerDecisions } from '../db/queries/migration-checks.ts';
import { readMigrationFacts } from '../db/queries/migration-facts.ts';
import { insertRound } from '../db/queries/migration-files.ts';
import { findLinkFile, recordLinkHandOver } from '../db/queries/migration-link-files.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { refusal } from './failures.ts';
import { loadMerchantWithSettings } from './merchant.ts';
import {
  actOnMigration,
  type MigrationAct,
  type OfMigration,
  requireStage,
} from './migration-act.ts';

/** Short acts on a card migration, and what its workflow asks of its rows. */
export function createCardMigrationActivities(deps: ActivityDependencies) {
  return {
    async readMigration(of: OfMigration): Promise<MigrationFacts & { clockOffsetMs: number }> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const migration = await requireMigration(deps.db, merchant.id, of.number);
      const { settings } = current;
      const facts = await readMigrationFacts(deps.db, merchant.id, { migration, settings });
      return { ...facts, clockOffsetMs: merchant.clockOffsetMs };
    },

    /** Reminds operators of what a migration waits for; once for each wait and day. */
    async remindOfMigration(of: OfMigration & { days: number }): Promise<void> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const { settings } = current;
      await deps.db.transaction().execute(async (trx) => {
        const migration = await requireMigration(trx, merchant.id, of.number);
        const facts = await readMigrationFacts(trx, merchant.id, { migration, settings });
        await notifyOperators(trx, merchant.id, {
          key: migrationReminderKey(facts, of.days),
          template: 'card_migration',
          parameters: writeMigrationReminder(facts, of.days),
          now: of.now,
        });
      });
      await deps.workflows.wakeMail(merchant);
    },

    /** A person vouches for one of the checks. */
    async acknowledgeMigrationCheck(
      of: MigrationAct & { check: MigrationCheck; onDate: string | null },
    ): Promise<MigrationFacts> {
      const { check, onDate } = of;
      if ((check === DATED_CHECK) !== (onDate !== null)) {
        throw refusal(
          'StageConflict',
          check === DATED_CHECK
            ? '報告した日付を指定してください。何も記録していません。'
            : 'この確認に日付は要りません。何も記録していません。',
        );
      }
      const decision = { act: 'acknowledge-migration-check', body: { check, onDate } };
      return await actOnMigration(deps, of, decision, async (trx, merchantId, migration) => {
        requireOpen(migration);
        const { actor } = of.act;
        const known = { migrationId: migration.id, check, onDate, actor, now: of.now };
        await insertAcknowledgement(trx, merchantId, known);
      });
    },

    /** People say what becomes of customers with a finding: of all that are named, or of none. */
    async decideMigrationCustomers(
      of: MigrationAct & { decisions: readonly CustomerDecision[] },
    ): Promise<MigrationFacts> {
      const { decisions } = of;
      const decision = { act: 'decide-migration-customers', body: { decisions } };
      return await actOnMigration(deps, of, decision, async (trx, merchantId, migration) => {
        requireOpen(migration);
        requireScopeOpen(migration, decisions);
        const { actor } = of.act;
        const given = { migrationId: migration.id, decisions, actor, now: of.now };
        const { unknown } = await insertCustomerDecisions(trx, merchantId, given);
        if (unknown.length === 0) return;
        const named = unknown.slice(0, 10).map(formatCustomerId).join('、');
        throw refusal(
          'UnknownCustomers',
          `次の顧客は登録されていないか、指定したカードがありません: ${named}。何も記録していません。一覧を読み直してください。`,
        );
      });
    },

    /** A person has given the link file to the PSP. */
    async recordLinkHandOver(of: MigrationAct): Promise<MigrationFacts> {
      const decision = { act: 'record-link-hand-over', body: {} };
      return await actOnMigration(deps, of, decision, async (trx, merchantId, migration) => {
        requireStage(migration, ['handing_over'], '連携ファイルの送付は記録できません');
        const link = await findLinkFile(trx, merchantId, migration.id);
        if (link === undefined) throw new Error('what is handed over was released');
        const { actor } = of.act;
        const handed = { linkFileId: link.id, way: 'person', actor, now: of.now } as const;
        await recordLinkHandOver(trx, merchantId, handed);
        await moveOn(trx, merchantId, migration, ['handing_over'], 'awaiting_return', of.now);
      });
    },

    /** The PSP's file has come: stored bytes. Its import follows. */
    async takeReturnedFile(
      of: MigrationAct & { sha256: string; addition: boolean },
    ): Promise<MigrationFacts> {
      const { sha256, addition } = of;
      const decision = { act: 'take-returned-file', body: { sha256, addition } };
      return await actOnMigration(
        deps,
        of,
        decision,
        async (trx, merchantId, migration, current) => {
          const from = ['handing_over', 'awaiting_return', 'covering'] as const;
          requireStage(migration, from, '返却ファイルは取り込めません');
          const trouble = explainTarget(migration.service, current.settings.paymentMethods);
          if (trouble !== null)
            throw refusal('SettingsIncomplete', `${trouble}何も取り込んでいません。`);
          const file = await findFile(trx, merchantId, sha256);
          if (file === undefined)
            throw refusal('UnknownFile', '指定されたファイルは保存されていません。');
          const link = await findLinkFile(trx, merchantId, migration.id);
          if (link === undefined) throw new Error('a migration that waits has a link file');
          const { fileId, name: fileName } = file;
          const { actor } = of.act;
          const round = { fileId, fileName, linkFileId: link.id, addition, actor, now: of.now };
          await insertRound(trx, merchantId, { migrationId: migration.id, ...round });
          await moveOn(trx, merchantId, migration, from, 'importing', of.now);
        },
      );
    },
  };
}

/** Customers leave a migration, or join it, while the next link file may still name others. */
function requireScopeOpen(migration: CardMigration, decisions: readonly CustomerDecision[]): void {
  const changesScope = decisions.some(
    ({ choice }) => choice === 'excluded' || choice === 'included',
  );
  if (!changesScope) return;
  requireStage(
    migration,
    ['checking', 'handing_over', 'awaiting_return'],
    '対象の顧客は変更できません',
  );
}

function requireOpen(migration: CardMigration): void {
  requireStage(
    migration,
    ['checking', 'handing_over', 'awaiting_return', 'importing', 'covering'],
    'この操作はできません',
  );
}

async function moveOn(
  trx: Trx,
  merchantId: number,
  { id: migrationId }: CardMigration,
  from: readonly MigrationStage[],
  to: MigrationStage,
  now: string,
): Promise<void> {
  await moveMigration(trx, merchantId, { migrationId, from, to, now });
}
