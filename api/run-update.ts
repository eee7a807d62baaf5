import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';
import type { ApiDependencies } from './dependencies.ts';
import { Problem, type ProblemSlug } from './problem.ts';

/** The workflow said yes, or it has the act and is still at it. */
export type UpdateAnswer<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'accepted' };

/**
 * Typed failures of Updates that are no plain conflict, by `ApplicationFailure.type`. Every other
 * typed failure is a 409 with the workflow's own Japanese sentence: a handler fails only to refuse.
 */
export type FailureTable = Readonly<Record<string, ProblemSlug>>;

/**
 * Tells a workflow something and waits for its yes. The idempotency key is the Update ID: the same
 * key again joins the first Update and gets its answer, nothing is done twice.
 *
 * @returns `accepted` when the workflow has it in its history but no answer within the wait: 202.
 * @throws Problem: `workflow-closed`, `conflict` or what `failures` says; `worker-away` when nobody
 * took it, so that it is not known to be kept; `temporal-away` comes from the error mapping.
 */
export async function runUpdate<Result, Args extends [unknown, ...unknown[]]>(
  deps: ApiDependencies,
  act: {
    readonly workflowId: string;
    readonly update: UpdateDefinition<Result, Args>;
    readonly args: Args;
    readonly idempotencyKey: string;
    readonly failures?: FailureTable;
  },
): Promise<UpdateAnswer<Result>> {
  const patience = AbortSignal.timeout(deps.updateWaitMs);
  const handle = deps.temporal.workflow.getHandle(act.workflowId);
  let taken = false;
  try {
    // One time-out over both calls: the caller waits once, however the time is spent.
    const result = await deps.temporal.withAbortSignal(patience, async () => {
      const update = await handle.startUpdate(act.update, {
        args: act.args,
        updateId: act.idempotencyKey,
        waitForStage: 'ACCEPTED',
      });
      taken = true;
      return await update.result();
    });
    return { kind: 'done', result };
  } catch (error) {
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
      if (taken) return { kind: 'accepted' };
      throw new Problem('worker-away', { headers: { 'Retry-After': '5' } });
    }
    if (error instanceof WorkflowNotFoundError) throw new Problem('workflow-closed');
    if (error instanceof WorkflowUpdateFailedError) throw toUpdateProblem(error, act.failures);
    throw error;
  }
}

function toUpdateProblem(error: WorkflowUpdateFailedError, failures: FailureTable = {}): unknown {
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure)) return error;
  const type = cause.type ?? '';
  const slug = failures[type];
  if (slug !== undefined) return new Problem(slug, { detail: cause.message });
  // An error that nobody typed is a defect, not a refusal: its text may hold anything.
  if (type === '' || type === 'Error' || type.endsWith('TypeError')) return error;
  return new Problem('conflict', {
    detail: cause.message,
    errors: [{ path: 'workflow', message: type }],
  });
}
