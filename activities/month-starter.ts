import { createBusinessCalendar } from '../billing/business-calendar.ts';
import { isFinishedRefresh } from '../billing/card-refresh.ts';
import { refreshMonthsStartingAt, refreshRequestAt } from '../billing/card-refresh-schedule.ts';
import { monthsStartingAt } from '../billing/cycle-schedule.ts';
import type { MonthStart } from '../billing/month-start.ts';
import { lockMerchant } from '../db/database.ts';
import { appendAudit } from '../db/queries/audit.ts';
import { openRefresh, requireRefresh } from '../db/queries/card-refresh.ts';
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
    async planMonthStart(of: {
      merchant: string;
      scheduledAt: string;
      /** Left out by starters of before there were card refreshes. */
      what?: 'cycle' | 'refresh';
    }): Promise<MonthStart> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      if (merchant.clockOffsetMs !== 0) return { kind: 'moved_clock' };
      const { schedule, calendar, cardRefresh } = current.settings;
      const days = createBusinessCalendar(calendar.closedDays);
      if (of.what === 'refresh') {
        const months = cardRefresh.enabled
          ? refreshMonthsStartingAt(of.scheduledAt, cardRefresh, days)
          : [];
        return months.length === 0 ? { kind: 'not_due' } : { kind: 'due', months };
      }
      const months = monthsStartingAt(of.scheduledAt, schedule, days);
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

    /** Starts a month's card refresh; one that is there is left as it is, but for a lost workflow. */
    async startScheduledRefresh(of: OfCycle & { workflowId: string }): Promise<void> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const { cardRefresh, calendar } = current.settings;
      const days = createBusinessCalendar(calendar.closedDays);
      const stage = await db.transaction().execute(async (trx) => {
        const { month, now } = of;
        const requestAt = refreshRequestAt(month, cardRefresh, days);
        const opening = { month, requestAt, startedBy: SCHEDULE, now };
        if (await openRefresh(trx, merchant.id, opening)) {
          await appendAudit(trx, merchant.id, {
            at: now,
            actor: SCHEDULE,
            act: 'card-refresh.started',
            subject: of.workflowId,
            reason: null,
            details: {},
          });
        }
        return (await requireRefresh(trx, merchant.id, month)).stage;
      });
      if (!isFinishedRefresh(stage))
        await deps.workflows.startCardRefresh(merchant, of.month, SCHEDULE);
    },
  };
}
