import { hostname } from 'node:os';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import {
  connectionOptionsOf,
  createDataConverter,
  type TemporalServer,
} from '../temporal/client.ts';
import { activityTracing, workflowTracing } from '../temporal/tracing.ts';
import type { WorkerVersion } from '../temporal/worker-versions.ts';
import { filesTaskQueueOf, mainTaskQueue } from '../workflows/workflow-ids.ts';
import { createActivityLog } from './interceptors.ts';
import type { WorkflowBundle } from './workflow-bundle.ts';

export interface WorkersOptions {
  readonly server: TemporalServer;
  readonly bundle: WorkflowBundle;
  readonly activities: ActivitiesByQueue;
  readonly logger: Logger;
  /** The main queue; a test on a shared server gives one of its own. */
  readonly taskQueue?: string;
  /** How long running activities may go on after `shutdown`; then they are cancelled. */
  readonly shutdownGraceMs: number;
  /** Which build this is; without it the worker takes the work of unversioned ones. */
  readonly version?: WorkerVersion | undefined;
  /** host:port on which this process serves the metrics of the SDK. */
  readonly metricsAddress?: string | undefined;
}

export interface ActivitiesByQueue {
  /** Short activities, on `tsukigime`. */
  readonly main: object;
  /** Streams and merges, on `tsukigime-files`. */
  readonly files: object;
}

export interface RunningWorkers {
  /** Resolves when all have drained after `shutdown`; rejects when one fails or will not end. */
  readonly done: Promise<void>;
  /** Takes no more work and lets what runs finish. Safe to call twice. */
  shutdown(): void;
  /** How all of them stand: as well as the one that stands worst. */
  look(): WorkersState;
}

/** `stopping` also once they have stopped; of `failed` ones the process ends by itself. */
export type WorkersState = 'polling' | 'stopping' | 'failed';

/** Two streams at once fill two cores and two connections; a third only makes all three slower. */
const filesAtOnce = 2;
/** Patience with activities that ignore their cancellation, before the process ends without them. */
const forceAfterGraceMs = 10_000;

/**
 * How long a workflow's next task is kept for the worker that has it in memory. That is also how
 * long the workflows of a killed worker stand still; the other side costs no more than a replay.
 */
const stickyTimeoutMs = 2_000;

/** Takes what the SDK itself says: one runtime serves all workers of a process, one after the other. */
let sdkLines: Logger | undefined;

/** Named after the conventions of Prometheus: durations in seconds, counters with `_total`. */
const metricsAt = (bindAddress: string) => ({
  bindAddress,
  countersTotalSuffix: true,
  unitSuffix: true,
  useSecondsForDurations: true,
});

/** Once per process, before its first connection. Signals are left to `main.ts`. */
function installRuntime(logger: Logger, metricsAddress: string | undefined): void {
  const isInstalled = sdkLines !== undefined;
  sdkLines = logger;
  if (isInstalled) return;
  Runtime.install({
    logger: sdkLogger(() => sdkLines ?? logger),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(metricsAddress === undefined
        ? {}
        : { metrics: { prometheus: metricsAt(metricsAddress) } }),
    },
  });
}

/** Starts the workers of both queues in this process and resolves when they poll. */
export async function startWorkers(options: WorkersOptions): Promise<RunningWorkers> {
  const { server, logger, activities, bundle, taskQueue = mainTaskQueue } = options;
  installRuntime(logger, options.metricsAddress);
  const connection = await NativeConnection.connect(connectionOptionsOf(server));
  const common = {
    connection,
    namespace: server.namespace,
    dataConverter: createDataConverter(server.keys),
    identity: `tsukigime-worker-${process.pid}-${hostname()}`,
    shutdownGraceTime: options.shutdownGraceMs,
    shutdownForceTime: options.shutdownGraceMs + forceAfterGraceMs,
    ...versioning(options.version),
    interceptors: { activity: [createActivityLog(logger), ...activityTracing()] },
    sinks: workflowTracing(),
  };
  const workers: Worker[] = [];
  try {
    workers.push(
      await Worker.create({
        ...common,
        taskQueue,
        workflowBundle: { code: bundle.code },
        activities: activities.main,
        stickyQueueScheduleToStartTimeout: stickyTimeoutMs,
      }),
    );
    // A worker with nothing to do may not be started.
    if (Object.keys(activities.files).length > 0) {
      workers.push(
        await Worker.create({
          ...common,
          taskQueue: filesTaskQueueOf(taskQueue),
          activities: activities.files,
          maxConcurrentActivityTaskExecutions: filesAtOnce,
        }),
      );
    }
  } catch (error) {
    // A connection stays open while a worker holds it, and a worker that never ran cannot be ended.
    if (workers.length === 0) await connection.close();
    throw error;
  }
  return run(workers, connection, logger);
}

/**
 * A month lives 60 days and more: pinned to the build that began it, it would keep that build's workers
 * up as long, with every bug that was mended since. So all workflows move on to the current build,
 * whose changes are patches (`patched`), and recorded histories are replayed before it is released.
 */
function versioning(version: WorkerVersion | undefined) {
  if (version === undefined) return {};
  const { deployment: deploymentName, build: buildId } = version;
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  } as const;
}

function run(workers: Worker[], connection: NativeConnection, logger: Logger): RunningWorkers {
  const shutdown = () => {
    for (const worker of workers) {
      // Any other state is already on its way to the end, or there.
      if (worker.getState() === 'RUNNING') worker.shutdown();
    }
  };
  const runs = workers.map((worker) =>
    worker.run().catch((error: unknown) => {
      // One without the other would leave workflows waiting in silence.
      logger.error({ err: error, taskQueue: worker.options.taskQueue }, 'worker failed');
      shutdown();
      throw error;
    }),
  );
  const done = (async () => {
    const results = await Promise.allSettled(runs);
    await connection.close();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  })();
  // The caller may come to await it only at its end; the failure is logged above either way.
  done.catch(() => {});
  return { done, shutdown, look: () => stateOf(workers) };
}

function stateOf(workers: readonly Worker[]): WorkersState {
  const all = workers.map((worker) => worker.getStatus());
  const pollers = all.flatMap((one) => [one.workflowPollerState, one.activityPollerState]);
  if (pollers.includes('FAILED') || all.some(({ runState }) => runState === 'FAILED')) {
    return 'failed';
  }
  // Every queue of ours has activities; that of files has no workflows.
  const isPolling = all.every(
    ({ runState, activityPollerState }) =>
      runState === 'RUNNING' && activityPollerState === 'POLLING',
  );
  return isPolling ? 'polling' : 'stopping';
}

function sdkLogger(
  logger: () => Logger,
): NonNullable<Parameters<typeof Runtime.install>[0]['logger']> {
  const levels = {
    TRACE: 'trace',
    DEBUG: 'debug',
    INFO: 'info',
    WARN: 'warn',
    ERROR: 'error',
  } as const;
  type Level = keyof typeof levels;
  const log = (level: Level, message: string, meta?: object) => {
    const { error, ...rest } = (meta ?? {}) as { error?: unknown };
    // pino knows how to write an error under `err` only.
    logger()[levels[level]](error === undefined ? rest : { ...rest, err: error }, message);
  };
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
}
