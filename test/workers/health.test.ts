import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { promoteFirstBuild } from '../../temporal/worker-versions.ts';
import { serveHealth, type WorkerProbes } from '../../workers/health.ts';
import { createLogger } from '../../workers/logger.ts';
import { type RunningWorkers, startWorkers } from '../../workers/worker.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { bundlesDir, connectTestWorkers, fixturesPath, type TestWorkers } from './test-workers.ts';

let temporal: TestWorkers;
let workers: RunningWorkers;
const activities = { main: { nothing: async () => {} }, files: {} };
beforeAll(async () => {
  temporal = await connectTestWorkers();
  workers = await temporal.startWorkers(activities);
});
afterAll(async () => {
  workers?.shutdown();
  await workers?.done;
  await temporal?.close();
});

async function askReadiness(probes: Partial<WorkerProbes>) {
  const there = async () => {};
  const page = await serveHealth('127.0.0.1:0', {
    ...{ postgres: there, temporal: there, workers: () => 'polling' as const },
    ...probes,
  });
  const alive = await fetch(`${page.url}/healthz`);
  const answer = await fetch(`${page.url}/readyz`);
  const body = (await answer.json()) as object;
  await page.close();
  expect(alive.status).toBe(200);
  return [answer.status, body];
}

test('a worker that cannot work is alive and not ready, and says what is missing', async () => {
  const well = { ready: true, postgres: 'ok', temporal: 'ok', workers: 'polling' };
  const away = async () => {
    throw new Error('connection refused');
  };
  expect(await askReadiness({})).toEqual([200, well]);
  expect(await askReadiness({ postgres: away })).toEqual([
    503,
    { ...well, ready: false, postgres: 'away' },
  ]);
  expect(await askReadiness({ temporal: away })).toEqual([
    503,
    { ...well, ready: false, temporal: 'away' },
  ]);
  const failed = { workers: () => 'failed' as const };
  expect(await askReadiness(failed)).toEqual([503, { ...well, ready: false, workers: 'failed' }]);
});

test('a first build does not take the work of workers that have none', async () => {
  const { server, client, taskQueue } = temporal;
  const logger = createLogger({ level: 'silent', name: 'test' });
  const of = { deploymentName: `of-${taskQueue}`, taskQueue };
  expect(await promoteFirstBuild(client, 'new', of)).toBe('not_known_yet');
  const named = await startWorkers({
    ...{ server, activities, logger, taskQueue, shutdownGraceMs: 1000 },
    bundle: await loadWorkflowBundle(bundlesDir, logger, fixturesPath),
    version: { deployment: of.deploymentName, build: 'new' },
  });
  await vi.waitFor(
    async () => expect(await promoteFirstBuild(client, 'new', of)).toBe('others_work'),
    { timeout: 60_000, interval: 100 },
  );
  named.shutdown();
  await named.done;
});

test('a worker that is told to stop is ready no more', async () => {
  expect(workers.look()).toBe('polling');
  workers.shutdown();
  expect(await askReadiness({ workers: workers.look })).toMatchObject([
    503,
    { ready: false, workers: 'stopping' },
  ]);
  await workers.done;
  expect(workers.look()).toBe('stopping');
});
