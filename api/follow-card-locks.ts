import { listCycles } from '../db/queries/cycles.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { hasNgDesk } from '../db/queries/ng-cases.ts';
import { describeError } from '../temporal/describe-error.ts';
import { wakeCycle } from '../temporal/start-cycle.ts';
import { wakeNgDesk } from '../temporal/start-ng-desk.ts';
import type { ApiDependencies } from './dependencies.ts';

/**
 * Has the merchant's open months look who may be billed now that a card is free again. It is written
 * down by now, whatever becomes of this: a month asks at its next step.
 */
export async function followCardLocks(
  { db, workflows, logger }: Pick<ApiDependencies, 'db' | 'workflows' | 'logger'>,
  merchant: Merchant,
): Promise<void> {
  try {
    await wakeForFreeCard({ db, workflows }, merchant);
  } catch (error) {
    logger.warn({ error: describeError(error) }, 'open months have not heard of a free card yet');
  }
}

/** The same, where an error is the caller's to tell. */
export async function wakeForFreeCard(
  { db, workflows }: Pick<ApiDependencies, 'db' | 'workflows'>,
  merchant: Merchant,
): Promise<void> {
  for (const cycle of await listCycles(db, merchant.id, { open: true })) {
    await wakeCycle(workflows, merchant, cycle, { kind: 'card-locks', id: 'released' });
  }
  if (await hasNgDesk(db, merchant.id)) await wakeNgDesk(workflows, merchant);
}
