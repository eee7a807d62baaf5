import { Context } from '@temporalio/activity';

/** Six of these fit into the heartbeat time-out (workflows/activity-options.ts). */
const HEARTBEAT_INTERVAL_MS = 5_000;

/** Runs work that may be busy in one long statement, telling Temporal all the while that it lives. */
export async function withHeartbeat<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), HEARTBEAT_INTERVAL_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
