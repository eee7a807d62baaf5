import { businessDateOf } from '../billing/business-date.ts';
import { type ImportFacts, isFinishedImport, looksSwapped } from '../billing/file-import.ts';
import { chooseCardService } from '../billing/payment-methods.ts';
import { UnusableFileError } from '../billing/row-reason.ts';
import { detectEncoding, type TextEncoding } from '../billing/text-encoding.ts';
import { type CopyRows, inCopyTransaction } from '../db/copy-rows.ts';
import { retryMerge, type Trx } from '../db/database.ts';
import { createCardStage, createCustomerStage } from '../db/import-stage.ts';
import { mergeCards } from '../db/queries/card-merge.ts';
import { type MergeCounts, mergeCustomers } from '../db/queries/customer-merge.ts';
import { loadCustomerPresence } from '../db/queries/customer-presence.ts';
import { openFile } from '../db/queries/files.ts';
import {
  type FileImport,
  finishImport,
  lockCustomers,
  lockImport,
  moveImport,
  noteImportProgress,
  requireImport,
} from '../db/queries/imports.ts';
import { notifyOperators, postNotice } from '../db/queries/notices.ts';
import { listRegister } from '../db/queries/registers.ts';
import type { SettingsVersion } from '../db/queries/settings.ts';
import { cardConflicts, swappedExpiryText } from '../imports/card-row.ts';
import { customerConflicts } from '../imports/customer-row.ts';
import type { ImportChecks } from '../imports/import-check.ts';
import { readImportRows } from '../imports/import-rows.ts';
import { createPostalLookup } from '../imports/postal-codes.ts';
import type { Act } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { createImportProgress } from './import-progress.ts';
import { type RegisteredIds, stageRows } from './import-stage.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';

/** An import of a merchant, at a moment of its business clock. */
export interface OfImport {
  readonly merchant: string;
  readonly number: number;
  readonly now: string;
}

/** Short acts on an import's row. */
export function createImportActActivities(deps: ActivityDependencies) {
  return {
    async readImport(of: OfImport): Promise<ImportFacts & { clockOffsetMs: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      const found = await requireImport(deps.db, merchant.id, of.number);
      return { ...toFacts(found), clockOffsetMs: merchant.clockOffsetMs };
    },

    /** Starts or deletes an upload that was held; each only from there. */
    async decideImport(
      of: OfImport & { workflowId: string; act: Act; decision: 'start' | 'cancel' },
    ): Promise<ImportFacts> {
      const merchant = await loadMerchant(deps, of.merchant);
      try {
        await deps.db.transaction().execute(async (trx) => {
          const { fresh } = await decide(trx, merchant.id, of, {
            act: `${of.decision}-import`,
            body: { number: of.number },
          });
          if (!fresh) return;
          const to = of.decision === 'start' ? 'running' : 'cancelled';
          const { number, now } = of;
          if (await moveImport(trx, merchant.id, { number, from: 'uploaded', to, now })) return;
          throw refusal(
            'StageConflict',
            'この取り込みはすでに開始または終了しています。何も変更していません。履歴で状態を確かめてください。',
          );
        });
      } catch (error) {
        throw asRefusal(error);
      }
      return toFacts(await requireImport(deps.db, merchant.id, of.number));
    },
  };
}

export function createFileImportActivities(deps: ActivityDependencies) {
  return {
    /** Imports a stored file, once; an import that is finished is left as it is. */
    importFile: (of: OfImport): Promise<ImportFacts> =>
      withHeartbeat(() => importStoredFile(deps, of)),
  };
}

/**
 * Reads a stored file into the record: good rows are imported, failed ones recorded with their errors,
 * all in one transaction. A pass that was cut leaves nothing; the next starts over.
 */
export async function importStoredFile(
  deps: ActivityDependencies,
  of: OfImport,
): Promise<ImportFacts> {
  const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
  const found = await requireImport(deps.db, merchant.id, of.number);
  if (isFinishedImport(found.stage)) return toFacts(found);
  const work = { merchantId: merchant.id, current, found, now: of.now };
  try {
    const checks = await loadChecks(deps, work);
    const encoding = await detectEncoding(readStored(deps, work));
    await retryMerge(() => mergeFile(deps, { ...work, ...checks, encoding }));
  } catch (error) {
    if (!(error instanceof UnusableFileError)) throw error;
    await refuseImport(deps, work, `${error.ja}。何も取り込んでいません。`);
  }
  await deps.workflows.wakeMail(merchant);
  return toFacts(await requireImport(deps.db, merchant.id, of.number));
}

interface ImportWork {
  readonly merchantId: number;
  readonly current: SettingsVersion;
  readonly found: FileImport;
  readonly now: string;
}

interface LoadedChecks {
  readonly checks: ImportChecks;
  readonly ids: RegisteredIds;
}

