import { type Client, type Workflow, WorkflowNotFoundError } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import type { CycleStage } from '../billing/cycle.ts';
import type { WorkflowInput, WorkflowTiming } from '../workflows/activity-options.ts';
import { type RowChanged, rowChanged } from '../workflows/messages.ts';
import { mainTaskQueue, startAttributes } from '../workflows/workflow-ids.ts';

export interface WorkflowStart<Input extends WorkflowInput> {
  /** From `workflow-ids.ts`. */
  readonly workflowId: string;
  /** The workflow's function, of which only the name travels, or that name. */
  readonly workflow: string | ((input: Input) => Promise<unknown>);
  readonly input: Input;
  readonly month: string | null;
  readonly stage: CycleStage | null;
}

/** How activities and the API start and wake workflows. No child workflows (design 3). */
export interface WorkflowStarter {
  /**
   * Starts a workflow by its ID. One that runs already is used as it is; one that has ended is
   * started again and, reading its stage from its row, ends at once when there is nothing to do:
   * the ID is no lock, the row is.
   *
   * @returns the run's ID.
   */
  start<Input extends WorkflowInput>(start: WorkflowStart<Input>): Promise<string>;
  /** Tells a workflow to read a row again, and starts it when it does not run: in one step. */
  startAndReport<Input extends WorkflowInput>(
    start: WorkflowStart<Input>,
    change: RowChanged,
  ): Promise<void>;
  /** @returns whether it was delivered: false when no workflow runs under the ID. */
  signal<Args extends unknown[]>(
    workflowId: string,
    signal: SignalDefinition<Args>,
    ...args: Args
  ): Promise<boolean>;
  /** Tells a workflow to read a row again; false when it no longer runs. */
  reportRowChanged(workflowId: string, change: RowChanged): Promise<boolean>;
}

/** @param timing what differs from the default in everything that it starts: short in tests */
export function createWorkflowStarter(
  client: Client,
  taskQueue = mainTaskQueue,
  timing?: Partial<WorkflowTiming>,
): WorkflowStarter {
  async function signal<Args extends unknown[]>(
    workflowId: string,
    definition: SignalDefinition<Args>,
    ...args: Args
  ): Promise<boolean> {
    try {
      await client.workflow.getHandle(workflowId).signal(definition, ...args);
      return true;
    } catch (error) {
      // It has ended: it waits for nothing any more, and the row says the same to whoever asks.
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  function optionsOf<Input extends WorkflowInput>(start: WorkflowStart<Input>) {
    return {
      workflowId: start.workflowId,
      taskQueue,
      args: [timing === undefined ? start.input : { ...start.input, timing }],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      typedSearchAttributes: startAttributes(start.input.merchant, start.month, start.stage),
    } as const;
  }

  return {
    async start(start) {
      const handle = await client.workflow.start(
        start.workflow as string | Workflow,
        optionsOf(start),
      );
      return handle.firstExecutionRunId;
    },
    async startAndReport(start, change) {
      await client.workflow.signalWithStart(start.workflow as string | Workflow, {
        ...optionsOf(start),
        signal: rowChanged,
        signalArgs: [change],
      });
    },
    signal,
    reportRowChanged: (workflowId, change) => signal(workflowId, rowChanged, change),
  };
}
