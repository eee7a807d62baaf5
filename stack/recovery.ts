import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { outsideDir } from './postgres-placement.ts';
import { stopOrphan } from './processes.ts';
import { type RunRecord, readRunRecord } from './run-record.ts';

/**
 * Ends what a killed run left behind and, when asked, deletes all that earlier runs stored. Only
 * for the holder of the lock.
 *
 * @returns what the next run takes over from the last.
 */
export async function recoverDataDir(
  dataDir: string,
  fresh: boolean,
  say: (text: string) => void,
): Promise<Pick<RunRecord, 'ports' | 'postgresDir'>> {
  const last = readRunRecord(dataDir);
  // Newest first: the worker before the servers that it talks to.
  for (const orphan of (last?.processes ?? []).toReversed()) {
    if (await stopOrphan(orphan.identity, orphan.stopSignal)) {
      say(`stopped ${orphan.name} that an earlier run left behind`);
    }
  }
  const ports = last?.ports ?? {};
  if (!fresh) return { ports, postgresDir: last?.postgresDir ?? null };
  // run.json could name anything; only our own place outside the folder is deleted.
  if (last?.postgresDir === outsideDir(dataDir)) {
    rmSync(last.postgresDir, { recursive: true, force: true });
  }
  for (const name of ['postgres', 'temporal', 'logs', 'secrets.json', 'run.json']) {
    rmSync(join(dataDir, name), { recursive: true, force: true });
  }
  return { ports, postgresDir: null };
}
