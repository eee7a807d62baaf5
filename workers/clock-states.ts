import { QueryRejectedError, type WorkflowClient, WorkflowNotFoundError } from '@temporalio/client';
import { type ClockState, clockState } from '../workflows/messages.ts';
import { ClockAdvanceError } from './clock-advance-error.ts';

export interface OpenState {
  readonly workflowId: string;
  readonly clock: ClockState;
}

export interface WorkflowsState {
  readonly open: readonly OpenState[];
  /** Equal for two passes only when the same runs are open and none has had a turn in between. */
  readonly fingerprint: string;
}

/** Questions under way at once: enough to hide the round trip, few enough for a dev server. */
const questionsAtOnce = 16;
const answerTimeoutMs = 15_000;

/**
 * Asks each workflow for its clock; those that are closed or not there yet are left out.
 *
 * @param client one whose `queryRejectCondition` is NOT_OPEN.
 * @throws ClockAdvanceError `no_answer` when a workflow cannot be asked, for example because no
 *   worker runs.
 */
export async function askWorkflows(
  client: WorkflowClient,
  workflowIds: readonly string[],
): Promise<WorkflowsState> {
  const open: OpenState[] = [];
  const remaining = [...workflowIds];
  const askInTurn = async () => {
    for (let id = remaining.shift(); id !== undefined; id = remaining.shift()) {
      const clock = await askClock(client, id);
      if (clock !== null) open.push({ workflowId: id, clock });
    }
  };
  await Promise.all(Array.from({ length: questionsAtOnce }, askInTurn));
  open.sort((a, b) => (a.workflowId < b.workflowId ? -1 : 1));
  const fingerprint = open
    .map(({ workflowId, clock }) => `${workflowId} ${clock.runId} ${clock.turns}`)
    .join('\n');
  return { open, fingerprint };
}

async function askClock(client: WorkflowClient, workflowId: string): Promise<ClockState | null> {
  try {
    return await client.withDeadline(Date.now() + answerTimeoutMs, () =>
      client.getHandle(workflowId).query(clockState),
    );
  } catch (error) {
    if (error instanceof QueryRejectedError || error instanceof WorkflowNotFoundError) return null;
    throw new ClockAdvanceError(
      'no_answer',
      `${workflowId} does not say what time it has; is a worker running? ` +
        `(${error instanceof Error ? error.message : String(error)})`,
      { cause: error },
    );
  }
}
