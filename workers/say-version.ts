import type { Logger } from 'pino';
import type { KnownVersion } from '../temporal/worker-versions.ts';

/**
 * Says in the log when a worker gets no work because another build is current, or none yet: from
 * outside it looks like one that stands still.
 *
 * @param build this worker's; undefined = it has no version.
 */
export async function sayWhetherCurrent(
  build: string | undefined,
  list: () => Promise<readonly KnownVersion[]>,
  logger: Logger,
): Promise<void> {
  try {
    const current = (await list()).find((one) => one.current)?.build;
    if (current === build) return;
    const remedy =
      build === undefined
        ? 'set TSUKIGIME_WORKER_BUILD, or: tsukigime workers promote --unversioned'
        : `tsukigime workers promote --build ${build}`;
    logger.warn(
      { build, current, remedy },
      'this worker gets no workflows: its build is not current',
    );
  } catch (error) {
    logger.warn({ err: error }, 'it is not known which build of the workers is current');
  }
}
