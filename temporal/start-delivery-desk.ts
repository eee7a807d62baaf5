import { deliveryDeskWorkflowId } from '../workflows/workflow-ids.ts';
import type { WorkflowStarter } from './workflow-starter.ts';

/**
 * Has an endpoint's desk look at its queue: starts it, or wakes the one that runs. The signal proves
 * nothing, the rows do; so once too often does no harm.
 */
export async function wakeDeliveryDesk(
  starter: Pick<WorkflowStarter, 'start' | 'reportRowChanged'>,
  merchant: { readonly slug: string; readonly clockOffsetMs: number },
  endpoint: string,
): Promise<void> {
  const workflowId = deliveryDeskWorkflowId(endpoint);
  await starter.start({
    workflowId,
    workflow: 'deliveryDesk',
    input: { merchant: merchant.slug, clockOffsetMs: merchant.clockOffsetMs, endpoint },
    month: null,
    stage: null,
  });
  await starter.reportRowChanged(workflowId, { kind: 'delivery', id: endpoint });
}
