import { workflowInfo } from '@temporalio/workflow';
import type { WorkflowTiming } from './activity-options.ts';

/**
 * Whether this run is long enough to continue as a new one. The caller first waits until nothing
 * runs (`clock.quiet`): a handler that is cut off never answers.
 */
export function shouldContinueAsNew({
  maxHistoryEvents,
}: Pick<WorkflowTiming, 'maxHistoryEvents'>): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > maxHistoryEvents;
}
