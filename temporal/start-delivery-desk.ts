import { deliveryDeskWorkflowId } from '../workflows/workflow-ids.ts';
import type { WorkflowStarter } from './workflow-starter.ts';

/**
 * Has an endpoint's queue looked at, by the desk that runs or by a new one. The signal proves nothing,
 * the rows do; so once too often does no harm.
 */
export async function wakeDeliveryDesk(
  starter: Pick<WorkflowStarter, 'startAndReport'>,
  merchant: { readonly slug: string; readonly clockOffsetMs: number },
  endpoint: string,
): Promise<void> {
  await starter.startAndReport(
    {
      workflowId: deliveryDeskWorkflowId(endpoint),
      workflow: 'deliveryDesk',
      input: { merchant: merchant.slug, clockOffsetMs: merchant.clockOffsetMs, endpoint },
      month: null,
      stage: null,
    },
    { kind: 'delivery', id: endpoint },
  );
}
