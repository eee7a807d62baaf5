import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Every file that is in git or is about to be, relative to the checkout. A checkout that belongs to
 * another user is read all the same: CI runs as root in folders it does not own.
 */
export function listFiles(): string[] {
  const listed = execFileSync(
    'git',
    ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  return [...new Set(listed.split('\0'))]
    .filter((path) => path !== '' && existsSync(join(root, path)))
    .filter((path) => statSync(join(root, path)).isFile())
    .sort();
}

export function readBytes(path: string): Buffer {
  return readFileSync(join(root, path));
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The sources: what the rules about code are held against. */
export function listSources(): string[] {
  return listFiles().filter((path) => /\.[cm]?[jt]sx?$/.test(path));
}

/** The first folder of a path; files at the root are the room ''. */
export function roomOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}
