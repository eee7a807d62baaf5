import { type Client, WorkflowClient, WorkflowNotFoundError } from '@temporalio/client';
import { clockMoved } from '../workflows/messages.ts';
import { merchantAttribute } from '../workflows/workflow-ids.ts';
import { ClockAdvanceError } from './clock-advance-error.ts';
import { askWorkflows, type OpenState, type WorkflowsState } from './clock-states.ts';

/**
 * Moves a sandbox merchant's business clock and lets everything happen in its order: one step to
 * the earliest instant that any of its workflows waits for, wait until all are idle, next step.
 *
 * Settled means: in two passes, one after the other, the same workflows are open, each has taken
 * in the clock, is idle, waits for nothing that is due, and has had no turn in between. A message
 * is sent by an activity, which runs until it is delivered, and a query sees every event recorded
 * before it; so at the moment between the passes nothing runs and nothing is under way.
 */
export interface AdvanceClockOptions {
  readonly client: Client;
  readonly merchant: string;
  /** Business instant to reach, ISO-8601. */
  readonly target: string;
  /** Real time in milliseconds since the epoch. */
  readonly realNowMs: () => number;
  /** The merchant's row; null = there is none. */
  readonly readClock: () => Promise<MerchantClock | null>;
  /** Writes the new offset if the row still has the old one; false = somebody else moved it. */
  readonly writeOffset: (offsetMs: number, oldOffsetMs: number) => Promise<boolean>;
  /**
   * IDs of the workflows that Postgres knows to be open. Temporal's list lags behind by moments:
   * a workflow that was just started is found here, since its row is written first.
   */
  readonly openWorkflowIds: () => Promise<readonly string[]>;
  /** Stop on the way at least this often even when nothing is due. */
  readonly maxStepMs?: number;
  readonly onStep?: (step: ClockStep) => void;
  readonly limit?: Partial<ClockAdvanceLimit>;
}

export interface MerchantClock {
  readonly kind: 'real' | 'sandbox';
  readonly offsetMs: number;
}

export interface ClockAdvanceLimit {
  /** A workflow that wakes itself again and again would be stepped for ever. */
  readonly steps: number;
  /** Real time for all workflows to become idle after one step. */
  readonly settleTimeoutMs: number;
}

const defaultLimit: ClockAdvanceLimit = { steps: 10_000, settleTimeoutMs: 60_000 };

export interface ClockStep {
  /** Business instant that was stepped to, ISO-8601. */
  readonly at: string;
  /** The workflows that were due then. */
  readonly due: readonly string[];
  readonly openWorkflows: number;
}

export interface ClockAdvance {
  readonly from: string;
  readonly to: string;
  readonly offsetMs: number;
  readonly steps: number;
}

/**
 * @throws ClockAdvanceError. The clock then stays at the last step; the same call goes on from there.
 */
export async function advanceClock(options: AdvanceClockOptions): Promise<ClockAdvance> {
  const { merchant, realNowMs } = options;
  const limit = { ...defaultLimit, ...options.limit };
  const clock = await options.readClock();
  if (clock === null) throw new ClockAdvanceError('unknown_merchant', `no merchant ${merchant}`);
  if (clock.kind !== 'sandbox') {
    throw new ClockAdvanceError('real_merchant', `${merchant} is real and lives in real time`);
  }
  const fromMs = realNowMs() + clock.offsetMs;
  const targetMs = Date.parse(options.target);
  if (Number.isNaN(targetMs) || targetMs <= fromMs) {
    throw new ClockAdvanceError(
      'not_ahead',
      `the business clock of ${merchant} shows ${iso(fromMs)}; it only goes forward`,
    );
  }
  const settler = createSettler(options, limit.settleTimeoutMs);

  let offsetMs = clock.offsetMs;
  let reachedMs = fromMs;
  let settled = await settler.settle(reachedMs, offsetMs);
  let steps = 0;
  while (reachedMs < targetMs) {
    steps += 1;
    if (steps > limit.steps) {
      throw new ClockAdvanceError(
        'too_many_steps',
        `${limit.steps} steps, now at ${iso(reachedMs)}; next due: ${describeDue(settled)}`,
      );
    }
    const farthestMs = Math.min(targetMs, reachedMs + (options.maxStepMs ?? Infinity));
    const nextMs = Math.min(earliestDueMs(settled), farthestMs);
    const due = settled.filter((state) => dueMs(state) <= nextMs).map((state) => state.workflowId);
    // Real time goes on meanwhile, so the clock may already be past the instant: never back.
    const movedMs = Math.max(offsetMs, nextMs - realNowMs());
    if (!(await options.writeOffset(movedMs, offsetMs))) {
      throw new ClockAdvanceError(
        'moved_by_another',
        `somebody else moved the clock of ${merchant} at the same time`,
      );
    }
    offsetMs = movedMs;
    reachedMs = nextMs;
    settled = await settler.settle(reachedMs, offsetMs);
    options.onStep?.({ at: iso(reachedMs), due, openWorkflows: settled.length });
  }
  return { from: iso(fromMs), to: iso(reachedMs), offsetMs, steps };
}

