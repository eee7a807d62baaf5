import type { PreviewSummary } from '../billing/preview.ts';
import type { Trx } from '../db/database.ts';
import {
  countCards,
  findLastBilledMonth,
  matchLastMonth,
  type PreviewContent,
  type PreviewedMonth,
  stageFindings,
  stagePreview,
} from '../db/queries/preview.ts';
import { summarizeSelection } from '../db/queries/selection.ts';
import type { SettingsVersion } from '../db/queries/settings.ts';

/**
 * A preview in tables of this transaction (db/queries/preview.ts): what would be billed, and what
 * stands out of it. The caller keeps it or rolls it back.
 */
export async function computePreview(
  trx: Trx,
  merchantId: number,
  of: PreviewedMonth & { settings: SettingsVersion['settings']; now: string },
): Promise<{ content: PreviewContent; summary: PreviewSummary }> {
  const { approval, orderIdentity } = of.settings;
  const content = await stagePreview(trx, merchantId, of);
  const last = await findLastBilledMonth(trx, merchantId, of.month);
  const compared = await matchLastMonth(trx, merchantId, {
    lastCycleId: last?.cycleId ?? null,
    perMonth: orderIdentity === 'per-month',
  });
  const findings = await stageFindings(trx, merchantId, {
    cycleId: of.cycleId,
    compares: last !== undefined,
    ceilingYen: approval.ceilingYen,
    chargesPerCustomer: approval.chargesPerCustomer,
    now: of.now,
  });
  const selection = await summarizeSelection(trx, merchantId, of.cycleId);
  if (selection === undefined) throw new Error('a month is selected before it is previewed');
  return {
    content,
    summary: {
      orders: selection.orders,
      selected: { rows: selection.selected, yen: selection.amountYen },
      excluded: selection.excluded,
      quarantined: selection.quarantined,
      billed: { rows: content.rows, yen: content.yen },
      compared: last === undefined ? null : { lastMonth: last.month, ...compared },
      findings,
      cards: await countCards(trx, merchantId, { charges: content.rows, now: of.now }),
    },
  };
}
