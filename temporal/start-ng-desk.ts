import { ngDeskWorkflowId } from '../workflows/workflow-ids.ts';
import type { WorkflowStarter } from './workflow-starter.ts';

/** Has a merchant's NG desk look at its cases: the one that runs, or a new one. */
export async function wakeNgDesk(
  starter: Pick<WorkflowStarter, 'startAndReport'>,
  { slug, clockOffsetMs }: { readonly slug: string; readonly clockOffsetMs: number },
): Promise<void> {
  await starter.startAndReport(
    {
      workflowId: ngDeskWorkflowId(slug),
      workflow: 'ngDesk',
      input: { merchant: slug, clockOffsetMs },
      month: null,
      stage: null,
    },
    { kind: 'ng', id: 'cases' },
  );
}
