import { waitForAnswer } from '../billing/ng-silence.ts';
import type { PlanningContext } from '../billing/retry-planner.ts';
import type { Trx } from '../db/database.ts';
import { listDueSilence, putOff } from '../db/queries/ng-silence.ts';

/**
 * Puts off what would follow from the silence of customers whose mail has not left, or left so late that
 * they have not had their days. The caller holds the merchant's lock.
 */
export async function waitForAnswers(
  trx: Trx,
  merchantId: number,
  context: PlanningContext,
): Promise<void> {
  const { now } = context;
  for (const { ids, ...mails } of await listDueSilence(trx, merchantId, now)) {
    const wait = waitForAnswer(mails, context);
    if (wait !== null) await putOff(trx, merchantId, { ...wait, ids, now });
  }
}
