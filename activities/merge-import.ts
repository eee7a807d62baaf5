import { businessDateOf } from '../billing/business-date.ts';
import { looksSwapped } from '../billing/file-import.ts';
import { chooseCardService } from '../billing/payment-methods.ts';
import { UnusableFileError } from '../billing/row-reason.ts';
import type { TextEncoding } from '../billing/text-encoding.ts';
import type { CopyRows } from '../db/copy-rows.ts';
import { limitSilence, type Trx } from '../db/database.ts';
import { createCardStage, createCustomerStage } from '../db/import-stage.ts';
import { type MergeCounts, mergeCustomers } from '../db/queries/customer-merge.ts';
import { noteLastCustomerId } from '../db/queries/customer-numbers.ts';
import { loadCustomerPresence } from '../db/queries/customer-presence.ts';
import {
  type FileImport,
  finishImport,
  lockCustomers,
  requireImport,
} from '../db/queries/imports.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import { listRegister } from '../db/queries/registers.ts';
import type { SettingsVersion } from '../db/queries/settings.ts';
import { swappedExpiryText } from '../imports/card-row.ts';
import { customerConflicts } from '../imports/customer-row.ts';
import type { ImportChecks } from '../imports/import-check.ts';
import { readImportRows } from '../imports/import-rows.ts';
import { createPostalLookup } from '../imports/postal-codes.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { openFreshCustomers } from './fresh-customers.ts';
import type { ImportProgress } from './import-progress.ts';
import { type RegisteredIds, stageRows } from './import-stage.ts';
import { loadMerchantWithSettings } from './merchant.ts';
import { mergeCardsOfImport } from './merge-cards.ts';

/** An import at work. */
export interface ImportWork {
  readonly merchant: Merchant;
  readonly found: Pick<FileImport, 'id' | 'number' | 'kind'>;
  readonly now: string;
}

/** What its rows are checked against. */
interface LoadedChecks {
  readonly checks: ImportChecks;
  readonly ids: RegisteredIds;
}

/** @throws UnusableFileError when the settings allow no import of cards. */
async function loadChecks(
  trx: Trx,
  { merchant: { id: merchantId }, found, now }: ImportWork,
  { settings }: SettingsVersion,
): Promise<LoadedChecks> {
  const { imports, paymentMethods } = settings;
  if (found.kind === 'cards') {
    const chosen = chooseCardService(paymentMethods);
    if (chosen.kind === 'refused') {
      const ja = chosen.ja.replace(/。$/, '');
      throw new UnusableFileError('settings_incomplete', 'no card service is in use', ja);
    }
    const hasCustomer = await loadCustomerPresence(trx, merchantId);
    const month = businessDateOf(now).slice(0, 7);
    const checks: ImportChecks = { kind: 'cards', service: chosen.service, hasCustomer, month };
    return { checks, ids: { occupations: new Map(), tags: new Map() } };
  }
  const idsOf = async (register: 'occupations' | 'tags') => {
    const names = await listRegister(trx, merchantId, register);
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

/**
 * Reads the rows of a file into the stage and merges them, in the caller's transaction. An import that
 * does not run any more is left as it is.
 *
 * @throws UnusableFileError when the settings allow no import of cards.
 */
export async function mergeImport(
  deps: Pick<ActivityDependencies, 'fileKeys'>,
  trx: Trx,
  copyRows: CopyRows,
  work: ImportWork & {
    readonly encoding: TextEncoding;
    readonly source: AsyncIterable<Uint8Array>;
    /** Writes customers who are surely new as they are read, which is faster. */
    readonly writeFresh: boolean;
    /** Tells people how far the reading is; null: nobody looks. */
    readonly progress: ImportProgress | null;
  },
): Promise<void> {
  const { merchant, found, encoding, progress } = work;
  const merchantId = merchant.id;
  const key = deps.fileKeys[0];
  if (key === undefined) throw new Error('The worker was given no file key.');
  await lockCustomers(trx, merchantId);
  // A pass that was taken for dead may have been quicker.
  if ((await requireImport(trx, merchantId, found.number)).stage !== 'running') return;
  // Under the lock: another file may have had it for minutes, and have brought the customers of this one.
  const { current } = await loadMerchantWithSettings({ db: trx }, merchant.slug);
  const { checks, ids } = await loadChecks(trx, work, current);
  await (checks.kind === 'customers' ? createCustomerStage(trx) : createCardStage(trx));
  await limitSilence(trx, '2min');
  const isFreshTold = work.writeFresh && checks.kind === 'customers';
  const fresh = isFreshTold ? await openFreshCustomers(trx, merchantId) : null;
  const staged = await stageRows(copyRows, readImportRows(work.source, checks.kind, encoding), {
    ...{ merchantId, importId: found.id, now: work.now },
    fresh,
    checks,
    ids,
    key,
    onProgress: (read) => progress?.note(read),
  });
  await progress?.settle();
  await limitSilence(trx, null);
  if (fresh !== null) await noteLastCustomerId(trx, merchantId, fresh.lastId());
  const counts = await mergeStage(trx, work, checks);
  const swapped = looksSwapped(staged) && checks.kind === 'cards';
  await finishImport(trx, merchantId, {
    importId: found.id,
    encoding,
    settingsVersion: current.version,
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
}

async function mergeStage(
  trx: Trx,
  { merchant: { id: merchantId }, found, now }: ImportWork,
  checks: ImportChecks,
): Promise<MergeCounts> {
  const importId = found.id;
  return checks.kind === 'customers'
    ? await mergeCustomers(trx, merchantId, { importId, now, texts: customerConflicts })
    : await mergeCardsOfImport(trx, merchantId, { importId, now, service: checks.service });
}
