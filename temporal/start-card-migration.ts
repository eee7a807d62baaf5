import { cardMigrationWorkflowId } from '../workflows/workflow-ids.ts';
import type { WorkflowStarter } from './workflow-starter.ts';

/** Starts the workflow of a card migration, which reads from its row where it stands. */
export async function startCardMigration(
  starter: Pick<WorkflowStarter, 'start'>,
  merchant: { readonly slug: string; readonly clockOffsetMs: number },
  number: number,
): Promise<void> {
  await starter.start({
    workflowId: cardMigrationWorkflowId(merchant.slug, number),
    workflow: 'cardMigration',
    input: { merchant: merchant.slug, clockOffsetMs: merchant.clockOffsetMs, number },
    month: null,
    stage: 'collecting',
  });
}
