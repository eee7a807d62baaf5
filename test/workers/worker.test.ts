import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import { inheritedEnvironment } from '../../config.ts';
import { readyLine } from '../../workers/process.ts';
import {
  bundlesDir,
  connectTestWorkers,
  fixturesPath,
  type TestWorkers,
  temporaryDir,
} from './test-workers.ts';

const processPath = fileURLToPath(new URL('./fixtures/worker-process.ts', import.meta.url));
const dir = temporaryDir();
const children: ChildProcess[] = [];
let temporal: TestWorkers;

beforeAll(async () => {
  temporal = await connectTestWorkers();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await temporal?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** One story: a workflow of its own and the files over which test and worker process speak. */
function story(name: string) {
  const journal = join(dir, `${name}.journal`);
  const release = join(dir, `${name}.release`);
  const taskQueue = `${temporal.taskQueue}-${name}`;
  const workflowId = `stepper:${temporal.merchant}:${name}`;
  return {
    handle: temporal.client.workflow.getHandle(workflowId),
    lines: () => (existsSync(journal) ? readFileSync(journal, 'utf8').trimEnd().split('\n') : []),
    release: () => writeFileSync(release, ''),
    start: () =>
      temporal.client.workflow.start('stepper', {
        workflowId,
        taskQueue,
        args: [
          {
            merchant: temporal.merchant,
            clockOffsetMs: 0,
            id: name,
            timing: { heartbeatTimeoutMs: 1_000, retryInitialIntervalMs: 100 },
          },
        ],
      }),
    async startWorker(graceMs: number) {
      const settings = {
        ...{ journal, release, taskQueue, bundlesDir, fixturesPath, graceMs: String(graceMs) },
        address: temporal.server.address,
        namespace: temporal.server.namespace,
        keys: inject('payloadKeys'),
      };
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', processPath, JSON.stringify(settings)],
        { env: inheritedEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] },
      );
      children.push(child);
      const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
      for await (const line of createInterface({ input: child.stdout })) {
        if (line === readyLine) break;
      }
      return { child, exited };
    },
  };
}

const waitFor = (condition: () => void) => vi.waitFor(condition, { timeout: 60_000, interval: 25 });

test('SIGTERM lets a running activity finish and takes no new work', async () => {
  const { handle, lines, release, start, startWorker } = story('drained');
  const first = await startWorker(30_000);
  await start();
  await waitFor(() => expect(lines()).toContain('work drained 1'));
  first.child.kill('SIGTERM');
  // Not before the activity has ended, however long that takes: here until it is released.
  const early = await Promise.race([
    first.exited,
    new Promise((resolve) => setTimeout(resolve, 700, 'still running')),
  ]);
  expect(early).toBe('still running');
  release();
  expect(await first.exited).toEqual({ code: 0, signal: null });
  expect(lines()).toEqual(['begin drained', 'work drained 1', 'done drained 1', 'stopped']);
  // The first attempt counted: another worker has nothing to do but to end the workflow.
  const second = await startWorker(1_000);
  expect(await handle.result()).toBe('done by attempt 1');
  second.child.kill('SIGTERM');
  expect(await second.exited).toEqual({ code: 0, signal: null });
});

test('an activity that outlasts the grace time is cancelled and done again elsewhere', async () => {
  const { handle, lines, release, start, startWorker } = story('cancelled');
  const first = await startWorker(200);
  await start();
  await waitFor(() => expect(lines()).toContain('work cancelled 1'));
  first.child.kill('SIGTERM');
  expect(await first.exited).toEqual({ code: 0, signal: null });
  expect(lines().at(-1)).toBe('stopped');
  await startWorker(200);
  release();
  expect(await handle.result()).toBe('done by attempt 2');
});

test('a second SIGTERM ends the process at once', async () => {
  const { lines, start, startWorker } = story('impatient');
  const { child, exited } = await startWorker(60_000);
  await start();
  await waitFor(() => expect(lines()).toContain('work impatient 1'));
  child.kill('SIGTERM');
  // Two signals sent together may arrive as one.
  await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill('SIGTERM');
  expect(await exited).toEqual({ code: 143, signal: null });
});

test('a worker killed in the middle of an activity is succeeded by another', async () => {
  const { handle, lines, release, start, startWorker } = story('killed');
  const { child, exited } = await startWorker(30_000);
  await start();
  await waitFor(() => expect(lines()).toContain('work killed 1'));
  child.kill('SIGKILL');
  expect(await exited).toEqual({ code: null, signal: 'SIGKILL' });
  release();
  await startWorker(30_000);
  expect(await handle.result()).toBe('done by attempt 2');
  // What had ended before the kill was not done again.
  expect(lines()).toEqual(['begin killed', 'work killed 1', 'work killed 2', 'done killed 2']);
});
