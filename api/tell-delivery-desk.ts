import type { UpdateDefinition } from '@temporalio/common';
import type { Merchant } from '../db/queries/merchants.ts';
import type { OperatorAct } from '../workflows/messages.ts';
import { deliveryDeskWorkflowId } from '../workflows/workflow-ids.ts';
import type { ApiDependencies } from './dependencies.ts';
import { Problem } from './problem.ts';
import { tellWorkflow } from './tell-workflow.ts';

/** A desk without work ends when its endpoint is retired: the next start runs another one. */
const TRIES = 3;

/** Tells the desk of an endpoint something; it is started when it does not run. */
export async function tellDeliveryDesk<Act extends OperatorAct, Result>(
  deps: ApiDependencies,
  merchant: Merchant,
  told: {
    /** Slug. */
    readonly endpoint: string;
    readonly location: string;
    readonly update: UpdateDefinition<Result, [Act]>;
    readonly act: Act;
  },
) {
  const { endpoint, ...what } = told;
  const workflowId = deliveryDeskWorkflowId(endpoint);
  for (let tries = 1; ; tries += 1) {
    await deps.workflows.start({
      workflowId,
      workflow: 'deliveryDesk',
      input: { merchant: merchant.slug, clockOffsetMs: merchant.clockOffsetMs, endpoint },
      month: null,
      stage: null,
    });
    try {
      return await tellWorkflow(deps, { workflowId, ...what });
    } catch (error) {
      const ended = error instanceof Problem && error.slug === 'workflow-closed';
      if (!ended || tries === TRIES) throw error;
    }
  }
}
