import type { RowsAndYen } from '../billing/cycle.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import type { CycleRow } from '../db/queries/cycles.ts';
import type { Act, OfCycle } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchant } from './merchant.ts';
import { requireOpenCycle } from './open-cycle.ts';

/** What a person decides about a month. */
export type OfAct = OfCycle & { readonly act: Act; readonly workflowId: string };

/** One act on an open month: lock, decide once, apply; all of it or nothing. */
export async function actOnCycle<Result>(
  deps: Pick<ActivityDependencies, 'db'>,
  of: OfAct,
  decision: { readonly act: string; readonly body: unknown },
  apply: (trx: Trx, merchantId: number, cycle: CycleRow, decisionId: number) => Promise<Result>,
  repeated: (trx: Trx, merchantId: number, cycle: CycleRow, decisionId: number) => Promise<Result>,
): Promise<Result> {
  const merchant = await loadMerchant(deps, of.merchant);
  try {
    return await withHeartbeat(() =>
      deps.db.transaction().execute(async (trx) => {
        await lockMerchant(trx, merchant.id);
        const recorded = await decide(trx, merchant.id, of, decision);
        const cycle = await requireOpenCycle(trx, merchant.id, of.month);
        return recorded.fresh
          ? await apply(trx, merchant.id, cycle, recorded.id)
          : await repeated(trx, merchant.id, cycle, recorded.id);
      }),
    );
  } catch (error) {
    throw asRefusal(error);
  }
}

/** All of those named, or none. */
export function refuseUnknown(orderNumbers: readonly string[], why: string): void {
  if (orderNumbers.length === 0) return;
  throw refusal(
    'UnknownOrders',
    `次の注文は${why}: ${orderNumbers.join('、')}。何も変更していません。`,
  );
}

/** What a person confirmed on the screen must still be what happens. */
export function requireConfirmed(totals: RowsAndYen, confirmed: RowsAndYen): void {
  if (totals.rows === confirmed.rows && totals.yen === confirmed.yen) return;
  const { rows, yen } = totals;
  throw refusal(
    'TotalsDiffer',
    `確認した件数・金額(${confirmed.rows} 件、${confirmed.yen} 円)が現在の値(${rows} 件、${yen} 円)と異なります。何も変更していません。内容を確認してやり直してください。`,
    { rows, yen },
  );
}
