import type { CycleStage } from '../billing/cycle.ts';
import { cycleWorkflowId } from '../workflows/workflow-ids.ts';
import type { WorkflowStarter } from './workflow-starter.ts';

/** Starts the workflow of a month, which reads from its row where it stands; one that runs is left. */
export async function startCycle(
  starter: Pick<WorkflowStarter, 'start'>,
  merchant: { readonly slug: string; readonly clockOffsetMs: number },
  month: string,
  startedBy: string,
  as: { readonly scope?: 'all' | 'chosen'; readonly stage?: CycleStage } = {},
): Promise<void> {
  await starter.start({
    workflowId: cycleWorkflowId(merchant.slug, month),
    workflow: 'billingCycle',
    input: {
      merchant: merchant.slug,
      clockOffsetMs: merchant.clockOffsetMs,
      month,
      startedBy,
      scope: as.scope ?? 'all',
    },
    month,
    stage: as.stage ?? 'collecting',
  });
}
