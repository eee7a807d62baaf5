import { coveredMonth } from '../billing/migration-coverage.ts';
import { RETURNED_FILE_KIND } from '../billing/returned-cards.ts';
import { UnusableFileError } from '../billing/row-reason.ts';
import { type CopyRows, inCopyTransaction } from '../db/copy-rows.ts';
import type { Trx } from '../db/database.ts';
import { lockMigration, moveMigration } from '../db/queries/card-migrations.ts';
import { listImportFailures, registerImport } from '../db/queries/imports.ts';
import { readCoverage } from '../db/queries/migration-coverage.ts';
import { listReturnedFiles, moveRound, supersedeRounds } from '../db/queries/migration-files.ts';
import { writeCardImport } from '../imports/card-transformation.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { mergeImport } from './merge-import.ts';
import {
  copyVerdicts,
  type LateErrors,
  passedCells,
  type RoundWork,
  type Transformation,
} from './transform-returned.ts';

/** Thrown to undo all that a rehearsal wrote. */
class RehearsalOver extends Error {
  override readonly name = 'RehearsalOver';
}

/**
 * Imports a returned file by the very statements of the real thing, in a transaction that is always
 * rolled back; what became of each line is kept, and nothing else.
 */
export async function rehearseImport(
  deps: ActivityDependencies,
  work: RoundWork,
  file: Transformation,
): Promise<void> {
  const refused = await tryImport(deps, work, file);
  const { merchant, current, migration, round, now } = work;
  await inCopyTransaction(deps.pool, async (trx, copyRows) => {
    const { stage } = await lockMigration(trx, merchant.id, migration.number);
    const [newest] = await listReturnedFiles(trx, merchant.id, migration.id);
    if (stage !== 'importing' || newest?.state !== 'taken') return;
    if (!round.addition) {
      await supersedeRounds(trx, merchant.id, { migrationId: migration.id, now });
    }
    const counts = await copyVerdicts(copyRows, work, file.read(), refused);
    const { passed: imported, failed, quarantined } = counts;
    await moveRound(trx, merchant.id, {
      ...{ roundId: round.id, from: ['taken'], to: 'done', now },
      ...{ lines: imported + failed + quarantined, imported, failed, quarantined },
      settingsVersion: current.version,
    });
    const month = coveredMonth(now);
    const of = { migrationId: migration.id, month };
    const coverage = await readCoverage(trx, merchant.id, of);
    const done = { roundId: round.id, from: ['done'], to: 'done', coverage, now } as const;
    await moveRound(trx, merchant.id, done);
    const move = { migrationId: migration.id, from: ['importing'], to: 'covering', now } as const;
    await moveMigration(trx, merchant.id, move);
  });
}

async function tryImport(
  deps: ActivityDependencies,
  work: RoundWork,
  file: Transformation,
): Promise<LateErrors> {
  let refused: LateErrors | undefined;
  try {
    await inCopyTransaction(deps.pool, async (trx, copyRows) => {
      refused = await importOnce(deps, trx, copyRows, work, file);
      throw new RehearsalOver('rolled back');
    });
  } catch (error) {
    if (!(error instanceof RehearsalOver)) throw error;
  }
  if (refused === undefined) throw new Error('a rehearsal that is over has its outcome');
  return refused;
}

async function importOnce(
  deps: ActivityDependencies,
  trx: Trx,
  copyRows: CopyRows,
  work: RoundWork,
  file: Transformation,
): Promise<LateErrors> {
  const { merchant, migration, round, now } = work;
  const merchantId = merchant.id;
  const { passed, failed, quarantined } = await copyVerdicts(copyRows, work, file.read());
  if (passed === 0) {
    throw new UnusableFileError(
      'empty',
      'no row can be imported',
      `取り込める行がありません(失敗 ${failed} 件、対象外 ${quarantined} 件)`,
    );
  }
  const found = await registerImport(trx, merchantId, {
    kind: 'cards',
    // Whose bytes they are does not matter: they are read from the transformation.
    fileId: round.fileId,
    fileName: round.fileName,
    requestKey: `${RETURNED_FILE_KIND}:${migration.number}:${round.n}`,
    held: false,
    actor: round.takenBy,
    now,
  });
  await moveRound(trx, merchantId, {
    ...{ roundId: round.id, from: ['taken'], to: 'read', importId: found.id, now },
    ...{ lines: passed + failed + quarantined, failed, quarantined },
  });
  await mergeImport(deps, trx, copyRows, {
    ...{ merchant, found, now, encoding: 'utf-8', progress: null, writeFresh: false },
    source: writeCardImport(passedCells(file.read())),
  });
  return await readRefused(trx, merchantId, found.id);
}

async function readRefused(trx: Trx, merchantId: number, importId: number): Promise<LateErrors> {
  const refused = new Map<
    number,
    { columns: readonly (string | null)[]; texts: readonly string[] }
  >();
  const limit = 5000;
  for (let after = 0; ; ) {
    const page = await listImportFailures(trx, merchantId, { importId, after, limit });
    for (const { record, columns, texts } of page) refused.set(record, { columns, texts });
    after = page.at(-1)?.record ?? after;
    if (page.length < limit) return refused;
  }
}
