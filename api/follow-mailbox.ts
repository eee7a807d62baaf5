import type { Merchant } from '../db/queries/merchants.ts';
import { describeError } from '../temporal/describe-error.ts';
import { wakeMailbox } from '../temporal/mail-workflows.ts';
import type { ApiDependencies } from './dependencies.ts';

/**
 * Has the merchant's mailbox watched by its newest settings. They are saved by now, whatever becomes
 * of this: while Temporal is away, the next month that opens starts the watch.
 */
export async function followMailbox(
  { workflows, logger }: Pick<ApiDependencies, 'workflows' | 'logger'>,
  merchant: Merchant,
): Promise<void> {
  try {
    await wakeMailbox(workflows, merchant);
  } catch (error) {
    logger.warn({ error: describeError(error) }, 'a mailbox is not watched yet');
  }
}
