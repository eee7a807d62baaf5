import { proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { MainActivities } from '../activities/index.ts';
import { describeMonthStart } from '../billing/month-start.ts';
import { shortActivity, timingOf, type WorkflowInput } from './activity-options.ts';
import { startClock } from './clock.ts';
import { cardRefreshWorkflowId, cycleWorkflowId, scheduledStartAttribute } from './workflow-ids.ts';

export interface MonthStarterInput extends WorkflowInput {
  /** What is started by the month. */
  readonly what: 'cycle' | 'refresh';
}

/**
 * Started by a Schedule: starts the months, or card refreshes, that the merchant's settings start on
 * the date for which it was scheduled, however late it runs. The settings are read anew, so a Schedule
 * that is older than they are starts nothing.
 */
export async function monthStarter(input: MonthStarterInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const short = proxyActivities<MainActivities>(shortActivity(timingOf(input)));
  const { merchant, what } = input;
  const scheduledAt =
    workflowInfo().typedSearchAttributes.get(scheduledStartAttribute)?.toISOString() ?? clock.now();

  const start = await short.planMonthStart({ merchant, scheduledAt, what });
  for (const month of start.kind === 'due' ? start.months : []) {
    const of = { merchant, month, now: clock.now() };
    if (what === 'refresh') {
      await short.startScheduledRefresh({
        ...of,
        workflowId: cardRefreshWorkflowId(merchant, month),
      });
    } else {
      await short.startScheduledMonth({ ...of, workflowId: cycleWorkflowId(merchant, month) });
    }
  }
  // Starters of before there were card refreshes left it out.
  const started = what === 'refresh' ? what : 'cycle';
  setCurrentDetails(describeMonthStart(start, scheduledAt, started));
  await clock.quiet();
}
