import { listCycles } from '../db/queries/cycles.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { hasNgDesk } from '../db/queries/ng-cases.ts';
import { describeError } from '../temporal/describe-error.ts';
import { wakeCycle } from '../temporal/start-cycle.ts';
import { wakeNgDesk } from '../temporal/start-ng-desk.ts';
import type { ApiDependencies } from './dependencies.ts';

/**
 * Has the merchant's open months go by its newest settings: where orders come from, when captures
 * leave; and its NG desk, which plans anew what has not begun. They are saved by now, whatever becomes of this: a month reads them at its next step.
 */
export async function followSettings(
  { db, workflows, logger }: Pick<ApiDependencies, 'db' | 'workflows' | 'logger'>,
  merchant: Merchant,
  version: number,
): Promise<void> {
  try {
    for (const cycle of await listCycles(db, merchant.id, { open: true })) {
      await wakeCycle(workflows, merchant, cycle, { kind: 'settings', id: String(version) });
    }
    if (await hasNgDesk(db, merchant.id)) await wakeNgDesk(workflows, merchant);
  } catch (error) {
    logger.warn({ error: describeError(error) }, 'open months have not heard of new settings yet');
  }
}
