import { alarmOfCorrections, type CorrectionKind } from '../billing/correction.ts';
import type { Trx } from '../db/database.ts';
import { setCycleAttention } from '../db/queries/cycles.ts';
import { notifyOperators } from '../db/queries/notices.ts';

/** Has operators told of new corrections of a closed month, which asks for a person from now on. */
export async function alarmOf(
  trx: Trx,
  merchantId: number,
  of: {
    readonly cycleId: number;
    readonly month: string;
    readonly kind: CorrectionKind;
    readonly first: number;
    readonly rows: number;
    readonly yen: number;
    readonly now: string;
  },
): Promise<void> {
  const { cycleId, month, now } = of;
  await setCycleAttention(trx, merchantId, { cycleId, attention: true, now });
  await notifyOperators(trx, merchantId, {
    key: `correction:${month}:${of.first}`,
    template: 'attention',
    parameters: { month, sentence: alarmOfCorrections(of) },
    now,
  });
}
