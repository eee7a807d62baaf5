import type { RowsAndYen } from '../billing/cycle.ts';
import type { Trx } from '../db/database.ts';
import { notifyOperators } from '../db/queries/notices.ts';

/** The shop's people hear of every charge that nobody will pay any more. */
export async function tellGivenUp(
  trx: Trx,
  merchantId: number,
  of: RowsAndYen & { readonly month: string; readonly key: string; readonly now: string },
): Promise<void> {
  const { month, rows, yen, now } = of;
  await notifyOperators(trx, merchantId, {
    key: `ng-given-up:${month}:${of.key}`.replace(/[^A-Za-z0-9:._-]/g, '-'),
    template: 'ng_given_up',
    parameters: { month, charges: rows, amountYen: yen },
    now,
  });
}
