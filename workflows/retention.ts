import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { FileActivities } from '../activities/index.ts';
import { describeBlanked } from '../billing/retention.ts';
import { fileActivity, timingOf, type WorkflowInput } from './activity-options.ts';
import { startClock } from './clock.ts';

/**
 * Started by a Schedule every day: blanks the personal data that the merchant's settings of that day
 * keep no longer. A round that was missed is made up for by the next.
 */
export async function retention(input: WorkflowInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const files = proxyActivities<FileActivities>(fileActivity(timingOf(input)));
  const blanked = await files.blankExpired({ merchant: input.merchant, now: clock.now() });
  setCurrentDetails(blanked === null ? '消去の設定はありません。' : describeBlanked(blanked));
  await clock.quiet();
}
