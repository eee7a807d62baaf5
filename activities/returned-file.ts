import { explainTarget } from '../billing/card-migration.ts';
import { importFileKinds } from '../billing/file-import.ts';
import { RETURNED_FILE_KIND } from '../billing/returned-cards.ts';
import { UnusableFileError } from '../billing/row-reason.ts';
import { inCopyTransaction } from '../db/copy-rows.ts';
import type { Trx } from '../db/database.ts';
import { lockMigration, moveMigration, requireMigration } from '../db/queries/card-migrations.ts';
import { storeFile } from '../db/queries/files.ts';
import { registerImport } from '../db/queries/imports.ts';
import {
  listReturnedFiles,
  moveRound,
  type ReturnedFile,
  refuseImportOfRound,
} from '../db/queries/migration-files.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import { writeCardImport } from '../imports/card-transformation.ts';
import { wakeForCardLocks } from './card-locks.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';
import { importStoredFile } from './import-stored-file.ts';
import { loadMerchantWithSettings } from './merchant.ts';
import type { OfMigration } from './migration-act.ts';
import { rehearseImport } from './rehearse-import.ts';
import {
  copyVerdicts,
  openTransformation,
  passedCells,
  type RoundWork,
  type Transformation,
} from './transform-returned.ts';

/** What a returned file became is as long as it was. */
const maxCardFileBytes = 1024 * 1024 * 1024;

export function createReturnedFileActivities(deps: ActivityDependencies) {
  return {
    /** Imports the newest returned file; one whose end is known is left as it is. */
    importReturnedFile: (of: OfMigration): Promise<void> =>
      withHeartbeat(() => importReturnedFile(deps, of)),
  };
}

/** In steps that each end with what they found written down: after a cut the next try goes on there. */
async function importReturnedFile(deps: ActivityDependencies, of: OfMigration): Promise<void> {
  const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
  const migration = await requireMigration(deps.db, merchant.id, of.number);
  // Whoever ended the import may have been cut before it told the others.
  if (migration.stage === 'importing') {
    const round = await findRoundAtWork(deps, merchant.id, migration.id);
    await importNewest(deps, { merchant, current, migration, round, now: of.now });
  }
  await deps.workflows.wakeMail(merchant);
  await wakeForCardLocks(deps, merchant);
}

async function importNewest(deps: ActivityDependencies, work: RoundWork): Promise<void> {
  const { current, migration } = work;
  try {
    const service = explainTarget(migration.service, current.settings.paymentMethods);
    if (service !== null) throw new UnusableFileError('settings_incomplete', 'service', service);
    const file = await openTransformation(deps, work);
    if (migration.rehearsal) await rehearseImport(deps, work, file);
    else await importRound(deps, work, file);
  } catch (error) {
    if (!(error instanceof UnusableFileError)) throw error;
    await refuseRound(deps, work, `${error.ja.replace(/。$/, '')}。何も取り込んでいません。`);
  }
}

async function findRoundAtWork(
  deps: ActivityDependencies,
  merchantId: number,
  migrationId: number,
): Promise<ReturnedFile> {
  const [newest] = await listReturnedFiles(deps.db, merchantId, migrationId);
  if (newest === undefined) throw new Error('a migration imports a file that it has');
  return newest;
}

async function importRound(
  deps: ActivityDependencies,
  work: RoundWork,
  file: Transformation,
): Promise<void> {
  const { merchant, round, now } = work;
  const number = round.importNumber ?? (await readRound(deps, work, file));
  if (number === null) return;
  const { stage, trouble } = await importStoredFile(deps, { merchant: merchant.slug, number, now });
  if (stage === 'refused') await refuseRound(deps, work, trouble ?? '');
}

/**
 * Gives every line its verdict and makes the import file of those that passed.
 * @returns the import's number; null when no line passed, and the file is refused
 */
