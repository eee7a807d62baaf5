import type { Client } from '@temporalio/client';

const lines = new WeakMap<Client, Map<string, Promise<unknown>>>();

/**
 * Lets the Updates of one workflow enter one after another. Temporal holds ten at a time and drops
 * them all, to be sent again, when one arrives while the workflow is about to end: many at once would
 * keep it from ending, and from answering any of them, for as long as they go on.
 *
 * @param signal ends the turn, so that those behind are not held by a call that nobody waits for.
 */
export function enterInTurn<Result>(
  temporal: Client,
  workflowId: string,
  signal: AbortSignal,
  enter: () => Promise<Result>,
): Promise<Result> {
  const line = lines.get(temporal) ?? new Map<string, Promise<unknown>>();
  lines.set(temporal, line);
  const gone = new Promise<never>((_resolve, reject) => {
    const leave = () => reject(new Error('nobody waits for this any more'));
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
  });
  const before = line.get(workflowId) ?? Promise.resolve();
  const entered = Promise.race([before.then(() => (signal.aborted ? gone : enter())), gone]);
  // What became of the one before is no matter to those behind.
  const turn = entered.then(
    () => {},
    () => {},
  );
  line.set(workflowId, turn);
  void turn.then(() => {
    if (line.get(workflowId) === turn) line.delete(workflowId);
  });
  return entered;
}
