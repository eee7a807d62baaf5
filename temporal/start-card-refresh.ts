import { cardRefreshWorkflowId } from '../workflows/workflow-ids.ts';
import type { WorkflowStarter } from './workflow-starter.ts';

/**
 * Starts the workflow of a month's card refresh, which reads from its row where it stands; one that
 * runs is left.
 *
 * @param hearing it stays for the act of a person that follows, though its month is finished
 */
export async function startCardRefresh(
  starter: Pick<WorkflowStarter, 'start'>,
  merchant: { readonly slug: string; readonly clockOffsetMs: number },
  month: string,
  { startedBy, hearing = false }: { readonly startedBy: string; readonly hearing?: boolean },
): Promise<void> {
  await starter.start({
    workflowId: cardRefreshWorkflowId(merchant.slug, month),
    workflow: 'cardRefresh',
    input: {
      merchant: merchant.slug,
      clockOffsetMs: merchant.clockOffsetMs,
      month,
      startedBy,
      ...(hearing ? { hearing } : {}),
    },
    month,
    stage: 'collecting',
  });
}
