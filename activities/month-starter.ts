import { createBusinessCalendar } from '../billing/business-calendar.ts';
import { monthsStartingAt } from '../billing/cycle-schedule.ts';
import type { MonthStart } from '../billing/month-start.ts';
import { lockMerchant } from '../db/database.ts';
import { appendAudit } from '../db/queries/audit.ts';
import { findCycle, openCycle } from '../db/queries/cycles.ts';
import type { OfCycle } from './acts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';

/** Who starts a month that no person started. */
const SCHEDULE = 'schedule';

export function createMonthStarterActivities(deps: ActivityDependencies) {
  const { db } = deps;
  return {
    /** Which months the settings of now start at the instant for which the start was scheduled. */
    async planMonthStart(of: { merchant: string; scheduledAt: string }): Promise<MonthStart> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      if (merchant.clockOffsetMs !== 0) return { kind: 'moved_clock' };
      const { schedule, calendar } = current.settings;
      const months = monthsStartingAt(
        of.scheduledAt,
        schedule,
        createBusinessCalendar(calendar.closedDays),
      );
      return months.length === 0 ? { kind: 'not_due' } : { kind: 'due', months };
    },

    /** Starts a month; one that is there is left as it is, but for a workflow that it has lost. */
    async startScheduledMonth(of: OfCycle & { workflowId: string }): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      const stage = await db.transaction().execute(async (trx) => {
        await lockMerchant(trx, merchant.id);
        const known = await findCycle(trx, merchant.id, of.month);
        if (known !== undefined) return known.stage;
        // The row before the workflow: of two starts at once one writes who it was.
        const opened = await openCycle(trx, merchant.id, {
          billingMonth: of.month,
          startedBy: SCHEDULE,
          scope: 'all',
          now: of.now,
        });
        await appendAudit(trx, merchant.id, {
          at: of.now,
          actor: SCHEDULE,
          act: 'cycle.started',
          subject: of.workflowId,
          reason: null,
          details: {},
        });
        return opened.stage;
      });
      if (stage === 'closed') return;
      await deps.workflows.startCycle(merchant, of.month, SCHEDULE);
    },
  };
}
