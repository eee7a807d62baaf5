import { setMaxListeners } from 'node:events';
import type { Client } from '@temporalio/client';

/** The wait is over; whether the call takes effect is open. */
export class OutOfPatienceError extends Error {
  override name = 'OutOfPatienceError';
}

/**
 * A call to Temporal that is waited for only so long. The SDK forgets an abort while it is between
 * two retries and would hold the caller for half a minute, so the wait ends by a timer of our own;
 * what is left behind ends by the abort or by itself.
 *
 * @throws OutOfPatienceError after `waitMs`
 */
export async function withPatience<Result>(
  temporal: Client,
  waitMs: number,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const abort = new AbortController();
  // The SDK adds a listener for every call that it makes and takes none away: an Update that is asked for
  // again and again has more than ten. They go with the signal.
  setMaxListeners(0, abort.signal);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new OutOfPatienceError(`No answer from Temporal within ${waitMs} ms.`));
      abort.abort();
    }, waitMs);
  });
  const called = temporal.withAbortSignal(abort.signal, () => call(abort.signal));
  // Once nobody waits any more, how it ends concerns nobody.
  called.catch(() => {});
  return await Promise.race([called, late]).finally(() => clearTimeout(timer));
}
