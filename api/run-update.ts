import { createHash } from 'node:crypto';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';
import type { ApiDependencies } from './dependencies.ts';
import { enterInTurn } from './enter-in-turn.ts';
import { OutOfPatienceError, withPatience } from './patience.ts';
import { Problem, type ProblemSlug } from './problem.ts';

/** The workflow said yes, or it has the act and is still at it. */
export type UpdateAnswer<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'accepted' };

/**
 * Refusals that are no plain conflict, by `ApplicationFailure.type` (docs/failures.md). Every other
 * typed, non-retryable failure is a 409 with the workflow's own Japanese sentence.
 */
export type FailureTable = Readonly<Record<string, ProblemSlug>>;

/**
 * Tells a workflow something and waits for its yes. The idempotency key makes the Update ID: the same
 * request again joins the first Update and gets its answer, nothing is done twice.
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
  const handle = deps.temporal.workflow.getHandle(act.workflowId);
  let taken = false;
  try {
    // One wait over both calls: the caller waits once, however the time is spent.
    const result = await withPatience(deps.temporal, deps.updateWaitMs, async (signal) => {
      const update = await enterInTurn(deps.temporal, act.workflowId, signal, () =>
        handle.startUpdate(act.update, {
          args: act.args,
          updateId: updateIdOf(act),
          waitForStage: 'ACCEPTED',
        }),
      );
      taken = true;
      return await update.result();
    });
    return { kind: 'done', result };
  } catch (error) {
    if (
      error instanceof OutOfPatienceError ||
      error instanceof WorkflowUpdateRPCTimeoutOrCancelledError
    ) {
      if (taken) return { kind: 'accepted' };
      throw lostOnTheWay();
    }
    // Taken by a workflow that is gone: what it did with it by then, only a repetition finds out.
    if (error instanceof WorkflowNotFoundError) throw taken ? lostOnTheWay() : notRunning();
    if (error instanceof WorkflowUpdateFailedError) throw toUpdateProblem(error, act.failures);
    throw error;
  }
}

/**
 * The key and a hash of what is asked for. The same request again is the same Update and gets its
 * answer; another request under a used key must not get that answer, so it is an Update of its own,
 * which the record refuses: a key is one decision there. Who asks and why are no part of the hash.
 */
function updateIdOf(act: {
  readonly update: { readonly name?: string | undefined };
  readonly args: readonly unknown[];
  readonly idempotencyKey: string;
}): string {
  const asked = JSON.stringify([act.update.name, ...act.args], (name, value: unknown) =>
    ['actor', 'reason', 'idempotencyKey'].includes(name) ? undefined : value,
  );
  const hash = createHash('sha256').update(asked).digest('hex').slice(0, 16);
  return `${act.idempotencyKey}.${hash}`;
}

const notRunning = () => new Problem('workflow-closed');
const lostOnTheWay = () => new Problem('worker-away', { headers: { 'Retry-After': '5' } });

/** The server's word for an Update whose workflow was ended while its handler ran. */
const endedWithUpdate = 'AcceptedUpdateCompletedWorkflow';

function toUpdateProblem(error: WorkflowUpdateFailedError, failures: FailureTable = {}): unknown {
  const refusal = findRefusal(error.cause);
  // What nobody meant to say is a defect or an outage, not a refusal: its text may hold anything.
  if (refusal === undefined) return error;
  const type = refusal.type ?? '';
  if (type === endedWithUpdate) return lostOnTheWay();
  return new Problem(failures[type] ?? 'conflict', {
    detail: refusal.message,
    errors: [{ path: 'workflow', message: type }],
  });
}

/** A failure that was typed on purpose; from an activity it comes wrapped. */
function findRefusal(cause: unknown): ApplicationFailure | undefined {
  let failure = cause;
  while (failure instanceof Error && !(failure instanceof ApplicationFailure)) {
    failure = failure.cause;
  }
  if (!(failure instanceof ApplicationFailure) || failure.nonRetryable !== true) return undefined;
  return failure.type && !unmeantTypes.has(failure.type) ? failure : undefined;
}

/** What JavaScript throws by itself, in a validator too. */
const unmeantTypes = new Set(['Error', 'TypeError', 'RangeError', 'ReferenceError', 'SyntaxError']);
