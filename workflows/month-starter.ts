import { proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { MainActivities } from '../activities/index.ts';
import { describeMonthStart } from '../billing/month-start.ts';
import { shortActivity, timingOf, type WorkflowInput } from './activity-options.ts';
import { startClock } from './clock.ts';
import { cycleWorkflowId, scheduledStartAttribute } from './workflow-ids.ts';

export interface MonthStarterInput extends WorkflowInput {
  /** What is started by the month. */
  readonly what: 'cycle';
}

/**
 * Started by a Schedule: starts the months that the merchant's settings start on the date for which
 * it was scheduled, however late it runs. The settings are read anew, so a Schedule that is older than
 * they are starts nothing.
 */
export async function monthStarter(input: MonthStarterInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const short = proxyActivities<MainActivities>(shortActivity(timingOf(input)));
  const { merchant } = input;
  const scheduledAt =
    workflowInfo().typedSearchAttributes.get(scheduledStartAttribute)?.toISOString() ?? clock.now();

  const start = await short.planMonthStart({ merchant, scheduledAt });
  for (const month of start.kind === 'due' ? start.months : []) {
    const workflowId = cycleWorkflowId(merchant, month);
    await short.startScheduledMonth({ merchant, month, now: clock.now(), workflowId });
  }
  setCurrentDetails(describeMonthStart(start, scheduledAt));
  await clock.quiet();
}
