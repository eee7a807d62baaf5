import { continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { MainActivities } from '../activities/index.ts';
import { mailActivity, shortActivity, timingOf, type WorkflowInput } from './activity-options.ts';
import { hangBell, mayEnd } from './bell.ts';
import { startClock } from './clock.ts';
import { closeResendTasks } from './messages.ts';
import { showDetails } from './stage.ts';

/** Mails of one look; more are taken by the next, which follows at once. */
const MAILS_AT_ONCE = 100;

/**
 * Looks into the merchant's mailbox, often within hours of a hand-over and seldom else, for as long
 * as the settings name one. It asks instead of listening (IDLE): an activity that always runs would
 * keep the business clock from ever being settled.
 */
export async function mailboxWatch(input: WorkflowInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const bell = hangBell(clock);
  const short = proxyActivities<MainActivities>(shortActivity(timingOf(input)));
  const line = proxyActivities<MainActivities>(mailActivity(timingOf(input)));
  const of = () => ({ merchant: input.merchant, now: clock.now() });
  showDetails('受信メールの確認');
  // Here, because the tasks come from the mailbox; no look into it is needed for it.
  setHandler(closeResendTasks, ({ tasks, ...act }) => {
    const { workflowId } = workflowInfo();
    return short.closeResendTasks({ ...of(), workflowId, act, tasks });
  });

  for (;;) {
    const plan = await short.planMailbox(of());
    clock.moveTo(plan.clockOffsetMs);
    if (!plan.watched) {
      if (await mayEnd(clock, bell)) return;
      continue;
    }
    const { more } = await line.takeMails({ ...of(), limit: MAILS_AT_ONCE });
    await short.reportCompletions(of());
    if (!more) await bell.pauses(plan.intervalMs, '次の受信確認');
    if (workflowInfo().continueAsNewSuggested) {
      await clock.quiet();
      await continueAsNew<typeof mailboxWatch>({ ...input, clockOffsetMs: clock.offsetMs() });
    }
  }
}
