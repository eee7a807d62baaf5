import { fileImportWorkflowId } from '../workflows/workflow-ids.ts';
import type { WorkflowStarter } from './workflow-starter.ts';

/** Starts the workflow of an import, which reads from its row where it stands; one that runs is left. */
export async function startFileImport(
  starter: Pick<WorkflowStarter, 'start'>,
  merchant: { readonly slug: string; readonly clockOffsetMs: number },
  number: number,
): Promise<void> {
  await starter.start({
    workflowId: fileImportWorkflowId(merchant.slug, number),
    workflow: 'fileImport',
    input: { merchant: merchant.slug, clockOffsetMs: merchant.clockOffsetMs, number },
    month: null,
    stage: 'collecting',
  });
}
