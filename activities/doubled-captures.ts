import { formatYen } from '../billing/money.ts';
import type { Trx } from '../db/database.ts';
import type { LinesToClaim } from '../db/lines-to-claim.ts';
import { recordDecision } from '../db/queries/decisions.ts';
import { listDoubledCaptures } from '../db/queries/doubled-captures.ts';
import { insertHolds } from '../db/queries/holds.ts';
import { notifyOperators } from '../db/queries/notices.ts';

/** Who keeps them back: another order of the same delivery. */
const DOUBLED_ACTOR = 'policy:doubled-captures';
const HOLD_DOUBLED = 'hold-doubled-captures';

/**
 * Puts orders on hold whose capture would take a second payment for the same delivery, before it is
 * claimed, and tells people: one authorization is to be voided. Once for each order; what a person lets
 * go is captured. The caller holds the merchant's lock, and wakes the mail.
 *
 * @returns whether any was held: then the lines are to be listed again
 */
export async function holdDoubledCaptures(
  trx: Trx,
  { id: merchantId, slug }: { readonly id: number; readonly slug: string },
  of: { readonly month: string; readonly cycleId: number; readonly now: string },
  lines: LinesToClaim,
): Promise<boolean> {
  const { month, cycleId, now } = of;
  const found = await listDoubledCaptures(trx, merchantId, lines, HOLD_DOUBLED);
  const [first] = found;
  if (first === undefined) return false;
  // No order is held twice for it: its charge names the decision.
  const key = `doubled-captures:${first.chargeId}`;
  const { id: decisionId } = await recordDecision(trx, merchantId, {
    key,
    workflowId: `cycle:${slug}:${month}`,
    act: HOLD_DOUBLED,
    body: { held: found.length },
    actor: DOUBLED_ACTOR,
    reason: '同じ定期回数の別の注文と二重の売上になるおそれがある',
    now,
  });
  const orderNumbers = found.map(({ orderNumber }) => orderNumber);
  await insertHolds(trx, merchantId, { cycleId, orderNumbers, decisionId, now });
  const yen = found.reduce((sum, one) => sum + one.yen, 0);
  await notifyOperators(trx, merchantId, {
    key,
    template: 'attention',
    parameters: {
      month,
      sentence: `オーソリOKの注文 ${found.length} 件(${formatYen(yen)})は、同じ顧客・同じ定期回数の別の注文(NGになった注文とその再注文)も請求しているため、売上処理の前に保留にしました(二重請求の防止)。別の注文が消込済か売上処理中なら、このオーソリを取り消してください。別の注文が請求されない場合だけ、保留を解除してください。`,
    },
    now,
  });
  return true;
}
