import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const identity = z.object({ pid: z.number().int().positive(), startToken: z.string() });

const runRecordSchema = z.object({
  version: z.literal(1),
  /** Who runs the stack; null after a clean stop. */
  owner: identity.nullable(),
  /** ISO-8601 UTC. */
  startedAt: z.string(),
  /** Where the embedded Postgres keeps its data; outside the data folder when it must. */
  postgresDir: z.string().nullable(),
  processes: z.array(
    z.object({
      name: z.string(),
      identity,
      stopSignal: z.enum(['SIGINT', 'SIGTERM']),
      logFile: z.string(),
    }),
  ),
  /** Kept after a stop: the next run asks for the same ports. */
  ports: z.record(z.string(), z.number()),
  /** What a person may open: `temporalUi`, `api`. Never holds a password. */
  urls: z.record(z.string(), z.string()),
});

/** `.tsukigime/run.json`: what runs now and where. Holds no secret. */
export type RunRecord = z.infer<typeof runRecordSchema>;

export function runRecordPath(dataDir: string): string {
  return join(dataDir, 'run.json');
}

/** The record of the present or last run, undefined before the first or when it is unreadable. */
export function readRunRecord(dataDir: string): RunRecord | undefined {
  const path = runRecordPath(dataDir);
  if (!existsSync(path)) return undefined;
  try {
    return runRecordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // It only helps recovery: a torn or foreign file must not keep the stack from starting.
    return undefined;
  }
}

/** Written beside and renamed over, so that a reader never sees half of it. */
export function writeRunRecord(dataDir: string, record: RunRecord): void {
  mkdirSync(dataDir, { recursive: true });
  const path = runRecordPath(dataDir);
  writeFileSync(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
