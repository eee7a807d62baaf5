import { Context } from '@temporalio/activity';
import { listCycles } from '../db/queries/cycles.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import type { ActivityDependencies } from './dependencies.ts';

/**
 * Has months look again whose charges or cases an activity changed, after its commit. An earlier try may
 * have died between its commit and this, and what that one changed is not known any more: then every open
 * month looks. A month that waits for the orders of the next one has no timer that would wake it.
 */
export async function wakeChangedMonths(
  { db, workflows }: Pick<ActivityDependencies, 'db' | 'workflows'>,
  merchant: Pick<Merchant, 'id' | 'slug'>,
  changed: Iterable<string>,
  again = isTriedAgain(),
): Promise<void> {
  const months = new Set(changed);
  if (again) {
    const open = await listCycles(db, merchant.id, { open: true });
    for (const { billingMonth } of open) months.add(billingMonth);
  }
  for (const month of months) await workflows.wakeCycle(merchant.slug, month, 'ng');
}

/** Whether an earlier try of this activity may have committed something and died before it could tell. */
export const isTriedAgain = (): boolean => Context.current().info.attempt > 1;
