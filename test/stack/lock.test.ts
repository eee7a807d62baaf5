import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inheritedEnvironment } from '../../config.ts';
import { AlreadyRunningError, lockDataDir } from '../../stack/lock.ts';
import { identifyProcess } from '../../stack/process-identity.ts';
import { startProcess } from '../../stack/processes.ts';
import { type RunRecord, readRunRecord, writeRunRecord } from '../../stack/run-record.ts';
import { typeScriptProcess } from '../../stack/typescript-process.ts';
import { temporaryDir } from './temporary-dir.ts';

function recordOf(owner: RunRecord['owner']): RunRecord {
  return {
    version: 1,
    owner,
    startedAt: '2026-11-01T00:00:00.000Z',
    postgresDir: null,
    processes: [],
    ports: {},
    urls: {},
  };
}

const self = identifyProcess(process.pid) ?? null;

test('a folder is held by one at a time and free again after the release', async () => {
  const dir = temporaryDir();
  const release = await lockDataDir(dir);
  writeRunRecord(dir, recordOf(self));
  await expect(lockDataDir(dir)).rejects.toThrow(AlreadyRunningError);
  writeRunRecord(dir, recordOf(null));
  await release();
  await (await lockDataDir(dir))();
});

test('of several that start at the same moment one wins', async () => {
  const dir = temporaryDir();
  const attempts = Array.from({ length: 5 }, async () => {
    const release = await lockDataDir(dir);
    writeRunRecord(dir, recordOf(self));
    return release;
  });
  const results = await Promise.allSettled(attempts);
  const won = results.filter((result) => result.status === 'fulfilled');
  expect(won).toHaveLength(1);
  for (const result of results) {
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(AlreadyRunningError);
  }
  writeRunRecord(dir, recordOf(null));
  await won[0]?.value();
});

test('the lock of a killed process is taken over, the one of a living process never', async () => {
  const dir = temporaryDir();
  const script = join(dir, 'hold.mts');
  const lock = new URL('../../stack/lock.ts', import.meta.url).href;
  const record = new URL('../../stack/run-record.ts', import.meta.url).href;
  const identity = new URL('../../stack/process-identity.ts', import.meta.url).href;
  writeFileSync(
    script,
    `const { lockDataDir } = await import('${lock}');
     const { writeRunRecord } = await import('${record}');
     const { identifyProcess } = await import('${identity}');
     await lockDataDir('${dir}');
     const owner = identifyProcess(process.pid);
     writeRunRecord('${dir}', { ...${JSON.stringify(recordOf(null))}, owner });
     console.log('held');
     setInterval(() => {}, 1000);`,
  );
  const holder = await startProcess({
    name: 'holder',
    ...typeScriptProcess(script),
    env: inheritedEnvironment(),
    logFile: join(dir, 'holder.log'),
    ready: /^held$/m,
  });
  onTestFinished(() => holder.stop());
  await expect(lockDataDir(dir)).rejects.toThrow(
    `process ${holder.identity.pid}, since 2026-11-01`,
  );

  // Stopped, not dead: its lock goes stale, but its servers would still run.
  holder.kill('SIGSTOP');
  await expect(lockDataDir(dir)).rejects.toThrow(AlreadyRunningError);

  holder.kill('SIGKILL');
  await holder.exited;
  await (await lockDataDir(dir))();
});

test('a record that nobody can read counts as none', () => {
  const dir = temporaryDir();
  writeFileSync(join(dir, 'run.json'), '{"version":1,"own');
  expect(readRunRecord(dir)).toBeUndefined();
});
