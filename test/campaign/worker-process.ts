import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseEncryptionKeys } from '../../config.ts';
import { createDependencies } from '../../workers/dependencies.ts';
import { createLogger } from '../../workers/logger.ts';
import { runUntilStopped } from '../../workers/process.ts';
import { startWorkers } from '../../workers/worker.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import type { WorkerSettings } from './worker-child.ts';

/**
 * The worker of `workers/main.ts` with the real workflows and activities, on the queues and with the
 * time-outs of one test: main.ts has neither setting, for production needs none.
 *
 * It comes with its code loaded and waits for its settings on standard input, so that a kill costs the
 * test no start.
 */
const settings = JSON.parse(await text(process.stdin)) as WorkerSettings;
const { address, namespace, payloadKeys, fileKeys, databaseUrl, taskQueue, bundlesDir } = settings;
const server = { address, namespace, keys: parseEncryptionKeys(payloadKeys) };
const logger = createLogger({ level: settings.logLevel, name: 'worker' });

const { bundlePath, version } = settings;
const bundle =
  bundlePath === undefined
    ? await loadWorkflowBundle(bundlesDir, logger)
    : { code: await readFile(bundlePath, 'utf8'), built: false };
const dependencies = await createDependencies(
  { databaseUrlApp: databaseUrl, fileKeys: parseEncryptionKeys(fileKeys), ...settings.mail },
  server,
  logger,
  taskQueue,
  settings.timing,
);
const workers = await startWorkers({
  server,
  bundle,
  activities: dependencies.activities,
  logger,
  taskQueue,
  shutdownGraceMs: 1000,
  version,
});
const desks = dependencies.keepDesksAwake();
await runUntilStopped(workers, logger);
desks.stop();
await dependencies.close();
process.exit(0);
