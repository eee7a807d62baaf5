import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

export interface ProcessSpec {
  /** Short name in messages and run.json: `postgres`, `worker`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** The whole environment of the child: nothing is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Run as another user; only root may. */
  readonly uid?: number;
  readonly gid?: number;
  /** stdout and stderr are appended here. */
  readonly logFile: string;
  /** Ready when this appears in what it writes, or when the function says true. */
  readonly ready: RegExp | (() => Promise<boolean>);
  readonly readyTimeoutMs?: number;
  /** The polite signal: SIGINT asks Postgres for a fast shutdown. */
  readonly stopSignal?: NodeJS.Signals;
  /** Patience after the polite signal before SIGKILL. */
  readonly stopTimeoutMs?: number;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningProcess {
  readonly name: string;
  readonly identity: ProcessIdentity;
  readonly logFile: string;
  readonly stopSignal: NodeJS.Signals;
  /** What the `ready` pattern matched, such as a port in a capture group. */
  readonly readyMatch: RegExpExecArray | null;
  readonly exited: Promise<ProcessExit>;
  hasExited(): boolean;
  /** Sends any signal to the process alone; for tests that cut it off. */
  kill(signal: NodeJS.Signals): void;
  /** Asks, waits, and at last kills the whole process group. Resolves when it is gone. */
  stop(): Promise<void>;
}

const pollMs = 40;
const maxLogBytes = 20 * 1024 * 1024;

/** Children that must not outlive this process, whatever way it leaves. */
const alive = new Map<ChildProcess, NodeJS.Signals>();

function stopAllAtExit(): void {
  for (const [child, signal] of alive) child.kill(signal);
}

function openLog(logFile: string): number {
  mkdirSync(dirname(logFile), { recursive: true });
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > maxLogBytes) renameSync(logFile, `${logFile}.1`);
  return openSync(logFile, 'a', 0o600);
}

/** The last lines of a log from a byte offset on, for an error message. */
export function readLog(logFile: string, fromByte = 0): string {
  const file = openSync(logFile, 'r');
  try {
    const size = statSync(logFile).size;
    const start = Math.max(fromByte, size - 64 * 1024);
    const buffer = Buffer.alloc(Math.max(size - start, 0));
    readSync(file, buffer, 0, buffer.length, start);
    return buffer.toString('utf8');
  } finally {
    closeSync(file);
  }
}

function lastLines(text: string, count: number): string {
  return text
    .trimEnd()
    .split('\n')
    .slice(-count)
    .map((line) => `    ${line}`)
    .join('\n');
}

/**
 * Starts a child in a process group of its own (Ctrl-C in the terminal must reach it only through
 * `stop`, in order) and waits until it is ready. Its output goes straight to the file, so that the
 * child neither blocks on nor dies with a pipe to us.
 *
 * @param onSpawned called at once, before the wait, so that the child can be recorded and found
 *   again if this process is killed.
 * @throws Error with the last log lines when it ends or is not ready in time; it is stopped then.
 */
export async function startProcess(
  spec: ProcessSpec,
  onSpawned: (process: RunningProcess) => void = () => {},
  signal?: AbortSignal,
): Promise<RunningProcess> {
  const log = openLog(spec.logFile);
  const logStart = statSync(spec.logFile).size;
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: { ...spec.env },
    detached: true,
    stdio: ['ignore', log, log],
    ...(spec.uid === undefined ? {} : { uid: spec.uid }),
    ...(spec.gid === undefined ? {} : { gid: spec.gid }),
  });
  closeSync(log);
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, exitSignal) => resolve({ code, signal: exitSignal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) =>
      reject(new Error(`Cannot start ${spec.name} (${spec.command}): ${error.message}`)),
    );
  });
  const running = superviseChild(spec, child, exited);
  onSpawned(running);
  try {
    const readyMatch = await waitUntilReady(spec, running, logStart, signal);
    return { ...running, readyMatch };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

function superviseChild(
  spec: ProcessSpec,
  child: ChildProcess,
  exited: Promise<ProcessExit>,
): RunningProcess {
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${spec.name} has no process ID`);
  const stopSignal = spec.stopSignal ?? 'SIGTERM';
  if (alive.size === 0) process.on('exit', stopAllAtExit);
  alive.set(child, stopSignal);
  void exited.then(() => {
    alive.delete(child);
    if (alive.size === 0) process.off('exit', stopAllAtExit);
  });
  const hasExited = () => child.exitCode !== null || child.signalCode !== null;
  return {
    name: spec.name,
    // A child that has ended already cannot be confused with anyone: an empty token matches none.
    identity: identifyProcess(pid) ?? { pid, startToken: '' },
    logFile: spec.logFile,
    stopSignal,
    readyMatch: null,
    exited,
    hasExited,
    kill: (killSignal) => {
      child.kill(killSignal);
    },
    stop: async () => {
      if (hasExited()) return;
      child.kill(stopSignal);
      const patience = new AbortController();
      const late = delay(spec.stopTimeoutMs ?? 15_000, 'late', { signal: patience.signal });
      const first = await Promise.race([exited, late.catch(() => 'late')]);
      patience.abort();
      if (first === 'late') {
        killGroup(pid);
        await exited;
      }
    },
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: the group ended between the time-out and this line.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function waitUntilReady(
  spec: ProcessSpec,
  running: RunningProcess,
  logStart: number,
  signal: AbortSignal | undefined,
): Promise<RegExpExecArray | null> {
  const timeoutMs = spec.readyTimeoutMs ?? 30_000;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    if (running.hasExited()) {
      const { code, signal: exitSignal } = await running.exited;
      throw new Error(
        `${spec.name} ended while starting (${exitSignal ?? `exit code ${code}`}). ` +
          `Last lines of ${spec.logFile}:\n${lastLines(readLog(spec.logFile, logStart), 15)}`,
      );
    }
    if (typeof spec.ready === 'function') {
      if (await spec.ready()) return null;
    } else {
      const match = spec.ready.exec(readLog(spec.logFile, logStart));
      if (match) return match;
    }
    if (performance.now() > deadline) {
      throw new Error(
        `${spec.name} was not ready after ${timeoutMs / 1000} s. ` +
          `Last lines of ${spec.logFile}:\n${lastLines(readLog(spec.logFile, logStart), 15)}`,
      );
    }
    await delay(pollMs);
  }
}

/**
 * Ends a process that an earlier, killed run left behind. Does nothing when its PID is gone or
 * belongs to another process by now.
 */
export async function stopOrphan(
  identity: ProcessIdentity,
  stopSignal: NodeJS.Signals,
  timeoutMs = 15_000,
): Promise<boolean> {
  if (!isRunning(identity)) return false;
  process.kill(identity.pid, stopSignal);
  const deadline = performance.now() + timeoutMs;
  while (isRunning(identity)) {
    if (performance.now() > deadline) {
      if (isRunning(identity)) process.kill(identity.pid, 'SIGKILL');
      await delay(pollMs * 5);
      return true;
    }
    await delay(pollMs);
  }
  return true;
}
