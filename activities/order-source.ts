import { requireCycle } from '../db/queries/cycles.ts';
import { refuseSourceFile } from '../db/queries/order-source.ts';
import type { OfCycle } from './acts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { type FetchedExports, fetchExports } from './fetch-exports.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchantWithSettings } from './merchant.ts';
import { postRefusal } from './take-export.ts';

export function createOrderSourceActivities(deps: ActivityDependencies) {
  const access = { db: deps.db, fileKeys: deps.fileKeys, ...deps.sources };
  return {
    /**
     * Looks at the merchant's order source, stores what is new for the month, and says what the month
     * has not read. Never fails because of the source: that is noted, shown and tried again.
     */
    async fetchOrderExports(of: OfCycle): Promise<FetchedExports> {
      return await withHeartbeat(() => fetchExports(access, of));
    },

    /**
     * Notes why an export from the source could not be read (`UnusableFile`), and tells operators. It
     * is not handed out again before the settings have a newer version. A file that came otherwise
     * is left alone.
     */
    async refuseOrderExport(of: OfCycle & { sha256: string; refusal: string }): Promise<void> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const { id: cycleId } = await requireCycle(deps.db, merchant.id, of.month);
      const { sha256, refusal } = of;
      await deps.db.transaction().execute(async (trx) => {
        const settingsVersion = current.version;
        const refused = { cycleId, sha256, refusal, settingsVersion };
        const name = await refuseSourceFile(trx, merchant.id, refused);
        if (name === null) return;
        const version = { name, bytes: settingsVersion, mark: sha256 };
        await postRefusal(trx, { merchant, month: of.month, now: of.now }, version, refusal);
      });
    },
  };
}
