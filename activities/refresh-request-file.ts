import type { Pool } from 'pg';
import type { BillingMonth } from '../billing/billing-month.ts';
import { readRefreshLines } from '../db/refresh-lines.ts';
import {
  encodeRefreshRequest,
  formatRefreshReference,
  type RefreshRequestRow,
} from '../psp/gmo/refresh-request.ts';

/** The bytes of a month's request, from the cards that were chosen for it: the same whenever asked. */
export function streamRefreshRequest(
  pool: Pool,
  merchantId: number,
  of: { readonly refreshId: number; readonly month: BillingMonth },
): AsyncGenerator<Buffer> {
  async function* rows(): AsyncGenerator<RefreshRequestRow[]> {
    for await (const lines of readRefreshLines(pool, merchantId, of.refreshId)) {
      yield lines.map(({ line, memberId, sequence }) => ({
        memberId,
        sequence,
        freeText: formatRefreshReference(of.month, line),
      }));
    }
  }
  return encodeRefreshRequest(rows());
}
