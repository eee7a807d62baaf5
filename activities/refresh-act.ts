import { describeRefresh, type RefreshFacts } from '../billing/card-refresh.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import {
  type CardRefresh,
  changeRefresh,
  findLatestRefreshSend,
  insertRefreshSendAnswer,
  requireRefresh,
} from '../db/queries/card-refresh.ts';
import type { Act } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { loadMerchant } from './merchant.ts';
import type { OfRefresh } from './refresh-carriage.ts';

/** An operator's act on a month's refresh. */
export interface OfRefreshAct extends OfRefresh {
  readonly workflowId: string;
  readonly act: Act;
}

export function toFacts(refresh: CardRefresh): RefreshFacts {
  const { month, stage, attention, note, requestAt, dueAt, sendOpen, targets, counts } = refresh;
  return { month, stage, attention, note, requestAt, dueAt, sendOpen, targets, counts };
}

/** One operator's act: lock, decide once, apply; all of it or nothing. */
export async function actOnRefresh(
  deps: Pick<ActivityDependencies, 'db'>,
  of: OfRefreshAct,
  decision: { readonly act: string; readonly body: Record<string, unknown> },
  apply: (trx: Trx, merchantId: number, refresh: CardRefresh) => Promise<void>,
): Promise<RefreshFacts> {
  const merchant = await loadMerchant(deps, of.merchant);
  try {
    return await deps.db.transaction().execute(async (trx) => {
      await lockMerchant(trx, merchant.id);
      const { fresh } = await decide(trx, merchant.id, of, decision);
      const refresh = await requireRefresh(trx, merchant.id, of.month);
      if (fresh) await apply(trx, merchant.id, refresh);
      return toFacts(await requireRefresh(trx, merchant.id, of.month));
    });
  } catch (error) {
    throw asRefusal(error);
  }
}

/** Refuses with what the refresh waits for instead, so that the operator knows what to do. */
export function refuse(refresh: CardRefresh, otherwise: string): Error {
  return refusal(
    'StageConflict',
    `${otherwise}。何も変更していません。現在の状態: ${describeRefresh(toFacts(refresh))}`,
  );
}

/** An unclear sending is settled: the request arrived, or surely did not and goes again. */
export async function settleRefreshSend(
  trx: Trx,
  merchantId: number,
  refresh: CardRefresh,
  { arrived, now }: { readonly arrived: boolean; readonly now: string },
): Promise<void> {
  const latest = await findLatestRefreshSend(trx, merchantId, refresh.id);
  if (latest !== undefined && latest.answer === null) {
    const answer = arrived ? 'accepted' : 'not_sent';
    const of = { refreshId: refresh.id, n: latest.n, answer, now } as const;
    await insertRefreshSendAnswer(trx, merchantId, of);
  }
  await changeRefresh(trx, merchantId, refresh, {
    stage: arrived ? 'awaiting_result' : 'built',
    note: null,
    attention: false,
    due_at: arrived ? null : now,
    ...(arrived ? { sent_at: now } : {}),
  });
}
