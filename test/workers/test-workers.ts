import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { inject } from 'vitest';
import { parseEncryptionKeys } from '../../config.ts';
import { connectTemporal, type TemporalServer } from '../../temporal/client.ts';
import { createWorkflowStarter, type WorkflowStarter } from '../../temporal/workflow-starter.ts';
import { createLogger } from '../../workers/logger.ts';
import { type ActivitiesByQueue, startWorkers } from '../../workers/worker.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';

export const fixturesPath = fileURLToPath(new URL('./fixtures/index.ts', import.meta.url));
export const bundlesDir = join(tmpdir(), 'tsukigime-test-bundles');

export interface TestWorkers {
  readonly server: TemporalServer;
  readonly client: Client;
  readonly starter: WorkflowStarter;
  /** A slug nobody else on the server uses. */
  readonly merchant: string;
  readonly taskQueue: string;
  /** Starts, or starts again, workers of the fixtures; ends with `stop`. */
  startWorkers(
    activities: ActivitiesByQueue,
    shutdownGraceMs?: number,
  ): Promise<Awaited<ReturnType<typeof startWorkers>>>;
  close(): Promise<void>;
}

/**
 * A client with the codec, a merchant and a pair of queues of this test file's own.
 *
 * @param own a Temporal server that the test runs for itself, and its main queue
 */
export async function connectTestWorkers(
  own: { readonly address?: string; readonly namespace?: string; readonly taskQueue?: string } = {},
): Promise<TestWorkers> {
  const suffix = randomBytes(4).toString('hex');
  const server: TemporalServer = {
    address: own.address ?? inject('temporalAddress'),
    namespace: own.namespace ?? inject('temporalNamespace'),
    keys: parseEncryptionKeys(inject('payloadKeys')),
  };
  const client = await connectTemporal(server);
  const taskQueue = own.taskQueue ?? `tsukigime-${suffix}`;
  const logger = createLogger({ level: 'silent', name: 'test' });
  return {
    server,
    client,
    taskQueue,
    merchant: `m-${suffix}`,
    starter: createWorkflowStarter(client, taskQueue),
    async startWorkers(activities, shutdownGraceMs = 5_000) {
      const bundle = await loadWorkflowBundle(bundlesDir, logger, fixturesPath);
      return startWorkers({ server, bundle, activities, logger, taskQueue, shutdownGraceMs });
    },
    close: () => client.connection.close(),
  };
}

export const temporaryDir = () => mkdtempSync(join(tmpdir(), 'tsukigime-workers-'));
