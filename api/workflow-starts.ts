import type { Client } from '@temporalio/client';
import { createWorkflowStarter, type WorkflowStarter } from '../temporal/workflow-starter.ts';
import { withPatience } from './patience.ts';

/**
 * Starts workflows and gives up after `waitMs`, so that a caller is told that Temporal is away while
 * the SDK would still be trying. Starting by ID again is safe: what runs already is left alone.
 */
export function createBoundedStarts(
  temporal: Client,
  waitMs: number,
  taskQueue?: string,
): Pick<WorkflowStarter, 'start' | 'startAndReport'> {
  const starter = createWorkflowStarter(temporal, taskQueue);
  return {
    start: (start) => withPatience(temporal, waitMs, () => starter.start(start)),
    startAndReport: (start, change) =>
      withPatience(temporal, waitMs, () => starter.startAndReport(start, change)),
  };
}