async function readRound(
  deps: ActivityDependencies,
  work: RoundWork,
  file: Transformation,
): Promise<number | null> {
  const { merchant, current, migration, round, now } = work;
  const merchantId = merchant.id;
  return await inCopyTransaction(deps.pool, async (trx, copyRows) => {
    const { id: roundId } = round;
    // Who was thought dead may have been quicker, or a person has cancelled meanwhile.
    const { stage } = await lockMigration(trx, merchantId, migration.number);
    if (stage !== 'importing') return null;
    const [known] = await listReturnedFiles(trx, merchantId, migration.id);
    if (known?.importNumber) return known.importNumber;
    const counts = await copyVerdicts(copyRows, work, file.read());
    const read = { roundId, from: ['taken'], settingsVersion: current.version, now } as const;
    const { passed, failed, quarantined } = counts;
    const lines = passed + failed + quarantined;
    if (passed === 0) {
      const trouble = explainNothing(counts);
      await moveRound(trx, merchantId, {
        ...read,
        to: 'refused',
        trouble,
        lines,
        failed,
        quarantined,
      });
      await tellRefused(trx, work, trouble);
      return null;
    }
    const fileName = `migration-${migration.number}-${round.n}.csv`;
    const stored = await storeFile(trx, merchantId, {
      name: fileName,
      kind: importFileKinds.cards,
      direction: 'outbound',
      source: writeCardImport(passedCells(file.read())),
      keys: deps.fileKeys,
      maxBytes: maxCardFileBytes,
      actor: round.takenBy,
      now,
    });
    const { id: importId, number } = await registerImport(trx, merchantId, {
      kind: 'cards',
      fileId: stored.fileId,
      fileName,
      requestKey: `${RETURNED_FILE_KIND}:${migration.number}:${round.n}`,
      held: false,
      actor: round.takenBy,
      now,
    });
    await moveRound(trx, merchantId, { ...read, to: 'read', importId, lines, failed, quarantined });
    return number;
  });
}

function explainNothing(of: { readonly failed: number; readonly quarantined: number }): string {
  return `取り込める行がありません(失敗 ${of.failed} 件、対象外 ${of.quarantined} 件)。この移行の返却ファイルか、行ごとの結果を確かめてください。以前に取り込んだカードはそのままです。`;
}

/** The file as a whole cannot be imported; what earlier files brought stays. */
async function refuseRound(
  deps: ActivityDependencies,
  work: RoundWork,
  trouble: string,
): Promise<void> {
  const { merchant, migration, round, now } = work;
  await deps.db.transaction().execute(async (trx) => {
    await lockMigration(trx, merchant.id, migration.number);
    const move = {
      roundId: round.id,
      from: ['taken', 'read'],
      to: 'refused',
      trouble,
      now,
    } as const;
    if (!(await moveRound(trx, merchant.id, move))) return;
    await refuseImportOfRound(trx, merchant.id, { roundId: round.id, trouble, now });
    await tellRefused(trx, work, trouble);
  });
}

/** Back to where the file is waited for: or, where one is in already, to its coverage. */
async function tellRefused(
  trx: Trx,
  { merchant, migration, round, now }: RoundWork,
  trouble: string,
): Promise<void> {
  const rounds = await listReturnedFiles(trx, merchant.id, migration.id);
  const counts = rounds.some(
    ({ state, supersededAt }) => state === 'done' && supersededAt === null,
  );
  const to = counts ? 'covering' : 'awaiting_return';
  const move = { migrationId: migration.id, from: ['importing'], to, now } as const;
  await moveMigration(trx, merchant.id, move);
  await notifyOperators(trx, merchant.id, {
    key: `migration:${migration.number}:returned:${round.n}:refused`,
    template: 'card_migration',
    parameters: {
      number: migration.number,
      subject: `カードの移行 ${migration.number} の返却ファイルを取り込めません`,
      sentence: `返却ファイル ${round.n}: ${trouble}`,
    },
    now,
  });
}
