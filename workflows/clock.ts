import {
  allHandlersFinished,
  CancellationScope,
  condition,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { countTurn, runningNames, turnsTaken } from './in-flight.ts';
import { type ClockState, clockMoved, clockState } from './messages.ts';

/**
 * The only workflow file that reads the time or sets a timer.
 *
 * One business clock per merchant: now = workflow time + the merchant's offset, which is 0 for a
 * real merchant. A sandbox merchant's clock is moved by writing the row and signalling
 * `clockMoved`; every wait is then measured again.
 */
export interface Clock {
  /** Business time, ISO-8601 UTC. */
  now(): string;
  /** Whether the instant (ISO-8601) has come; null = it has. */
  isDue(instant: string | null): boolean;
  /** The instant that lies so far ahead of now. */
  in(durationMs: number): string;
  /** For the input of a continue-as-new. */
  offsetMs(): number;
  /** Takes in the offset that a first activity read from the merchant's row. Never goes back. */
  moveTo(offsetMs: number): void;
  /**
   * Waits until the instant (ISO-8601) has come or the condition holds, whichever is first; when
   * both do, `condition`. A null instant never comes. `purpose` shows at the timer in the UI.
   */
  until(
    instant: string | null,
    orCondition?: () => boolean,
    purpose?: string,
  ): Promise<'due' | 'condition'>;
  /** Like `until` with an instant that lies so far ahead of now. */
  after(
    durationMs: number,
    orCondition?: () => boolean,
    purpose?: string,
  ): Promise<'due' | 'condition'>;
  /**
   * Calls `check` now, then at each interval and whenever `woken` holds (`check` must undo it),
   * until it gives a value or `deadline` has come, when it is called for a last time.
   */
  every<T>(options: EveryOptions<T>): Promise<T | 'due'>;
  /** Waits until no activity and no handler runs: before every continue-as-new and every return. */
  quiet(): Promise<void>;
}

export interface EveryOptions<T> {
  readonly intervalMs: number;
  /** ISO-8601; null = none. */
  readonly deadline: string | null;
  readonly woken?: () => boolean;
  readonly check: () => Promise<T | undefined>;
  readonly purpose?: string;
}

/** Call it once, first thing in a workflow: it answers `clockState` from then on. */
export function startClock(initialOffsetMs: number): Clock {
  let offsetMs = initialOffsetMs;
  const dueMs = new Set<{ readonly atMs: number }>();

  const nowMs = () => Date.now() + offsetMs;
  const isoNow = () => new Date(nowMs()).toISOString();
  const moveTo = (movedMs: number) => {
    if (movedMs > offsetMs) offsetMs = movedMs;
  };

  setHandler(clockMoved, (moved) => moveTo(moved.offsetMs), {
    description: 'the business clock was moved (sandbox)',
  });
  setHandler(clockState, (): ClockState => {
    const running = runningNames();
    const earliestMs = Math.min(...[...dueMs].map((wait) => wait.atMs));
    return {
      offsetMs,
      now: isoNow(),
      nextDue: Number.isFinite(earliestMs) ? new Date(earliestMs).toISOString() : null,
      idle: running.length === 0 && allHandlersFinished(),
      running,
      turns: turnsTaken(),
      runId: workflowInfo().runId,
    };
  });

  async function untilMs(
    atMs: number,
    orCondition: () => boolean,
    purpose: string | undefined,
  ): Promise<'due' | 'condition'> {
    const wait = { atMs };
    dueMs.add(wait);
    try {
      while (!orCondition()) {
        const leftMs = atMs - nowMs();
        if (leftMs <= 0) return 'due';
        const armedAtMs = offsetMs;
        const woken = () => orCondition() || offsetMs !== armedAtMs;
        const summary = purpose === undefined ? {} : { summary: purpose };
        // A timer may fire a moment early by this worker's reckoning: hence the loop.
        await condition(woken, leftMs, summary);
        countTurn();
      }
      return 'condition';
    } finally {
      dueMs.delete(wait);
    }
  }

  async function until(
    instant: string | null,
    orCondition: () => boolean = () => false,
    purpose?: string,
  ): Promise<'due' | 'condition'> {
    if (instant === null) {
      await condition(orCondition);
      countTurn();
      return 'condition';
    }
    const atMs = Date.parse(instant);
    // A wait for NaN would never end and never show: better a failed task that names it.
    if (Number.isNaN(atMs)) throw new RangeError('clock.until: not an ISO-8601 instant');
    return untilMs(atMs, orCondition, purpose);
  }

  async function every<T>(options: EveryOptions<T>): Promise<T | 'due'> {
    const { intervalMs, deadline, woken = () => false, check, purpose } = options;
    for (;;) {
      const value = await check();
      if (value !== undefined) return value;
      const deadlineMs = deadline === null ? Number.POSITIVE_INFINITY : Date.parse(deadline);
      if (deadlineMs <= nowMs()) return 'due';
      await untilMs(Math.min(nowMs() + intervalMs, deadlineMs), woken, purpose);
    }
  }

  return {
    now: isoNow,
    isDue: (instant) => instant === null || Date.parse(instant) <= nowMs(),
    in: (durationMs) => new Date(nowMs() + durationMs).toISOString(),
    offsetMs: () => offsetMs,
    moveTo,
    until,
    after: (durationMs, orCondition = () => false, purpose) =>
      untilMs(nowMs() + durationMs, orCondition, purpose),
    every,
    quiet: () =>
      // Not cancellable: a cancelled workflow, too, lets its handlers finish before it ends.
      CancellationScope.nonCancellable(() =>
        condition(() => runningNames().length === 0 && allHandlersFinished()),
      ),
  };
}
