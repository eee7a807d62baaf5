import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { WorkerVersion } from '../../temporal/worker-versions.ts';
import { readyLine } from '../../workers/process.ts';
import type { WorkflowTiming } from '../../workflows/activity-options.ts';

export interface WorkerSettings {
  readonly address: string;
  readonly namespace: string;
  /** In the form of the environment variables. */
  readonly payloadKeys: string;
  readonly fileKeys: string;
  readonly databaseUrl: string;
  readonly taskQueue: string;
  readonly bundlesDir: string;
  readonly timing: Partial<WorkflowTiming>;
  readonly logLevel: 'silent' | 'warn';
  /** Which build it is, and a file with its workflows; without them today's, unversioned. */
  readonly version?: WorkerVersion;
  readonly bundlePath?: string;
  /** As in config.ts; without it no mail leaves. */
  readonly mail?: { readonly sandboxSmtpUrl: string; readonly smtpFrom: string };
}

/** A worker in a process of its own, which can be killed as the machine would kill it. */
export interface WorkerChild {
  /** Resolves when the worker polls. */
  begin(): Promise<void>;
  /** SIGKILL: no drain, no goodbye; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it holds what it holds and says nothing, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

const entry = fileURLToPath(new URL('./worker-process.ts', import.meta.url));

/** Loads the worker's code in a new process, which waits for `begin`. */
export function prepareWorkerChild(settings: WorkerSettings): WorkerChild {
  const child = spawn(process.execPath, ['--import', 'tsx', entry], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // It may be killed before it reads.
  child.stdin.on('error', () => {});
  const exited = once(child, 'exit');
  const ready = readyOf(child, settings.logLevel !== 'silent');
  return {
    async begin() {
      child.stdin.end(JSON.stringify(settings));
      await Promise.race([
        ready,
        exited.then(([code]) => {
          throw new Error(`the worker process ended with ${code} before it was ready`);
        }),
      ]);
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

function readyOf(child: ChildProcess, echo: boolean): Promise<void> {
  return new Promise((resolve) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === readyLine) resolve();
      else if (echo) process.stderr.write(`${line}\n`);
    });
  });
}
