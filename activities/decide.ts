import type { Trx } from '../db/database.ts';
import { recordDecision } from '../db/queries/decisions.ts';
import type { Act } from './acts.ts';

/** Writes down an operator's act as it came to a workflow, in the transaction that carries it out. */
export async function decide(
  trx: Trx,
  merchantId: number,
  of: { readonly act: Act; readonly workflowId: string; readonly now: string },
  decision: { readonly act: string; readonly body: unknown },
): ReturnType<typeof recordDecision> {
  const { idempotencyKey: key, actor, reason } = of.act;
  const { workflowId, now } = of;
  return await recordDecision(trx, merchantId, {
    ...decision,
    key,
    workflowId,
    actor,
    reason,
    now,
  });
}
