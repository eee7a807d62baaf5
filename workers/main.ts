import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Config, ConfigError, readConfig } from '../config.ts';
import type { TemporalServer } from '../temporal/client.ts';
import { startTracing } from '../temporal/tracing.ts';
import { workerDeployment } from '../temporal/worker-versions.ts';
import { keepAuditHeads } from './audit-heads.ts';
import { createDependencies } from './dependencies.ts';
import { keepSessionsShort } from './ended-sessions.ts';
import { serveHealth } from './health.ts';
import { createLogger } from './logger.ts';
import { followOwnBuild } from './own-build.ts';
import { packWorkflows } from './pack-workflows.ts';
import { runUntilStopped } from './process.ts';
import { keepSchedules } from './schedules.ts';
import { startWorkers } from './worker.ts';

/** Entry of the worker process: `node --import tsx workers/main.ts`. */

function serverOf(config: Config): TemporalServer {
  const { temporalAddress: address, payloadKeys: keys } = config;
  if (address === undefined || keys === undefined) {
    throw new ConfigError(
      'The worker needs TEMPORAL_ADDRESS and TSUKIGIME_PAYLOAD_KEYS. `tsukigime up` sets both for ' +
        'the embedded servers.',
    );
  }
  const { temporalNamespace: namespace, temporalAccess: access, consoleUrl } = config;
  return { address, namespace, access, keys, consoleUrl };
}

async function start(config: Config, logger: Logger) {
  const server = serverOf(config);
  const bundle = await packWorkflows(join(config.dataDir, 'bundles'), logger);
  const dependencies = await createDependencies(config, server, logger);
  try {
    const workers = await startWorkers({
      server,
      bundle,
      activities: dependencies.activities,
      logger,
      shutdownGraceMs: config.shutdownGraceMs,
      version:
        config.workerBuild === undefined
          ? undefined
          : { deployment: workerDeployment, build: config.workerBuild },
      metricsAddress: config.metricsAddress,
    });
    return { workers, dependencies };
  } catch (error) {
    await dependencies.close();
    throw error;
  }
}

async function main(): Promise<number> {
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  const logger = createLogger({ level: config.logLevel, name: 'worker' });
  const endTracing = startTracing('tsukigime-worker', config.tracing);
  try {
    const { workers, dependencies } = await start(config, logger);
    const schedules = keepSchedules(dependencies.syncSchedules, logger);
    const auditHeads = keepAuditHeads(dependencies.recordAuditHeads, logger);
    const sessions = keepSessionsShort(dependencies.removeEndedSessions, logger);
    const desks = dependencies.keepDesksAwake();
    void dependencies.startMailWorkflows();
    const build = followOwnBuild(config.workerBuild, dependencies.builds, logger);
    const health =
      config.healthAddress === undefined
        ? undefined
        : await serveHealth(config.healthAddress, {
            ...dependencies.probes,
            workers: workers.look,
          });
    try {
      await runUntilStopped(workers, logger);
    } finally {
      await health?.close();
      build.stop();
      schedules.stop();
      auditHeads.stop();
      desks.stop();
      sessions.stop();
      await dependencies.close();
    }
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`);
      return 2;
    }
    logger.fatal({ err: error }, 'worker stopped by an error');
    return 1;
  } finally {
    await endTracing();
  }
}

process.exit(await main());
