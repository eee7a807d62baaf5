import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger } from '../../workers/logger.ts';
import { type RunningWorkers, startWorkers } from '../../workers/worker.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { stageAttribute } from '../../workflows/workflow-ids.ts';
import { bundlesDir, connectTestWorkers, fixturesPath, type TestWorkers } from './test-workers.ts';

let temporal: TestWorkers;
let workers: RunningWorkers;
let log = '';

beforeAll(async () => {
  temporal = await connectTestWorkers();
  const destination = {
    write: (line: string) => {
      log += line;
    },
  };
  const logger = createLogger({ level: 'info', name: 'worker', destination });
  const bundle = await loadWorkflowBundle(bundlesDir, logger, fixturesPath);
  let failures = 0;
  const activities = {
    main: {
      begin: async (_text: string) => {
        failures += 1;
        if (failures === 1) throw new TypeError('the first attempt fails');
      },
    },
    files: { work: async (text: string) => `PAYLOAD of ${text}` },
  };
  const { server, taskQueue } = temporal;
  const shutdownGraceMs = 1_000;
  workers = await startWorkers({ server, bundle, activities, logger, taskQueue, shutdownGraceMs });
});
afterAll(async () => {
  workers?.shutdown();
  await workers?.done;
  await temporal?.close();
});

const start = (workflow: string, name: string, more: object = {}) =>
  temporal.starter.start({
    workflowId: `${workflow}:${temporal.merchant}:${name}`,
    workflow,
    input: { merchant: temporal.merchant, clockOffsetMs: 0, ...more },
    month: '2026-11',
    stage: 'collecting',
  });

test('a workflow started many times at the same moment runs once', async () => {
  const runs = await Promise.all(Array.from({ length: 8 }, () => start('stager', 'once')));
  expect(new Set(runs).size).toBe(1);
  const handle = temporal.client.workflow.getHandle(`stager:${temporal.merchant}:once`);
  expect((await handle.describe()).typedSearchAttributes.get(stageAttribute)).toBe('collecting');

  // It runs and hears; closed, it starts anew and no longer hears.
  const close = () =>
    temporal.starter.reportRowChanged(handle.workflowId, { kind: 'stage', id: 'closed' });
  expect(await close()).toBe(true);
  await handle.result();
  expect(await close()).toBe(false);
  expect(await start('stager', 'once')).not.toBe(runs[0]);
  expect(await close()).toBe(true);
});

test('a signal to a workflow that never was is no error', async () => {
  const delivered = await temporal.starter.reportRowChanged(`cycle:${temporal.merchant}:2026-01`, {
    kind: 'exchange',
    id: 'x',
  });
  expect(delivered).toBe(false);
});

test('the log says which activity of which workflow ended how, and nothing of its payload', async () => {
  await start('stepper', 'logged', { id: 'PAYLOAD', timing: { retryInitialIntervalMs: 10 } });
  const workflowId = `stepper:${temporal.merchant}:logged`;
  expect(await temporal.client.workflow.getHandle(workflowId).result()).toBe('PAYLOAD of PAYLOAD');
  const lines = log
    .split('\n')
    .filter((line) => line.includes(workflowId))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const duration = { durationMs: expect.any(Number) };
  const main = { activity: 'begin', workflowId, taskQueue: temporal.taskQueue };
  expect(lines).toContainEqual(
    expect.objectContaining({
      ...{ ...main, ...duration, attempt: 1, failureType: 'TypeError' },
      msg: 'activity attempt failed',
    }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ ...main, ...duration, attempt: 2, msg: 'activity done' }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ activity: 'work', attempt: 1, msg: 'activity done' }),
  );
  expect(log).not.toContain('PAYLOAD');
});
