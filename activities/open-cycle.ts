import type { Db } from '../db/database.ts';
import { type CycleRow, requireCycle } from '../db/queries/cycles.ts';
import { refusal } from './failures.ts';

/**
 * The month's row, for an act that changes something: nothing in a closed month changes, though its
 * workflow may still be about to end. The caller holds the merchant's lock where it matters.
 */
export async function requireOpenCycle(
  db: Db,
  merchantId: number,
  month: string,
): Promise<CycleRow> {
  const cycle = await requireCycle(db, merchantId, month);
  if (cycle.stage !== 'closed') return cycle;
  throw refusal('StageConflict', `${month} の請求は締め済みです。何も変更していません。`);
}
