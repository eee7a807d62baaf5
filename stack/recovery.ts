import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { outsideDirs } from './postgres-placement.ts';
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
  removeOutsideDirs(dataDir);
  for (const name of ['postgres', 'temporal', 'logs', 'secrets.json', 'run.json']) {
    rmSync(join(dataDir, name), { recursive: true, force: true });
  }
  return { ports, postgresDir: null };
}

/** Deletes a data folder of which nothing runs any more, with its database wherever that lies. */
export function removeDataDir(dataDir: string): void {
  removeOutsideDirs(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
}

function removeOutsideDirs(dataDir: string): void {
  // By name, not as run.json says: that file could name anything.
  for (const dir of outsideDirs(dataDir)) rmSync(dir, { recursive: true, force: true });
}
