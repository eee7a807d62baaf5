import {
  explainTarget,
  LINK_FILE_KIND,
  type MigrationFacts,
  openMigrationChecks,
} from '../billing/card-migration.ts';
import { formatCustomerId } from '../billing/customer-id.ts';
import { checkLinkRow, type LinkRow, linkFileName, writeLinkFile } from '../billing/link-file.ts';
import type { MerchantSettings } from '../billing/merchant-settings.ts';
import type { TextEncoding } from '../billing/text-encoding.ts';
import type { Trx } from '../db/database.ts';
import {
  type CardMigration,
  lockMigration,
  moveMigration,
  noteMigration,
  requireMigration,
} from '../db/queries/card-migrations.ts';
import { storeFile } from '../db/queries/files.ts';
import { readMigrationFacts } from '../db/queries/migration-facts.ts';
import {
  findLinkFile,
  insertLinkFile,
  recordLinkHandOver,
  takeLinkFileId,
} from '../db/queries/migration-link-files.ts';
import { freezeScope, readLinkRows } from '../db/queries/migration-scope.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import type { SettingsVersion } from '../db/queries/settings.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { sendLinkFile } from './link-file.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';
import {
  actOnMigration,
  type MigrationAct,
  type OfMigration,
  requireStage,
} from './migration-act.ts';
import { readStored } from './read-stored.ts';

/** A million customers of two short columns stay far below this. */
const maxLinkFileBytes = 200 * 1024 * 1024;
/** What could not be handed over is tried again after this. */
const retryMs = 3_600_000;

export function createMigrationReleaseActivities(deps: ActivityDependencies) {
  return {
    /** Makes the link file of the customers in scope, once nothing stands in its way. */
    releaseLinkFile: (of: MigrationAct): Promise<MigrationFacts> =>
      withHeartbeat(() => releaseLinkFile(deps, of)),

    /** Hands the link file to the PSP where a machine does that. */
    deliverLinkFile: (of: OfMigration): Promise<void> =>
      withHeartbeat(() => deliverLinkFile(deps, of)),
  };
}

async function releaseLinkFile(
  deps: ActivityDependencies,
  of: MigrationAct,
): Promise<MigrationFacts> {
  const merchant = await loadMerchant(deps, of.merchant);
  const decision = { act: 'release-link-file', body: {} };
  const facts = await actOnMigration(
    deps,
    of,
    decision,
    async (trx, merchantId, migration, current) => {
      const from = ['checking', 'handing_over', 'awaiting_return', 'covering'] as const;
      requireStage(migration, from, '連携ファイルは確定できません');
      const { settings } = current;
      const known = await readMigrationFacts(trx, merchantId, { migration, settings });
      const open = openMigrationChecks(known);
      if (open.length > 0) {
        throw refusal(
          'ChecksOpen',
          `連携前の確認が残っているため、連携ファイルを確定していません。${open.join('')}`,
        );
      }
      const before = await findLinkFile(trx, merchantId, migration.id);
      const n = (before?.n ?? 0) + 1;
      const { customers, fileId, id } = await writeLink(deps, trx, of, {
        merchantId,
        migration,
        current,
        n,
      });
      // The same customers again: what the PSP has is right as it is.
      if (fileId === before?.fileId) throw alreadyReleased(before.n);
      await insertLinkFile(trx, merchantId, {
        ...{ id, migrationId: migration.id, n, fileId, customers },
        fileName: linkFileName(migration.number, n),
        settingsVersion: current.version,
        actor: of.act.actor,
        now: of.now,
      });
      const bySftp = settings.cardMigration.linkFile.delivery === 'sftp' && !migration.rehearsal;
      const due = bySftp ? { dueAt: of.now } : {};
      const move = { migrationId: migration.id, from, to: 'handing_over', now: of.now } as const;
      await moveMigration(trx, merchantId, { ...move, ...due });
      await tellReleased(trx, of, { merchantId, current, migration, n, customers });
    },
    { cards: true },
  );
  await deps.workflows.wakeMail(merchant);
  return facts;
}

function alreadyReleased(n: number) {
  return refusal(
    'StageConflict',
    `同じ内容の連携ファイル ${n} を確定済みです。何も変更していません。`,
  );
}

interface Release {
  readonly merchantId: number;
  readonly migration: Parameters<typeof freezeScope>[2] & {
    readonly number: number;
    readonly rehearsal: boolean;
  };
  readonly current: SettingsVersion;
  readonly n: number;
}

