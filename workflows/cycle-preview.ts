import { proxyActivities } from '@temporalio/workflow';
import type { FileActivities } from '../activities/index.ts';
import { fileActivity, timingOf, type WorkflowInput } from './activity-options.ts';
import { startClock } from './clock.ts';

export interface CyclePreviewInput extends WorkflowInput {
  /** YYYY-MM */
  readonly month: string;
  /** The how-manieth preview of the month. */
  readonly n: number;
}

/**
 * A dry run: shows what a month would bill, from an uploaded export or from what it has collected, and
 * changes nothing of it. One that has its result ends at once.
 */
export async function cyclePreview(input: CyclePreviewInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const files = proxyActivities<FileActivities>(fileActivity(timingOf(input)));
  const { merchant, month, n } = input;
  await files.runDryRun({ merchant, month, n, now: clock.now() });
  await clock.quiet();
}