/** @throws UnusableFileError when the settings allow no import of cards. */
async function loadChecks(
  deps: ActivityDependencies,
  { merchantId, current, found, now }: ImportWork,
): Promise<LoadedChecks> {
  const { imports, paymentMethods } = current.settings;
  if (found.kind === 'cards') {
    const chosen = chooseCardService(paymentMethods);
    if (chosen.kind === 'refused') {
      const ja = chosen.ja.replace(/。$/, '');
      throw new UnusableFileError('settings_incomplete', 'no card service is in use', ja);
    }
    const hasCustomer = await loadCustomerPresence(deps.db, merchantId);
    const month = businessDateOf(now).slice(0, 7);
    const checks: ImportChecks = { kind: 'cards', service: chosen.service, hasCustomer, month };
    return { checks, ids: { occupations: new Map(), tags: new Map() } };
  }
  const idsOf = async (register: 'occupations' | 'tags') => {
    const names = await listRegister(deps.db, merchantId, register);
    return new Map(names.map(({ id, name }) => [name, id]));
  };
  const ids = { occupations: await idsOf('occupations'), tags: await idsOf('tags') };
  const { genders, tagSeparator, extraPostalCodes } = imports;
  const checks: ImportChecks = {
    kind: 'customers',
    findPrefectures: createPostalLookup(extraPostalCodes),
    genders: new Set(genders),
    tagSeparator,
    ...ids,
  };
  return { checks, ids };
}

async function mergeFile(
  deps: ActivityDependencies,
  work: ImportWork & LoadedChecks & { readonly encoding: TextEncoding },
): Promise<void> {
  const { merchantId, found, encoding, checks, ids } = work;
  const key = deps.fileKeys[0];
  if (key === undefined) throw new Error('The worker was given no file key.');
  const progress = createImportProgress((rows) =>
    noteImportProgress(deps.db, merchantId, { importId: found.id, rows }),
  );
  await inCopyTransaction(deps.pool, async (trx, copyRows: CopyRows) => {
    await (checks.kind === 'customers' ? createCustomerStage(trx) : createCardStage(trx));
    const rows = readImportRows(readStored(deps, work), checks.kind, encoding);
    const staged = await stageRows(copyRows, rows, {
      merchantId,
      checks,
      ids,
      key,
      onProgress: (read) => progress.note(read),
    });
    await progress.settle();
    await lockCustomers(trx, merchantId);
    // A pass that was taken for dead may have been quicker.
    if ((await lockImport(trx, merchantId, found.id)) !== 'running') return;
    const counts = await mergeStage(trx, work);
    const swapped = looksSwapped(staged) && checks.kind === 'cards';
    await finishImport(trx, merchantId, {
      importId: found.id,
      encoding,
      settingsVersion: work.current.version,
      rows: staged.rows,
      imported: staged.rows - counts.failed,
      ...counts,
      remarks: swapped ? [swappedExpiryText(checks.service)] : [],
      now: work.now,
    });
    await notifyOperators(trx, merchantId, {
      key: `import:${found.number}`,
      template: 'file_import_done',
      parameters: {
        importNumber: found.number,
        read: staged.rows,
        imported: staged.rows - counts.failed,
        errors: counts.failed,
      },
      now: work.now,
    });
  });
}

async function mergeStage(trx: Trx, work: ImportWork & LoadedChecks): Promise<MergeCounts> {
  const { merchantId, found, checks, now } = work;
  const importId = found.id;
  return checks.kind === 'customers'
    ? await mergeCustomers(trx, merchantId, { importId, now, texts: customerConflicts })
    : await mergeCards(trx, merchantId, {
        ...{ importId, now, texts: cardConflicts },
        service: checks.service,
      });
}

async function refuseImport(
  deps: ActivityDependencies,
  { merchantId, found, now }: ImportWork,
  trouble: string,
): Promise<void> {
  const { number, fileName } = found;
  await deps.db.transaction().execute(async (trx) => {
    const move = { number, from: 'running', to: 'refused', now, trouble } as const;
    if (!(await moveImport(trx, merchantId, move))) return;
    await postNotice(trx, merchantId, {
      key: `import:${number}`,
      kind: 'file_import_refused',
      subject: '取り込めないファイルがあります',
      text: `取り込み ${number} (${fileName}): ${trouble}`,
      link: `imports/${number}`,
      now,
    });
  });
}

async function* readStored(
  deps: ActivityDependencies,
  { merchantId, found }: Pick<ImportWork, 'merchantId' | 'found'>,
): AsyncGenerator<Buffer> {
  const file = await openFile(deps.db, merchantId, found.sha256, deps.fileKeys);
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

const pieceBytes = 65_536;

/** Fetches and opens the next chunk while the present one is worked on. */
async function* readAhead(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = content[Symbol.asyncIterator]();
  let next = chunks.next();
  for (;;) {
    const chunk = await next;
    if (chunk.done === true) return;
    next = chunks.next();
    // A failure is thrown when its turn comes, also when nobody asks any more.
    next.catch(() => {});
    // The rows of a piece live until it is done with: short pieces keep them out of the old heap.
    for (let at = 0; at < chunk.value.length; at += pieceBytes) {
      yield chunk.value.subarray(at, at + pieceBytes);
    }
  }
}

function toFacts(found: FileImport): ImportFacts {
  const { stage, rows, imported, failed, warned, trouble } = found;
  return { stage, rows, imported, failed, warned, trouble };
}
