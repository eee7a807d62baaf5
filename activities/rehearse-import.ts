import { RETURNED_FILE_KIND } from '../billing/returned-cards.ts';
import { type CopyRows, inCopyTransaction } from '../db/copy-rows.ts';
import type { Trx } from '../db/database.ts';
import { lockMigration, moveMigration } from '../db/queries/card-migrations.ts';
import { listImportFailures, registerImport } from '../db/queries/imports.ts';
import { listReturnedFiles, moveRound, supersedeRounds } from '../db/queries/migration-files.ts';
import { writeCardImport } from '../imports/card-transformation.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { loadChecks, mergeImport } from './merge-import.ts';
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

interface Rehearsed {
  readonly coverage: unknown;
  readonly refused: LateErrors;
}

/**
 * Imports a returned file by the very statements of the real thing, in a transaction that is always
 * rolled back; what it came to is kept, and nothing else.
 */
export async function rehearseImport(
  deps: ActivityDependencies,
  work: RoundWork,
  file: Transformation,
): Promise<void> {
  const rehearsed = await tryImport(deps, work, file);
  const { merchant, current, migration, round, now } = work;
  await inCopyTransaction(deps.pool, async (trx, copyRows) => {
    const { stage } = await lockMigration(trx, merchant.id, migration.number);
    const [newest] = await listReturnedFiles(trx, merchant.id, migration.id);
    if (stage !== 'importing' || newest?.state !== 'taken') return;
    await supersedeRounds(trx, merchant.id, { migrationId: migration.id, now });
    const counts = await copyVerdicts(copyRows, work, file.read(), rehearsed.refused);
    const { passed: imported, failed, quarantined } = counts;
    await moveRound(trx, merchant.id, {
      ...{ roundId: round.id, from: ['taken'], to: 'done', now },
      ...{ lines: imported + failed + quarantined, imported, failed, quarantined },
      settingsVersion: current.version,
      coverage: rehearsed.coverage,
    });
    const move = { migrationId: migration.id, from: ['importing'], to: 'covering', now } as const;
    await moveMigration(trx, merchant.id, move);
  });
}

async function tryImport(
  deps: ActivityDependencies,
  work: RoundWork,
  file: Transformation,
): Promise<Rehearsed> {
  let rehearsed: Rehearsed | undefined;
  try {
    await inCopyTransaction(deps.pool, async (trx, copyRows) => {
      rehearsed = await importOnce(deps, trx, copyRows, work, file);
      throw new RehearsalOver('rolled back');
    });
  } catch (error) {
    if (!(error instanceof RehearsalOver)) throw error;
  }
  if (rehearsed === undefined) throw new Error('a rehearsal that is over has its outcome');
  return rehearsed;
}

async function importOnce(
  deps: ActivityDependencies,
  trx: Trx,
  copyRows: CopyRows,
  work: RoundWork,
  file: Transformation,
): Promise<Rehearsed> {
  const { merchant, current, migration, round, now } = work;
  const merchantId = merchant.id;
  const { passed, failed, quarantined } = await copyVerdicts(copyRows, work, file.read());
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
    ...{ merchantId, current, found, now, encoding: 'utf-8', progress: null },
    ...(await loadChecks(deps, { merchantId, current, found, now })),
    source: writeCardImport(passedCells(file.read())),
  });
  const [done] = await listReturnedFiles(trx, merchantId, migration.id);
  return {
    coverage: done?.coverage ?? null,
    refused: await readRefused(trx, merchantId, found.id),
  };
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
