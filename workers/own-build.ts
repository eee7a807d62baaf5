import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { FirstPromotion, KnownVersion } from '../temporal/worker-versions.ts';

/** What Temporal knows of the builds of workers, and is told. */
export interface BuildRegistry {
  readonly list: () => Promise<readonly KnownVersion[]>;
  readonly promoteFirst: (build: string) => Promise<FirstPromotion>;
}

/** The server hears of a new worker's queues within a second or two. */
const soonMs = 1_000;
/** How long it remembers a worker that is gone is counted in minutes. */
const laterMs = 30_000;

/**
 * Lets the first build of a namespace take the work by itself, and says in the log when a worker gets
 * none because another build is current: from outside it looks like one that stands still.
 *
 * @param build this worker's; undefined = it has no version.
 */
export function followOwnBuild(
  build: string | undefined,
  registry: BuildRegistry,
  logger: Logger,
): { stop(): void } {
  const stop = new AbortController();
  const follow = async () => {
    if (build !== undefined && !(await takeFirst(build, registry, logger, stop.signal))) return;
    await sayWhetherCurrent(build, registry, logger);
  };
  follow().catch((error: unknown) => {
    // A process that ends closes the connection under its look.
    if (stop.signal.aborted) return;
    logger.warn({ err: error }, 'it is not known which build of the workers is current');
  });
  return { stop: () => stop.abort() };
}

/** @returns whether somebody has decided which build is current: then nobody pushes in */
async function takeFirst(
  build: string,
  { promoteFirst }: BuildRegistry,
  logger: Logger,
  signal: AbortSignal,
): Promise<boolean> {
  let said = false;
  for (;;) {
    const outcome = await promoteFirst(build);
    if (outcome === 'decided') return true;
    if (outcome === 'promoted') {
      logger.info({ build }, 'first build of the workers: it is current now');
      return false;
    }
    if (outcome === 'others_work' && !said) {
      said = true;
      const remedy = remedyOf(build);
      logger.warn({ build, remedy }, 'this worker gets no workflows: workers without a build run');
    }
    await pause(outcome === 'others_work' ? laterMs : soonMs, undefined, { signal });
  }
}

async function sayWhetherCurrent(
  build: string | undefined,
  { list }: BuildRegistry,
  logger: Logger,
): Promise<void> {
  const current = (await list()).find((one) => one.current)?.build;
  if (current === build) return;
  const remedy =
    build === undefined
      ? 'set TSUKIGIME_WORKER_BUILD, or: tsukigime workers promote --unversioned'
      : remedyOf(build);
  logger.warn(
    { build, current, remedy },
    'this worker gets no workflows: its build is not current',
  );
}

const remedyOf = (build: string) => `tsukigime workers promote --build ${build}`;
