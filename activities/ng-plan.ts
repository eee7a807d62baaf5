import { createBusinessCalendar } from '../billing/business-calendar.ts';
import { businessDateOf } from '../billing/business-date.ts';
import { type Decline, readDecline } from '../billing/decline.ts';
import type { MerchantSettings } from '../billing/merchant-settings.ts';
import { NO_USAGE } from '../billing/retry-budget.ts';
import { type NgCaseFacts, type PlanningContext, planCase } from '../billing/retry-planner.ts';
import type { Db } from '../db/database.ts';
import type { NgCaseRow, SavedPlan } from '../db/queries/ng-cases.ts';
import { readRetryUsage } from '../db/queries/retry-usage.ts';

/** What time the desk has, by the offset that the merchant's row holds now; no clock goes back. */
export function nowOfDesk(
  of: { readonly now: string; readonly clockOffsetMs: number },
  clockOffsetMs: number,
): string {
  const movedMs = Math.max(clockOffsetMs - of.clockOffsetMs, 0);
  return new Date(Date.parse(of.now) + movedMs).toISOString();
}

/** What plans of a merchant follow from, at a moment of its business clock. */
export function planningContext(settings: MerchantSettings, now: string): PlanningContext {
  const calendar = createBusinessCalendar(settings.calendar.closedDays);
  return { settings: settings.ng, calendar, now };
}

/** The class of a decline by the rules of its day; what a person has said of the same code stays. */
function readClass(row: NgCaseRow, settings: MerchantSettings): Decline {
  const decline = readDecline(row.responseDetail, row.responseCode, {
    on: businessDateOf(row.declinedAt),
    overrides: settings.declines.overrides,
  });
  const known = row.class !== 'unknown' && row.code === decline.code;
  return known && decline.class === 'unknown' ? { ...decline, class: row.class } : decline;
}

/** The facts of cases that their plans follow from, with what their customers' cards were asked. */
export async function readCaseFacts(
  db: Db,
  merchantId: number,
  rows: readonly NgCaseRow[],
  settings: MerchantSettings,
  now: string,
): Promise<Map<number, NgCaseFacts>> {
  const customerNumbers = rows.map(({ customerNumber }) => customerNumber);
  const usages = await readRetryUsage(db, merchantId, { customerNumbers, now });
  return new Map(
    rows.map((row) => {
      const { limitKind, openedAt, retries, contacts, registered, noticed } = row;
      const { brand = null, usage = NO_USAGE } = usages.get(row.customerNumber) ?? {};
      const known = { limitKind, openedAt, retries, contacts, registered, noticed };
      const facts = { ...known, brand, usage };
      return [row.id, { ...readClass(row, settings), ...facts }];
    }),
  );
}

export function planOf(row: NgCaseRow, facts: NgCaseFacts, context: PlanningContext): SavedPlan {
  return {
    id: row.id,
    revision: row.revision,
    class: facts.class,
    code: facts.code,
    steps: planCase(facts, context),
  };
}
