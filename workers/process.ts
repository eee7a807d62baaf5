import type { Logger } from 'pino';
import type { RunningWorkers } from './worker.ts';

/** What supervisors and tests wait for on standard output. */
export const readyLine = 'worker ready';

/**
 * Says on standard output that the workers poll and waits until they have drained. The first
 * SIGTERM or SIGINT drains; a second one ends the process at once, as a kill would.
 */
export async function runUntilStopped(workers: RunningWorkers, logger: Logger): Promise<void> {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) {
      logger.warn({ signal }, 'second signal: ending without waiting for running activities');
      process.exit(signal === 'SIGINT' ? 130 : 143);
    }
    stopping = true;
    logger.info({ signal }, 'stopping: no new work, waiting for running activities');
    workers.shutdown();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.stdout.write(`${readyLine}\n`);
  try {
    await workers.done;
    logger.info('stopped');
  } finally {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
  }
}
