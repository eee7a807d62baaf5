import type { Logger } from 'pino';
import type { Db } from '../db/database.ts';
import { listOpenWork } from '../db/queries/business-clock.ts';
import { listMerchants } from '../db/queries/merchants.ts';
import { wakeMail, wakeMailbox } from '../temporal/mail-workflows.ts';
import type { WorkflowStarter } from '../temporal/workflow-starter.ts';

/**
 * Wakes the dispatcher of every merchant whose outbox waits, and the watch of every mailbox: a worker
 * may have come with the mail server that they waited for, or Temporal may have lost them. What fails
 * is said in the log and holds up no other merchant; a posted mail or the next month that opens tries
 * again.
 */
export async function startMailWorkflows(
  db: Db,
  starter: Pick<WorkflowStarter, 'startAndReport'>,
  logger: Logger,
): Promise<void> {
  try {
    for (const merchant of await listMerchants(db, null)) {
      try {
        const { mails, mailbox } = await listOpenWork(db, merchant.id);
        if (mails) await wakeMail(starter, merchant);
        if (mailbox) await wakeMailbox(starter, merchant);
      } catch (error) {
        const of = { merchant: merchant.slug, err: error };
        logger.warn(of, 'the dispatcher of mail of a merchant could not be woken');
      }
    }
  } catch (error) {
    logger.warn({ err: error }, 'no dispatcher of mail could be woken');
  }
}