/** Asks all open workflows of the merchant again and again until the settle rule holds. */
function createSettler(options: AdvanceClockOptions, settleTimeoutMs: number) {
  const { client, merchant, realNowMs } = options;
  // A closed workflow answers no question about its clock instead of being woken for it.
  const asking = new WorkflowClient({
    ...client.workflow.options,
    queryRejectCondition: 'NOT_OPEN',
  });
  let known = new Set<string>();

  async function pass(offsetMs: number): Promise<WorkflowsState> {
    const ids = new Set([...known, ...(await options.openWorkflowIds())]);
    const query = `${merchantAttribute.name} = '${merchant}' AND ExecutionStatus = 'Running'`;
    for await (const { workflowId } of client.workflow.list({ query })) ids.add(workflowId);
    const state = await ask([...ids].sort(), offsetMs);
    known = new Set(state.open.map((workflow) => workflow.workflowId));
    return state;
  }

  /** Asks, and tells those that have not taken in the clock yet. */
  async function ask(ids: readonly string[], offsetMs: number): Promise<WorkflowsState> {
    const state = await askWorkflows(asking, ids);
    await tell(
      state.open
        .filter((workflow) => workflow.clock.offsetMs < offsetMs)
        .map((workflow) => workflow.workflowId),
      offsetMs,
    );
    return state;
  }

  async function tell(ids: readonly string[], offsetMs: number): Promise<void> {
    await Promise.all(
      ids.map(async (workflowId) => {
        try {
          await client.workflow.getHandle(workflowId).signal(clockMoved, { offsetMs });
        } catch (error) {
          // It ended between the question and the signal; the next pass sees that.
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        }
      }),
    );
  }

  async function settle(atMs: number, offsetMs: number): Promise<readonly OpenState[]> {
    const giveUpAtMs = realNowMs() + settleTimeoutMs;
    const isRestless = (workflow: OpenState) => !isSettled(workflow, atMs, offsetMs);
    // Saves one round of questions; `pass` tells those that were not known yet.
    await tell([...known], offsetMs);
    let previous: string | null = null;
    for (;;) {
      const state = await pass(offsetMs);
      let restless = state.open.filter(isRestless);
      if (restless.length === 0 && previous === state.fingerprint) return state.open;
      if (realNowMs() > giveUpAtMs) {
        throw new ClockAdvanceError('not_settled', describeRestless(restless, atMs, offsetMs));
      }
      previous = restless.length === 0 ? state.fingerprint : null;
      // Only full passes count; in between it is enough to ask those that are not ready.
      for (let pauseMs = 2; restless.length > 0; pauseMs = Math.min(pauseMs * 2, 100)) {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        if (realNowMs() > giveUpAtMs) break;
        const again = await ask(
          restless.map((workflow) => workflow.workflowId),
          offsetMs,
        );
        restless = again.open.filter(isRestless);
      }
    }
  }

  return { settle };
}

const iso = (ms: number) => new Date(ms).toISOString();

const dueMs = ({ clock }: OpenState) =>
  clock.nextDue === null ? Number.POSITIVE_INFINITY : Date.parse(clock.nextDue);

const earliestDueMs = (states: readonly OpenState[]) => Math.min(...states.map(dueMs));

function isSettled(workflow: OpenState, atMs: number, offsetMs: number): boolean {
  const { clock } = workflow;
  return clock.idle && clock.offsetMs >= offsetMs && dueMs(workflow) > atMs;
}

function describeDue(states: readonly OpenState[]): string {
  const earliest = earliestDueMs(states);
  return states
    .filter((state) => dueMs(state) === earliest)
    .map((state) => `${state.workflowId} at ${state.clock.nextDue}`)
    .join(', ');
}

function describeRestless(states: readonly OpenState[], atMs: number, offsetMs: number): string {
  const reasons = states.map(({ workflowId, clock }) => {
    if (!clock.idle) return `${workflowId} still runs ${clock.running.join(', ') || 'a handler'}`;
    if (clock.offsetMs < offsetMs) return `${workflowId} has not taken in the clock`;
    return `${workflowId} is due at ${clock.nextDue} and does not go on`;
  });
  // Idle in every pass, but never without a turn in between.
  if (reasons.length === 0) reasons.push('messages keep coming in');
  return `not idle at ${iso(atMs)}: ${reasons.join('; ')}`;
}
