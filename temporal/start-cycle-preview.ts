import type { CyclePreviewInput } from '../workflows/cycle-preview.ts';
import { previewWorkflowId } from '../workflows/workflow-ids.ts';
import type { WorkflowStart, WorkflowStarter } from './workflow-starter.ts';

/** Starts the workflow of a dry run, whose row is there; one that runs is left. */
export async function startCyclePreview(
  starter: Pick<WorkflowStarter, 'start'>,
  merchant: { readonly slug: string; readonly clockOffsetMs: number },
  { month, n }: { readonly month: string; readonly n: number },
): Promise<void> {
  const { slug, clockOffsetMs } = merchant;
  const start: WorkflowStart<CyclePreviewInput> = {
    workflowId: previewWorkflowId(slug, month, n),
    workflow: 'cyclePreview',
    input: { merchant: slug, clockOffsetMs, month, n },
    month,
    stage: null,
  };
  await starter.start(start);
}
