import type { CycleStage } from '../billing/cycle.ts';
import type { BillingCycleInput } from '../workflows/billing-cycle.ts';
import type { RowChanged } from '../workflows/messages.ts';
import { cycleWorkflowId } from '../workflows/workflow-ids.ts';
import type { WorkflowStart, WorkflowStarter } from './workflow-starter.ts';

interface MonthStart {
  readonly scope?: 'all' | 'chosen';
  readonly stage?: CycleStage;
  /** Over a closed month, for a person's word on it. */
  readonly afterClose?: boolean;
}

interface OfMerchant {
  readonly slug: string;
  readonly clockOffsetMs: number;
}

/** Starts the workflow of a month, which reads from its row where it stands; one that runs is left. */
export async function startCycle(
  starter: Pick<WorkflowStarter, 'start'>,
  merchant: OfMerchant,
  month: string,
  startedBy: string,
  as: MonthStart = {},
): Promise<void> {
  await starter.start(describeStart(merchant, month, startedBy, as));
}

/** Has a month read its rows and settings again; one whose workflow was lost is started. */
export async function wakeCycle(
  starter: Pick<WorkflowStarter, 'startAndReport'>,
  merchant: OfMerchant,
  cycle: { readonly billingMonth: string; readonly startedBy: string } & MonthStart,
  changed: RowChanged,
): Promise<void> {
  const start = describeStart(merchant, cycle.billingMonth, cycle.startedBy, cycle);
  await starter.startAndReport(start, changed);
}

function describeStart(
  merchant: OfMerchant,
  month: string,
  startedBy: string,
  as: MonthStart,
): WorkflowStart<BillingCycleInput> {
  return {
    workflowId: cycleWorkflowId(merchant.slug, month),
    workflow: 'billingCycle',
    input: {
      merchant: merchant.slug,
      clockOffsetMs: merchant.clockOffsetMs,
      month,
      startedBy,
      scope: as.scope ?? 'all',
      ...(as.afterClose === true ? { afterClose: true } : {}),
    },
    month,
    stage: as.stage ?? 'collecting',
  };
}
