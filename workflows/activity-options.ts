import { type ActivityOptions, workflowInfo } from '@temporalio/workflow';
import { filesTaskQueueOf } from './workflow-ids.ts';

/**
 * Every retry policy and time-out, with its reason. Whether a failure may be retried is said where
 * it is thrown (ApplicationFailure), never here by name: docs/failures.md lists them.
 *
 * What differs between a test and production reaches a workflow in its input, as a part of
 * `WorkflowInput`, so that a replay sees what the first run saw.
 */
export interface WorkflowTiming {
  /** Time after which a short activity counts as dead: these do not heartbeat. */
  readonly shortTimeoutMs: number;
  /** Silence after which a file activity counts as dead and is given to another worker. */
  readonly heartbeatTimeoutMs: number;
  /** First pause before a failed activity is tried again; it doubles up to `retryMaxIntervalMs`. */
  readonly retryInitialIntervalMs: number;
  readonly retryMaxIntervalMs: number;
  /** How long one hand-over to a PSP may take. An answer after that is an unknown outcome. */
  readonly sendTimeoutMs: number;
  /** Events after which a run continues as a new one; the server suggests it later by itself. */
  readonly maxHistoryEvents: number;
}

export const defaultTiming: WorkflowTiming = {
  // Set-based statements over a month of orders take seconds; a minute without an answer means a
  // dead worker.
  shortTimeoutMs: 60_000,
  // Six times the interval at which file activities heartbeat: one slow disk is not a death.
  heartbeatTimeoutMs: 30_000,
  retryInitialIntervalMs: 500,
  retryMaxIntervalMs: 30_000,
  // 10,000 records are below 10 MB: ten minutes are enough on a line of 130 kbit/s.
  sendTimeoutMs: 600_000,
  // A worker that lost its cache replays them in well under a second.
  maxHistoryEvents: 4_000,
};

/** What the input of every merchant's workflow has in common. IDs and settings, never rows. */
export interface WorkflowInput {
  readonly merchant: string;
  /** The merchant's clock offset when it was started; the row is read again by the first activity. */
  readonly clockOffsetMs: number;
  /** Only what differs from `defaultTiming`; production gives none of it. */
  readonly timing?: Partial<WorkflowTiming>;
}

export function timingOf(input: Pick<WorkflowInput, 'timing'>): WorkflowTiming {
  return { ...defaultTiming, ...input.timing };
}

/**
 * Activities of a few statements, on the workflow's own queue. No limit of attempts: while Postgres is away nothing is wrong
 * with the cycle, and a mistake in our code is mended by deploying the mend, after which the
 * next attempt goes through.
 */
export function shortActivity(timing: WorkflowTiming): ActivityOptions {
  return {
    startToCloseTimeout: timing.shortTimeoutMs,
    retry: {
      initialInterval: timing.retryInitialIntervalMs,
      backoffCoefficient: 2,
      maximumInterval: timing.retryMaxIntervalMs,
    },
  };
}

/**
 * Activities that stream, parse or merge a whole file: one activity per file, which heartbeats by
 * timer and resumes from its cursor row. No limit of attempts, for the same reason as above.
 */
export function fileActivity(timing: WorkflowTiming): ActivityOptions {
  return {
    taskQueue: filesTaskQueueOf(workflowInfo().taskQueue),
    // A million rows take minutes; the heartbeat, not this, finds the dead.
    startToCloseTimeout: 2 * 3_600_000,
    heartbeatTimeout: timing.heartbeatTimeoutMs,
    retry: {
      initialInterval: timing.retryInitialIntervalMs,
      backoffCoefficient: 2,
      maximumInterval: timing.retryMaxIntervalMs,
    },
  };
}

/**
 * One round of deliveries. It heartbeats while the other side takes its time; what a dead worker had
 * under way is sent again under the same key. On the main queue: it holds no file, and must not wait
 * behind one.
 */
export function deliveryActivity(timing: WorkflowTiming): ActivityOptions {
  return {
    // A round takes some 20 s and the last answers their time limit; the heartbeat finds the dead.
    startToCloseTimeout: 10 * 60_000,
    heartbeatTimeout: timing.heartbeatTimeoutMs,
    retry: {
      initialInterval: timing.retryInitialIntervalMs,
      backoffCoefficient: 2,
      maximumInterval: timing.retryMaxIntervalMs,
    },
  };
}

/**
 * The send step. One attempt, ever: a second one might authorize every order again. Whatever ends
 * it without a recorded answer leaves the exchange `unknown`, which a person or the PSP settles.
 */
export function sendActivity(timing: WorkflowTiming): ActivityOptions {
  return {
    taskQueue: filesTaskQueueOf(workflowInfo().taskQueue),
    // It knows the time of its scheduling: after an outage of the workers that is too old to judge by
    // it whether the deadline has passed. Nothing was begun then, and it is planned anew.
    scheduleToStartTimeout: 3_600_000,
    startToCloseTimeout: timing.sendTimeoutMs,
    heartbeatTimeout: timing.heartbeatTimeoutMs,
    retry: { maximumAttempts: 1 },
  };
}

/**
 * Activities that talk to a mail server or a mailbox, one connection for many mails. They heartbeat by
 * timer, come back by themselves when the server is away (the workflow waits then, on the business
 * clock), and may be repeated: each mail is claimed, or noted by its UID, before the next.
 */
export function mailActivity(timing: WorkflowTiming): ActivityOptions {
  return {
    // A minute's worth of mails, each with a server that takes two minutes to say nothing.
    startToCloseTimeout: 2 * 3_600_000,
    heartbeatTimeout: timing.heartbeatTimeoutMs,
    retry: {
      initialInterval: timing.retryInitialIntervalMs,
      backoffCoefficient: 2,
      maximumInterval: timing.retryMaxIntervalMs,
    },
  };
}
