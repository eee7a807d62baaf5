import { type RawBuilder, sql } from 'kysely';
import { businessDateOf } from '../billing/business-date.ts';
import type { CapturePolicy } from '../billing/capture-policy.ts';

/** Pieces of SQL that several queries share, so that they cannot come to differ. */

/** The runs of a cycle whose orders have not become charges yet: id, scope. */
export const openRunsOf = (cycleId: number): RawBuilder<unknown> => sql`
  select u.id, u.scope from runs u
   where u.cycle_id = ${cycleId} and not exists (select from run_plans p where p.run_id = u.id)`;

/** Selected orders that no run has made a charge of: order_number, amount_yen. */
export const unbilledOf = (merchantId: number, cycleId: number): RawBuilder<unknown> => sql`
  select r.order_number, r.amount_yen from order_verdicts r
   where r.merchant_id = ${merchantId} and r.cycle_id = ${cycleId} and r.verdict = 'selected'
     and not exists (select from charges c
                      where c.cycle_id = ${cycleId} and c.order_number = r.order_number)`;

/** Whether the latest selection was billed whole, so that nobody needs to count what is left over. */
export const billedWhole = (cycleId: number): RawBuilder<boolean> => sql`
  exists (select from runs u join run_plans p on p.run_id = u.id
           where u.cycle_id = ${cycleId} and u.scope = 'all'
             and p.selection_id = (select max(id) from selections where cycle_id = ${cycleId}))`;

/**
 * Whether an authorized charge `s` (charge_states) may be captured. A shop may tell the day of a
 * shipment before it has come: then the charge waits for that day in Japan.
 */
export function mayCapture(policy: CapturePolicy, now: string): RawBuilder<boolean> {
  if (policy === 'immediate') return sql`true`;
  const requested = sql`exists (select from capture_requests q
                                 where q.charge_id = s.charge_id and q.n = s.n)`;
  return policy === 'manual'
    ? sql`${requested}`
    : sql`(exists (select from shipments t where t.charge_id = s.charge_id
                     and t.shipped_on <= ${businessDateOf(now)}::date) or ${requested})`;
}
