import type { ExchangeName } from '../billing/exchange.ts';
import { exchangeWorkflowId } from '../workflows/workflow-ids.ts';
import type { WorkflowStarter } from './workflow-starter.ts';

interface OfMerchant {
  readonly slug: string;
  readonly clockOffsetMs: number;
}

/** Starts the workflow of a file, which reads from its row where it stands; one that runs is left. */
export async function startExchange(
  starter: Pick<WorkflowStarter, 'start'>,
  merchant: OfMerchant,
  exchange: ExchangeName,
): Promise<void> {
  await starter.start(describeStart(merchant, exchange));
}

/** The same, but one that runs reads its row again. */
export async function startOrWakeExchange(
  starter: Pick<WorkflowStarter, 'startAndReport'>,
  merchant: OfMerchant,
  exchange: ExchangeName,
): Promise<void> {
  const id = `${exchange.kind}-${exchange.number}`;
  await starter.startAndReport(describeStart(merchant, exchange), { kind: 'exchange', id });
}

function describeStart(merchant: OfMerchant, { billingMonth, kind, number }: ExchangeName) {
  return {
    workflowId: exchangeWorkflowId(merchant.slug, billingMonth, kind, number),
    workflow: 'fileExchange',
    input: {
      merchant: merchant.slug,
      clockOffsetMs: merchant.clockOffsetMs,
      exchange: { billingMonth, kind, number },
    },
    month: billingMonth,
    stage: 'handing_over',
  } as const;
}
