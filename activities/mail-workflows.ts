import { listOpenWork } from '../db/queries/business-clock.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import type { ActivityDependencies } from './dependencies.ts';

/**
 * Starts the dispatcher where mails wait, and the watch where the settings name a mailbox; those that
 * run are left alone. At every opening of a month, so that what was lost with Temporal's state, or
 * not started while it was away, works again.
 */
export async function startMailWorkflows(
  deps: Pick<ActivityDependencies, 'db' | 'workflows'>,
  merchant: Merchant,
): Promise<void> {
  const { mails, mailbox } = await listOpenWork(deps.db, merchant.id);
  if (mails) await deps.workflows.wakeMail(merchant);
  if (mailbox) await deps.workflows.wakeMailbox(merchant);
}
