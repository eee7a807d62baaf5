import { UnusableFileError } from '../billing/row-reason.ts';
import { detectEncoding } from '../billing/text-encoding.ts';
import { inCopyTransaction } from '../db/copy-rows.ts';
import { lockMerchant } from '../db/database.ts';
import { listHeldMonths } from '../db/queries/cancelled-orders.ts';
import { requireCycle, setCycleTrouble } from '../db/queries/cycles.ts';
import { openFile } from '../db/queries/files.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { type Collection, findCollection } from '../db/queries/order-export.ts';
import { listShippedMonths } from '../db/queries/shipments.ts';
import { refreshStatistics } from '../db/statistics.ts';
import type { Act, OfCycle } from './acts.ts';
import { cancelledKey, holdCancelledOrders } from './cancelled-orders.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchantWithSettings } from './merchant.ts';
import { requireOpenCycle } from './open-cycle.ts';
import { readExport, reopenFile } from './read-export.ts';

export function createOrderExportActivities(deps: ActivityDependencies) {
  return {
    /**
     * Reads a stored order export into the month's record, once: the same file under the same
     * settings is the collection that is there. All rows or none, in one transaction. A newer export
     * brings only what it says differently; orders that are missing in it are not cancelled.
     */
    async collectOrders(
      of: OfCycle & { workflowId: string; act: Act; sha256: string },
    ): Promise<Omit<Collection, 'id'>> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const cycle = await requireCycle(deps.db, merchant.id, of.month);
      const file = await openFile(deps.db, merchant.id, of.sha256, deps.fileKeys);
      if (file === undefined) {
        throw refusal(
          'UnknownFile',
          '指定されたファイルは保存されていません。先にアップロードしてください。',
        );
      }
      const reopen = () => reopenFile(deps, merchant.id, of.sha256);
      try {
        const encoding = await detectEncoding(file.content);
        let cancelled = false;
        const { id, ...collection } = await withHeartbeat(() =>
          inCopyTransaction(deps.pool, async (trx, copyRows): Promise<Collection> => {
            await lockMerchant(trx, merchant.id);
            const key = {
              cycleId: cycle.id,
              fileId: file.fileId,
              settingsVersion: current.version,
            };
            await decide(trx, merchant.id, of, {
              act: 'use-order-export',
              body: { sha256: of.sha256 },
            });
            const known = await findCollection(trx, merchant.id, key);
            if (known !== undefined) return known;
            await requireOpenCycle(trx, merchant.id, of.month);
            // Whatever was wrong with the export before: this one has not been refused yet.
            await setCycleTrouble(trx, merchant.id, cycle.id, null);
            const read = await readExport(trx, copyRows, merchant.id, {
              ...key,
              settings: current.settings,
              encoding,
              source: reopen(),
              now: of.now,
            });
            const { workflowId, now } = of;
            const news = { collectionId: read.id, workflowId, now };
            cancelled = await holdCancelledOrders(trx, merchant.id, news);
            return read;
          }),
        );
        await refreshStatistics(deps.db, collection.added + collection.changed, [
          'orders',
          'quarantined_orders',
        ]);
        await tellOthers(deps, merchant, { month: of.month, collectionId: id, cancelled });
        return collection;
      } catch (error) {
        if (error instanceof UnusableFileError) {
          throw refusal('UnusableFile', `${error.ja}。注文は取り込んでいません。`, error.code);
        }
        throw asRefusal(error);
      }
    },
  };
}

/** Wakes whom an export told of news; also of those that an earlier try recorded and did not live to tell. */
async function tellOthers(
  deps: ActivityDependencies,
  merchant: Merchant,
  of: { readonly month: string; readonly collectionId: number; readonly cancelled: boolean },
): Promise<void> {
  // Old orders come again in the next month's export, with the day they were shipped on.
  for (const month of await listShippedMonths(deps.db, merchant.id, of.collectionId)) {
    await deps.workflows.wakeCycle(merchant.slug, month, 'shipments');
  }
  const heldMonths = await listHeldMonths(deps.db, merchant.id, cancelledKey(of.collectionId));
  for (const month of heldMonths) {
    if (month !== of.month) await deps.workflows.wakeCycle(merchant.slug, month, 'holds');
  }
  if (of.cancelled || heldMonths.length > 0) await deps.workflows.wakeMail(merchant);
}
