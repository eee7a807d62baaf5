import { ApplicationFailure } from '@temporalio/common';
import { identityMonth } from '../billing/order.ts';
import type { Finding, PreviewSummary } from '../billing/preview.ts';
import { UnusableFileError } from '../billing/row-reason.ts';
import { detectEncoding } from '../billing/text-encoding.ts';
import { type CopyRows, type CopyValue, inCopyTransaction } from '../db/copy-rows.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import { openCycle } from '../db/queries/cycles.ts';
import { openFile } from '../db/queries/files.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { findCollection } from '../db/queries/order-export.ts';
import { listStagedFindings, type PreviewContent } from '../db/queries/preview.ts';
import {
  FINDING_COLUMNS,
  findPreview,
  recordPreview,
  recordRefusedPreview,
} from '../db/queries/preview-record.ts';
import { countOpenRuns, openRun } from '../db/queries/runs.ts';
import { findLatestCollection, insertSelection } from '../db/queries/selection.ts';
import type { SettingsVersion } from '../db/queries/settings.ts';
import type { OfCycle } from './acts.ts';
import { computePreview } from './compute-preview.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchantWithSettings } from './merchant.ts';
import { readExport, reopenFile } from './read-export.ts';

export function createDryRunActivities(deps: ActivityDependencies) {
  return {
    /** Computes what was asked for, once; only what it came to is kept. */
    async runDryRun(of: OfCycle & { n: number }): Promise<void> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const preview = await findPreview(deps.db, merchant.id, of);
      if (preview === undefined) throw new Error('a dry run has its row before its workflow');
      if (preview.computedAt !== null) return;
      const { id: previewId, exportSha256: sha256 } = preview;
      const { month, now } = of;
      try {
        await withHeartbeat(() =>
          rehearse(deps, { merchant, current, month, sha256, now }, async (trx, computed) => {
            // On a connection of its own: it stays when the rehearsal is rolled back.
            await inCopyTransaction(deps.pool, async (kept, copyRows) => {
              await copyRows(
                'preview_findings',
                FINDING_COLUMNS,
                stagedRows(trx, { previewId, merchantId: merchant.id }),
              );
              const settingsVersion = current.version;
              const result = { ...computed, previewId, settingsVersion, cycleId: null, now };
              await recordPreview(kept, merchant.id, result);
            });
          }),
        );
      } catch (error) {
        const trouble = explainRefusal(error);
        if (trouble === null) throw error;
        await recordRefusedPreview(deps.db, merchant.id, { previewId, trouble, now });
      }
    },
  };
}

/** Thrown to undo all that a rehearsal wrote. */
class RehearsalOver extends Error {
  override readonly name = 'RehearsalOver';
}

/**
 * Goes through a month up to its preview, by the very statements of the real one, in a transaction that
 * is always rolled back: nothing is left for a later run to trip over, whatever it did on its way.
 *
 * @param of `sha256`: the stored export to read; null: what the month has collected
 * @param use reads the staged preview before it is gone
 */
export async function rehearse(
  deps: Pick<ActivityDependencies, 'db' | 'pool' | 'fileKeys'>,
  of: {
    merchant: Merchant;
    current: SettingsVersion;
    month: string;
    sha256: string | null;
    now: string;
  },
  use: (trx: Trx, computed: { content: PreviewContent; summary: PreviewSummary }) => Promise<void>,
): Promise<void> {
  const { current, month, now } = of;
  const merchantId = of.merchant.id;
  try {
    await inCopyTransaction(deps.pool, async (trx, copyRows) => {
      await lockMerchant(trx, merchantId);
      const opened = { billingMonth: month, startedBy: 'dry-run', scope: 'all', now } as const;
      const { id: cycleId, stage } = await openCycle(trx, merchantId, opened);
      if (stage === 'closed') throw refusal('StageConflict', `${month} の請求は締め済みです。`);
      if (of.sha256 !== null) {
        await collect(deps, trx, copyRows, { ...of, sha256: of.sha256, cycleId });
      }
      const latest = await findLatestCollection(trx, merchantId, cycleId);
      if (latest === undefined) {
        throw refusal('StageConflict', `${month} の注文CSVがまだ取り込まれていません。`);
      }
      await insertSelection(trx, merchantId, {
        cycleId,
        collectionId: latest.collectionId,
        identityMonth: identityMonth(current.settings.orderIdentity, month),
        now,
      });
      if ((await countOpenRuns(trx, merchantId, cycleId)) === 0) {
        await openRun(trx, merchantId, { cycleId, orderNumbers: null, decisionId: null, now });
      }
      const { version: settingsVersion, settings } = current;
      const previewed = { cycleId, month, settingsVersion, settings, now };
      await use(trx, await computePreview(trx, merchantId, previewed));
      throw new RehearsalOver('rolled back');
    });
  } catch (error) {
    if (!(error instanceof RehearsalOver)) throw error;
  }
}

async function collect(
  deps: Pick<ActivityDependencies, 'db' | 'fileKeys'>,
  trx: Trx,
  copyRows: CopyRows,
  of: {
    merchant: Merchant;
    current: SettingsVersion;
    cycleId: number;
    sha256: string;
    now: string;
  },
): Promise<void> {
  const { merchant, current, sha256 } = of;
  const file = await openFile(deps.db, merchant.id, sha256, deps.fileKeys);
  if (file === undefined) throw refusal('UnknownFile', '指定されたファイルは保存されていません。');
  const key = { cycleId: of.cycleId, fileId: file.fileId, settingsVersion: current.version };
  if ((await findCollection(trx, merchant.id, key)) !== undefined) return;
  await readExport(trx, copyRows, merchant.id, {
    ...key,
    settings: current.settings,
    encoding: await detectEncoding(file.content),
    source: reopenFile(deps, merchant.id, sha256),
    now: of.now,
  });
}

const PAGE_ROWS = 10_000;

async function* stagedRows(
  trx: Trx,
  of: { previewId: number; merchantId: number },
): AsyncGenerator<CopyValue[]> {
  let after = 0;
  for (;;) {
    const page: Finding[] = await listStagedFindings(trx, { after, limit: PAGE_ROWS });
    for (const found of page) {
      yield [
        of.previewId,
        found.kind,
        found.i,
        of.merchantId,
        found.orderNumber,
        found.customerNumber,
        found.amountYen,
        found.lastOrderNumber,
        found.lastYen,
        found.detail,
      ];
    }
    after = page.at(-1)?.i ?? after;
    if (page.length < PAGE_ROWS) return;
  }
}

/** What a person must put right; null: nothing that a person could. */
function explainRefusal(error: unknown): string | null {
  if (error instanceof UnusableFileError) return `${error.ja}。`;
  if (error instanceof ApplicationFailure && error.nonRetryable === true) return error.message;
  return null;
}
