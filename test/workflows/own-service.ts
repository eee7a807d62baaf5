import pino from 'pino';
import { createFileGuard } from '../../activities/file-guard.ts';
import { sourceTester } from '../../activities/look-at-source.ts';
import { refreshTester } from '../../activities/refresh-connection.ts';
import { type Api, createApp } from '../../api/app.ts';
import { type ApiDependencies, defaultLimits } from '../../api/dependencies.ts';
import { createDependencies } from '../../workers/dependencies.ts';
import { createLogger } from '../../workers/logger.ts';
import { startWorkers } from '../../workers/worker.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import type { WorkflowTiming } from '../../workflows/activity-options.ts';
import { bundlesDir, type TestWorkers } from '../workers/test-workers.ts';

/**
 * The whole API as the service runs it, silent, on a database and queues of the test's own.
 *
 * @param own what this test needs otherwise
 */
export function createOwnApi(
  own: Pick<ApiDependencies, 'db' | 'temporal' | 'workflows' | 'fileKeys'> &
    Partial<ApiDependencies>,
): Api {
  return createApp({
    createGuard: createFileGuard,
    testOrderSource: sourceTester({ db: own.db, fileKeys: own.fileKeys, inboxDir: undefined }),
    testRefreshConnection: refreshTester({ db: own.db, fileKeys: own.fileKeys }),
    realNow: () => new Date(),
    logger: pino({ level: 'silent' }),
    limits: { ...defaultLimits, tokenPerMinute: 1_000_000, publicPerMinute: 1_000_000 },
    updateWaitMs: 5000,
    trustedProxies: 0,
    ...own,
  });
}

/** Real workers with real activities on the test's own queues. @returns how to stop them, once */
export async function startOwnWorkers(
  config: Parameters<typeof createDependencies>[0],
  { server, taskQueue }: Pick<TestWorkers, 'server' | 'taskQueue'>,
  timing?: Partial<WorkflowTiming>,
  logger = createLogger({ level: 'silent', name: 'test' }),
): Promise<() => Promise<void>> {
  const bundle = await loadWorkflowBundle(bundlesDir, logger);
  const dependencies = await createDependencies(config, server, logger, taskQueue, timing);
  const workers = await startWorkers({
    server,
    bundle,
    activities: dependencies.activities,
    logger,
    taskQueue,
    shutdownGraceMs: 2000,
  });
  const desks = dependencies.keepDesksAwake();
  let stopped: Promise<void> | undefined;
  return () => {
    stopped ??= (async () => {
      desks.stop();
      workers.shutdown();
      await workers.done;
      await dependencies.close();
    })();
    return stopped;
  };
}
