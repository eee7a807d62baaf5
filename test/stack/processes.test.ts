import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inheritedEnvironment } from '../../config.ts';
import { isRunning } from '../../stack/process-identity.ts';
import { type ProcessSpec, type RunningProcess, startProcess } from '../../stack/processes.ts';
import { temporaryDir } from './temporary-dir.ts';

function node(script: string, options: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    name: 'probe',
    command: process.execPath,
    args: ['-e', script],
    env: inheritedEnvironment(),
    logFile: join(temporaryDir(), 'logs', 'probe.log'),
    ready: /^ready on (\d+)$/m,
    ...options,
  };
}

async function start(spec: ProcessSpec): Promise<RunningProcess> {
  const running = await startProcess(spec);
  onTestFinished(() => running.stop());
  return running;
}

const stay = 'setInterval(() => {}, 1000);';

test('it is ready when it says so, and what it writes is in the log', async () => {
  const spec = node(`console.error('first'); console.log('ready on 4711'); ${stay}`);
  const running = await start(spec);
  expect(running.readyMatch?.[1]).toBe('4711');
  expect(readFileSync(spec.logFile, 'utf8')).toBe('first\nready on 4711\n');
});

test('the ready line of an earlier run in the same log does not count', async () => {
  const spec = node(`console.log('ready on 1'); ${stay}`);
  await (await start(spec)).stop();
  const silent = { ...spec, args: ['-e', stay], readyTimeoutMs: 300 };
  await expect(startProcess(silent)).rejects.toThrow('probe was not ready after 0.3 s');
});

test('one that ends while starting fails with its last lines and exit code', async () => {
  const spec = node("console.error('the disk is full'); process.exit(3)");
  await expect(startProcess(spec)).rejects.toThrow(
    /probe ended while starting \(exit code 3\).*\n.*the disk is full/,
  );
});

test('a program that does not exist is named', async () => {
  await expect(startProcess(node('', { command: '/nowhere/postgres' }))).rejects.toThrow(
    /Cannot start probe \(\/nowhere\/postgres\).*ENOENT/,
  );
});

test('one that is not ready in time is ended', async () => {
  let spawned: RunningProcess | undefined;
  const spec = node(stay, { readyTimeoutMs: 200 });
  await expect(
    startProcess(spec, (running) => {
      spawned = running;
    }),
  ).rejects.toThrow('not ready');
  expect(spawned && isRunning(spawned.identity)).toBe(false);
});

test('one that ignores the polite signal is killed with its children after its patience', async () => {
  const child = "require('child_process').spawn('sleep', ['300'])";
  const spec = node(
    `process.on('SIGTERM', () => console.log('no')); console.log('ready on ' + ${child}.pid); ${stay}`,
    { stopTimeoutMs: 200 },
  );
  const running = await start(spec);
  const grandchild = Number(running.readyMatch?.[1]);
  await running.stop();
  expect(await running.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(readFileSync(spec.logFile, 'utf8')).toContain('no');
  await expect.poll(() => isAlive(grandchild)).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    // A zombie that its new parent has not collected yet is dead enough.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('a stop that nobody awaits, and a second one, are harmless', async () => {
  const running = await start(node(`console.log('ready on 1'); ${stay}`));
  await Promise.all([running.stop(), running.stop()]);
  await running.stop();
  expect(running.hasExited()).toBe(true);
});
