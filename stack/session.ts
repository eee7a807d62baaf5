import { type BringUpOptions, bringUpStack, type Stack } from './bring-up.ts';

export type SessionOptions = Omit<BringUpOptions, 'signal' | 'onUnexpectedExit'>;

/** How a session ended: by itself, or because a person or the system asked for it. */
export type SessionEnd = 'finished' | 'interrupted';

/**
 * Runs something on a stack from bring-up to clean stop. SIGINT, SIGTERM and SIGHUP end it in
 * order; a second one ends at once (the children are still signalled). When a child ends by itself
 * the session ends with that error.
 *
 * @param use gets the signal that says "stop", also when a child was lost; what it awaits then is no
 *   longer waited for, and whatever it does not give up keeps this process from ending.
 * @throws what bring-up, `use` or a lost child throws, after everything was stopped.
 */
export async function runStackSession(
  options: SessionOptions,
  use: (stack: Stack, signal: AbortSignal) => Promise<void>,
): Promise<SessionEnd> {
  const { onProgress = () => {} } = options;
  const interrupt = catchSignals(onProgress);
  let loseChild: (error: Error) => void = () => {};
  const lostChild = new Promise<never>((_, reject) => {
    loseChild = reject;
  });
  // It may be rejected before the race below looks at it.
  lostChild.catch(() => {});
  let stack: Stack | undefined;
  const ended = new AbortController();
  try {
    stack = await bringUpStack({
      ...options,
      signal: interrupt.signal,
      onUnexpectedExit: (name, { code, signal }, logFile) =>
        loseChild(
          new Error(`${name} ended by itself (${signal ?? `exit code ${code}`}); see ${logFile}`),
        ),
    });
    const signal = AbortSignal.any([interrupt.signal, ended.signal]);
    await Promise.race([lostChild, interrupt.happened, use(stack, signal)]);
    return interrupt.signal.aborted ? 'interrupted' : 'finished';
  } catch (error) {
    // What breaks after the request to stop breaks because of it.
    if (interrupt.signal.aborted) return 'interrupted';
    throw error;
  } finally {
    ended.abort(new Error('the session has ended'));
    await stack?.stop();
    interrupt.dispose();
  }
}

function catchSignals(say: (text: string) => void) {
  const controller = new AbortController();
  let settle: () => void = () => {};
  const happened = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const onSignal = (name: NodeJS.Signals) => {
    // Leaving runs the exit hook of stack/processes.ts, which signals every child.
    if (controller.signal.aborted) process.exit(130);
    say(`stopping (${name}); again to stop at once`);
    controller.abort(new Error(`stopped by ${name}`));
    settle();
  };
  const names: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    happened,
    dispose: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
