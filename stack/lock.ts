import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { isRunning } from './process-identity.ts';
import { type RunRecord, readRunRecord, runRecordPath } from './run-record.ts';

/** The holder touches the lock every second; one that is silent for three has been killed. */
const staleMs = 3_000;

/** Somebody else runs this data folder. */
export class AlreadyRunningError extends Error {
  override name = 'AlreadyRunningError';
  readonly record: RunRecord | undefined;

  constructor(dataDir: string, record: RunRecord | undefined) {
    const who = record?.owner
      ? `process ${record.owner.pid}, since ${record.startedAt}`
      : 'a process that is still starting';
    const urls = Object.entries(record?.urls ?? {}).map(([name, url]) => `  ${name}: ${url}`);
    super(
      [
        `Tsukigime already runs on ${dataDir} (${who}).`,
        ...(urls.length > 0 ? ['Reach it at:', ...urls] : []),
        `Ports are in ${runRecordPath(dataDir)}. Stop it first (Ctrl-C there), or set ` +
          'TSUKIGIME_DATA_DIR to run a second one beside it.',
      ].join('\n'),
    );
    this.record = record;
  }
}

/**
 * Takes the lock of a data folder. Two checks together: the lock file (taken atomically, kept
 * fresh) and the recorded owner (told by PID and start time), because a stopped or suspended holder
 * lets its lock go stale while its servers still run.
 *
 * @returns a function that releases it.
 * @throws AlreadyRunningError
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  mkdirSync(dataDir, { recursive: true });
  const release = await acquire(dataDir);
  const owner = readRunRecord(dataDir)?.owner;
  if (owner && owner.pid !== process.pid && isRunning(owner)) {
    await release();
    throw new AlreadyRunningError(dataDir, readRunRecord(dataDir));
  }
  return release;
}

async function acquire(dataDir: string): Promise<() => Promise<void>> {
  const deadline = performance.now() + staleMs + 2_000;
  for (;;) {
    try {
      const release = await lockfile.lock(dataDir, {
        lockfilePath: join(dataDir, 'run.lock'),
        stale: staleMs,
        update: 1_000,
        // Compromised means: we were asleep and another start called our lock stale. It then saw
        // in run.json that we live and gave up, so there is nothing to do here.
        onCompromised: () => {},
      });
      // Releasing a compromised lock rejects; the folder is no longer ours to unlock then.
      return () => release().catch(() => {});
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      const record = readRunRecord(dataDir);
      const holderLives = record?.owner != null && isRunning(record.owner);
      if (holderLives || performance.now() > deadline) {
        throw new AlreadyRunningError(dataDir, record);
      }
      // The recorded owner is dead (or has not signed yet): wait until the lock proves stale.
      await delay(100);
    }
  }
}
