import { type Blanked, isBlanking, retentionOf } from '../billing/retention.ts';
import { blankExpired } from '../db/queries/retention.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchantWithSettings } from './merchant.ts';

export function createRetentionActivities(deps: ActivityDependencies) {
  return {
    /** Blanks what the settings of now keep no longer; null when they keep everything. */
    async blankExpired(of: { merchant: string; now: string }): Promise<Blanked | null> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const kept = retentionOf(current.settings);
      if (!isBlanking(kept)) return null;
      return await withHeartbeat(() =>
        deps.db
          .transaction()
          .execute((trx) =>
            blankExpired(trx, merchant.id, { ...kept, actor: 'schedule', now: of.now }),
          ),
      );
    },
  };
}
