import { type ImportFacts, isFinishedImport } from '../billing/file-import.ts';
import { UnusableFileError } from '../billing/row-reason.ts';
import { detectEncoding, type TextEncoding } from '../billing/text-encoding.ts';
import { type CopyRows, inCopyTransaction } from '../db/copy-rows.ts';
import { retryMerge } from '../db/database.ts';
import { openFile } from '../db/queries/files.ts';
import {
  type FileImport,
  moveImport,
  noteImportProgress,
  requireImport,
} from '../db/queries/imports.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import { wakeForCardLocks } from './card-locks.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { FreshIdTakenError } from './fresh-customers.ts';
import { createImportProgress } from './import-progress.ts';
import { loadMerchant } from './merchant.ts';
import { type ImportWork, mergeImport } from './merge-import.ts';
import { readAhead } from './read-ahead.ts';

/** An import of a merchant, at a moment of its business clock. */
export interface OfImport {
  readonly merchant: string;
  readonly number: number;
  readonly now: string;
}

/**
 * Reads a stored file into the record: good rows are imported, failed ones recorded with their errors,
 * all in one transaction. A pass that was cut leaves nothing; the next starts over.
 */
export async function importStoredFile(
  deps: ActivityDependencies,
  of: OfImport,
): Promise<ImportFacts> {
  const merchant = await loadMerchant(deps, of.merchant);
  const found = await requireImport(deps.db, merchant.id, of.number);
  // Whoever finished it may have been cut before it told the others.
  if (!isFinishedImport(found.stage)) await importFound(deps, { merchant, found, now: of.now });
  await deps.workflows.wakeMail(merchant);
  // A card that was replaced may be billed again.
  if (found.kind === 'cards') await wakeForCardLocks(deps, merchant);
  return toFacts(await requireImport(deps.db, merchant.id, of.number));
}

interface FoundImport extends ImportWork {
  readonly found: FileImport;
}

async function importFound(deps: ActivityDependencies, work: FoundImport): Promise<void> {
  try {
    const encoding = await detectEncoding(readStored(deps, work));
    await retryMerge(() => mergeFile(deps, { ...work, encoding }));
  } catch (error) {
    if (!(error instanceof UnusableFileError)) throw error;
    await refuseImport(deps, work, `${error.ja}。何も取り込んでいません。`);
  }
}

async function mergeFile(
  deps: ActivityDependencies,
  work: FoundImport & { readonly encoding: TextEncoding },
): Promise<void> {
  const { merchant, found } = work;
  const progress = createImportProgress((rows) =>
    noteImportProgress(deps.db, merchant.id, { importId: found.id, rows }),
  );
  const merge = (writeFresh: boolean) =>
    inCopyTransaction(deps.pool, async (trx, copyRows: CopyRows) => {
      const source = readStored(deps, work);
      await mergeImport(deps, trx, copyRows, { ...work, source, progress, writeFresh });
    });
  try {
    await merge(true);
  } catch (error) {
    if (!(error instanceof FreshIdTakenError)) throw error;
    await merge(false);
  }
}

async function refuseImport(
  deps: ActivityDependencies,
  { merchant: { id: merchantId }, found, now }: FoundImport,
  trouble: string,
): Promise<void> {
  const { number, fileName } = found;
  await deps.db.transaction().execute(async (trx) => {
    const move = { number, from: 'running', to: 'refused', now, trouble } as const;
    if (!(await moveImport(trx, merchantId, move))) return;
    await notifyOperators(trx, merchantId, {
      key: `import:${number}`,
      template: 'file_import_refused',
      parameters: { importNumber: number, fileName, trouble },
      now,
    });
  });
}

async function* readStored(
  deps: ActivityDependencies,
  { merchant, found }: Pick<FoundImport, 'merchant' | 'found'>,
): AsyncGenerator<Buffer> {
  const file = await openFile(deps.db, merchant.id, found.sha256, deps.fileKeys);
  if (file === undefined) throw new Error('a stored file is never removed while it is read');
  if (file.blanked) {
    throw new UnusableFileError(
      'empty',
      'these bytes were stored before and blanked since: add an empty line to the file',
      '同じ内容のファイルは保存期間が過ぎて消去済みです。末尾に空行を加えてアップロードし直してください',
    );
  }
  yield* readAhead(file.content);
}

/** Where an import stands. */
export function toFacts(found: FileImport): ImportFacts {
  const { stage, rows, imported, failed, warned, trouble } = found;
  return { stage, rows, imported, failed, warned, trouble };
}
