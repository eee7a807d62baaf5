import type { ExchangeName } from '../billing/exchange.ts';
import { exchangeWorkflowId } from '../workflows/workflow-ids.ts';
import type { WorkflowStarter } from './workflow-starter.ts';

/** Starts the workflow of a file, which reads from its row where it stands; one that runs is left. */
export async function startExchange(
  starter: Pick<WorkflowStarter, 'start'>,
  merchant: { readonly slug: string; readonly clockOffsetMs: number },
  { billingMonth, kind, number }: ExchangeName,
): Promise<void> {
  await starter.start({
    workflowId: exchangeWorkflowId(merchant.slug, billingMonth, kind, number),
    workflow: 'fileExchange',
    input: {
      merchant: merchant.slug,
      clockOffsetMs: merchant.clockOffsetMs,
      exchange: { billingMonth, kind, number },
    },
    month: billingMonth,
    stage: 'handing_over',
  });
}
