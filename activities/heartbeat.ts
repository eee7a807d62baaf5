import { Context } from '@temporalio/activity';

/** Beats within one heartbeat time-out: losing some to a busy machine is no death. */
const BEATS_PER_TIMEOUT = 6;

/** Runs work that may be busy in one long statement, telling Temporal all the while that it lives. */
export async function withHeartbeat<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const { heartbeatTimeoutMs } = context.info;
  if (heartbeatTimeoutMs === undefined) return await work();
  const beat = setInterval(() => context.heartbeat(), heartbeatTimeoutMs / BEATS_PER_TIMEOUT);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}

/** Ends before Temporal gives the activity up, and with it: its bytes must not arrive after that. */
export function whileThisActivityLives(): AbortSignal {
  const { cancellationSignal, info } = Context.current();
  return AbortSignal.any([
    cancellationSignal,
    AbortSignal.timeout(info.startToCloseTimeoutMs * 0.9),
  ]);
}
