import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkoutDir, inheritedEnvironment, readConfig } from '../../config.ts';
import { bringUpStack } from '../../stack/bring-up.ts';
import { isPortFree } from '../../stack/ports.ts';
import { isRunning } from '../../stack/process-identity.ts';
import { stopOrphan } from '../../stack/processes.ts';
import { readRunRecord } from '../../stack/run-record.ts';
import { makeTemporaryDir } from './temporary-dir.ts';

const script = fileURLToPath(new URL('./session-process.ts', import.meta.url));

let dataDir: string;
const sessions: ChildProcess[] = [];

beforeEach(() => {
  dataDir = makeTemporaryDir();
});

afterEach(async () => {
  for (const session of sessions.splice(0)) session.kill('SIGKILL');
  for (const { identity } of readRunRecord(dataDir)?.processes ?? []) {
    await stopOrphan(identity, 'SIGINT');
  }
  rmSync(dataDir, { recursive: true, force: true });
});

function environment(): Record<string, string> {
  const {
    DATABASE_URL: _1,
    TSUKIGIME_DATABASE_URL_APP: _2,
    TEMPORAL_ADDRESS: _3,
    ...rest
  } = inheritedEnvironment();
  return { ...rest, TSUKIGIME_DATA_DIR: dataDir };
}

interface Session {
  readonly child: ChildProcess;
  output(): string;
  saying(pattern: RegExp): Promise<void>;
  readonly exited: Promise<number | NodeJS.Signals | null>;
}

function startSession(services: string): Session {
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    cwd: checkoutDir,
    env: { ...environment(), TEST_SERVICES: services },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  sessions.push(child);
  let output = '';
  const listeners = new Set<() => void>();
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      for (const listener of listeners) listener();
    });
  }
  const saying = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (pattern.test(output)) resolve();
      };
      listeners.add(look);
      look();
      void exited.then(() => reject(new Error(`ended without saying ${pattern}:\n${output}`)));
    });
  return { child, output: () => output, saying, exited };
}

function recorded() {
  const record = readRunRecord(dataDir);
  return {
    identities: (record?.processes ?? []).map(({ identity }) => identity),
    ports: Object.values(record?.ports ?? {}),
  };
}

async function expectNothingLeft({ identities, ports }: ReturnType<typeof recorded>) {
  expect(identities.filter(isRunning)).toEqual([]);
  expect(await Promise.all(ports.map(isPortFree))).toEqual(ports.map(() => true));
}

test.each([
  ['SIGINT', 'postgres,temporal,child'],
  ['SIGTERM', 'child'],
  ['SIGHUP', 'child'],
] as const)('%s ends a session in order', async (signal, services) => {
  const session = startSession(services);
  await session.saying(/^up$/m);
  const before = recorded();
  expect(before.identities.filter(isRunning)).toHaveLength(services.split(',').length);
  session.child.kill(signal);
  expect(await session.exited).toBe(0);
  expect(session.output()).toContain('interrupted');
  await expectNothingLeft(before);
});

test('SIGINT while it comes up ends it as well', async () => {
  const session = startSession('postgres,temporal');
  await session.saying(/starting Postgres/);
  session.child.kill('SIGINT');
  expect(await session.exited).toBe(0);
  await expectNothingLeft(recorded());
  expect(readRunRecord(dataDir)?.owner).toBeNull();
});

test('a child that dies ends the session with an error, and everything else with it', async () => {
  const session = startSession('postgres,child');
  await session.saying(/^up$/m);
  const before = recorded();
  const child = readRunRecord(dataDir)?.processes.find(({ name }) => name === 'child');
  process.kill(child?.identity.pid ?? 0, 'SIGKILL');
  expect(await session.exited).toBe(1);
  expect(session.output()).toMatch(/child ended by itself \(SIGKILL\); see .*child\.log/);
  await expectNothingLeft(before);
});

test('after a SIGKILL of the session the next start ends its orphans and takes over', async () => {
  const session = startSession('postgres,temporal,child');
  await session.saying(/^up$/m);
  const orphans = recorded();
  session.child.kill('SIGKILL');
  await session.exited;
  expect(orphans.identities.filter(isRunning)).toHaveLength(3);

  const said: string[] = [];
  const config = { ...readConfig(environment()), temporalNamespace: 'default' };
  const stack = await bringUpStack({
    dataDir,
    config,
    disposable: true,
    onProgress: (text) => said.push(text),
  });
  try {
    expect(orphans.identities.filter(isRunning)).toEqual([]);
    for (const name of ['postgres', 'temporal', 'child']) {
      expect(said).toContain(`stopped ${name} that an earlier run left behind`);
    }
  } finally {
    await stack.stop();
  }
  await expectNothingLeft(recorded());
});

test('an orphan number that now belongs to another process is left alone', async () => {
  const stranger = spawn('sleep', ['60']);
  sessions.push(stranger);
  const identity = { pid: stranger.pid ?? 0, startToken: 'some other time' };
  expect(await stopOrphan(identity, 'SIGTERM')).toBe(false);
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  expect(process.kill(identity.pid, 0)).toBe(true);
});