/** Freezes the scope and stores its file, in the transaction of the release. */
async function writeLink(
  deps: ActivityDependencies,
  trx: Trx,
  of: MigrationAct,
  { merchantId, migration, current, n }: Release,
): Promise<{ id: number; customers: number; fileId: number }> {
  const { linkFile } = current.settings.cardMigration;
  const id = await takeLinkFileId(trx, merchantId);
  const customers = await freezeScope(trx, merchantId, migration, id);
  await refuseUnwritable(readLinkRows(trx, merchantId, id), linkFile.encoding);
  const stored = await storeFile(trx, merchantId, {
    name: linkFileName(migration.number, n),
    kind: LINK_FILE_KIND,
    direction: 'outbound',
    source: writeLinkFile(readLinkRows(trx, merchantId, id), linkFile),
    keys: deps.fileKeys,
    maxBytes: maxLinkFileBytes,
    actor: of.act.actor,
    now: of.now,
  });
  return { id, customers, fileId: stored.fileId };
}

/** Customers by their IDs: their old numbers are what cannot be written. */
async function refuseUnwritable(
  batches: AsyncIterable<readonly LinkRow[]>,
  encoding: TextEncoding,
): Promise<void> {
  const refused: string[] = [];
  for await (const rows of batches) {
    for (const row of rows) {
      const reason = checkLinkRow(row, encoding);
      if (reason !== null) refused.push(`${formatCustomerId(row.customerId)}: ${reason.ja}`);
      if (refused.length === 10) break;
    }
    if (refused.length >= 10) break;
  }
  if (refused.length === 0) return;
  throw refusal(
    'ChecksOpen',
    `連携ファイルに書けない顧客番号があります(${refused.join('、')})。連携ファイルは確定していません。文字コードの設定を変えるか、対象から外してください。`,
  );
}

async function tellReleased(
  trx: Trx,
  of: MigrationAct,
  { merchantId, current, migration, n, customers }: Release & { readonly customers: number },
): Promise<void> {
  const { delivery } = current.settings.cardMigration.linkFile;
  if (delivery !== 'mail' || migration.rehearsal) return;
  await notifyOperators(trx, merchantId, {
    key: `migration:${migration.number}:link:${n}`,
    template: 'card_migration',
    parameters: {
      number: migration.number,
      subject: `カードの移行 ${migration.number} の連携ファイルができました`,
      sentence: `連携ファイル ${linkFileName(migration.number, n)}(${customers} 人)ができました。ダウンロードして決済会社に渡し、渡したことを記録してください。`,
    },
    now: of.now,
  });
}

/** @returns why no machine may hand over the link file under these settings; null when it may */
function explainNotSent(
  { service }: Pick<CardMigration, 'service'>,
  { cardMigration, paymentMethods }: MerchantSettings,
): string | null {
  if (cardMigration.linkFile.delivery !== 'sftp') return '設定がSFTP以外の渡し方に変わりました。';
  return explainTarget(service, paymentMethods);
}

async function deliverLinkFile(deps: ActivityDependencies, of: OfMigration): Promise<void> {
  const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
  const migration = await requireMigration(deps.db, merchant.id, of.number);
  const link = await findLinkFile(deps.db, merchant.id, migration.id);
  if (migration.stage !== 'handing_over' || link === undefined || migration.rehearsal) return;
  const content = readStored(deps, merchant.id, link.sha256);
  const { settings } = current;
  // It may be tried for days, while its settings change.
  const why = explainNotSent(migration, settings);
  const sent =
    why === null
      ? await sendLinkFile(deps, merchant, settings, { ...link, content })
      : ({ kind: 'failed', why } as const);
  const { id: migrationId } = migration;
  if (sent.kind !== 'accepted') {
    const dueAt = new Date(Date.parse(of.now) + retryMs).toISOString();
    const note = `SFTPで送れませんでした(${sent.why})。1時間ごとに再試行します。ダウンロードして渡すこともできます。`;
    await noteMigration(deps.db, merchant.id, { migrationId, note, dueAt });
    return;
  }
  await deps.db.transaction().execute(async (trx) => {
    await lockMigration(trx, merchant.id, of.number);
    const handed = { linkFileId: link.id, way: 'sftp', actor: 'worker', now: of.now } as const;
    await recordLinkHandOver(trx, merchant.id, handed);
    // Meanwhile a newer one may have been released: that is still to be sent.
    const newest = await findLinkFile(trx, merchant.id, migrationId);
    if (newest?.id !== link.id) return;
    const move = { migrationId, from: ['handing_over'], to: 'awaiting_return' } as const;
    await moveMigration(trx, merchant.id, { ...move, now: of.now });
  });
}
