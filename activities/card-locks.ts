import { hadCardLocks } from '../db/queries/card-locks.ts';
import { listCycles } from '../db/queries/cycles.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { hasNgDesk } from '../db/queries/ng-cases.ts';
import type { ActivityDependencies } from './dependencies.ts';

/**
 * Has all open months look who may be billed, and the NG desk what may be retried: after the commit of
 * whoever locked cards or let them go. Costs one question where there never was a lock.
 */
export async function wakeForCardLocks(
  deps: Pick<ActivityDependencies, 'db' | 'workflows'>,
  merchant: Merchant,
): Promise<void> {
  if (!(await hadCardLocks(deps.db, merchant.id))) return;
  for (const { billingMonth } of await listCycles(deps.db, merchant.id, { open: true })) {
    await deps.workflows.wakeCycle(merchant.slug, billingMonth, 'card-locks');
  }
  if (await hasNgDesk(deps.db, merchant.id)) await deps.workflows.wakeNgDesk(merchant);
}
