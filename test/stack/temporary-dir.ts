import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that goes with the test, open to the `postgres` user when we are root. */
export function temporaryDir(mode = 0o711): string {
  const dir = makeTemporaryDir(mode);
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The same for a whole file: whoever makes it removes it. */
export function makeTemporaryDir(mode = 0o711): string {
  const dir = mkdtempSync(join(tmpdir(), 'tsukigime-stack-'));
  chmodSync(dir, mode);
  return dir;
}
