import type { Trx } from '../db/database.ts';
import { recordDecision } from '../db/queries/decisions.ts';
import { findCardNumber } from '../imports/card-number.ts';
import type { Act } from './acts.ts';
import { refusal } from './failures.ts';

/** Writes down an operator's act as it came to a workflow, in the transaction that carries it out. */
export async function decide(
  trx: Trx,
  merchantId: number,
  of: { readonly act: Act; readonly workflowId: string; readonly now: string },
  decision: { readonly act: string; readonly body: unknown },
): ReturnType<typeof recordDecision> {
  const { idempotencyKey: key, actor, reason } = of.act;
  // The API has looked already; a command line speaks to workflows without it.
  if (reason !== null && findCardNumber(reason) !== null) {
    throw refusal(
      'StageConflict',
      '理由にカード番号と思われる数字があります。何も記録・変更していません。番号を取り除いてやり直してください。',
    );
  }
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
