import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { copyPrograms, findPrograms, type PostgresPrograms } from './postgres-programs.ts';
import { secretsPath } from './secrets.ts';

export interface OperatingUser {
  readonly uid: number;
  readonly gid: number;
}

/** Where the embedded Postgres lives and as whom it runs. */
export interface PostgresPlacement {
  /** Holds `data/` (the cluster) and marks that say to whom it belongs. */
  readonly dir: string;
  readonly programs: PostgresPrograms;
  /** Only when we are root, which Postgres refuses to be. */
  readonly user: OperatingUser | undefined;
}

/**
 * Where root may write and others may pass. /var/lib first: what lies in /var/tmp may be swept away
 * after a month without use (systemd-tmpfiles).
 */
const openDirs = ['/var/lib/tsukigime', '/var/tmp/tsukigime'];

/**
 * Decides where the cluster of `dataDir` lives: inside it, or, when we are root and the `postgres`
 * user may not pass the folders above it, in /var/lib. Makes the folder.
 *
 * @param recordedDir where the last run had it (run.json): a moved checkout finds it there.
 */
export async function placePostgres(
  dataDir: string,
  installationId: string,
  recordedDir: string | null,
): Promise<PostgresPlacement> {
  const programs = await findPrograms();
  mkdirSync(dataDir, { recursive: true });
  if (process.getuid?.() !== 0) {
    const dir = join(dataDir, 'postgres');
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return { dir, programs, user: undefined };
  }
  const user = findOrMakePostgresUser();
  const dir = chooseDir(user, dataDir, installationId, recordedDir);
  if (outsideDirs(dataDir).includes(dir)) makeOwnDir(dirname(dir));
  makeOwnDir(dir);
  if (canReach(user, dirname(programs.postgres))) return { dir, programs, user };
  return { dir, programs: copyPrograms(programs, makeOwnDir(chooseOpenDir())), user };
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

/** A folder of ours in a place where others may make folders too: refused when it is someone else's. */
function makeOwnDir(path: string): string {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o711 });
  const stat = lstatSync(path);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.()) {
    throw new Error(`${path} exists and is not a folder of ours: remove it and start again.`);
  }
  chmodSync(path, 0o711);
  return path;
}

/** Where the cluster of a data folder may lie when it cannot lie inside. */
export function outsideDirs(dataDir: string): string[] {
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  return openDirs.map((dir) => join(dir, hash));
}

function chooseOpenDir(): string {
  const usable = openDirs.find((dir) => {
    try {
      accessSync(existsSync(dir) ? dir : dirname(dir), constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (usable) return usable;
  throw new Error(
    `None of ${openDirs.join(', ')} can be written. Put TSUKIGIME_DATA_DIR where the user ` +
      '`postgres` may go, or set DATABASE_URL.',
  );
}

/** Once chosen the place stays: another one would be an empty database where there was a full one. */
function chooseDir(
  user: OperatingUser,
  dataDir: string,
  installationId: string,
  recordedDir: string | null,
): string {
  const inside = join(dataDir, 'postgres');
  const outside = outsideDirs(dataDir);
  const [mine] = [inside, ...outside].filter((dir) => isClusterOf(dir, installationId));
  if (mine === inside && !canReach(user, dataDir)) {
    throw new Error(
      `The database lies in ${inside}, but the user \`postgres\` may no longer enter a folder above ` +
        'it. Let it pass (chmod o+x).',
    );
  }
  if (mine !== undefined) return mine;
  if (recordedDir !== null && isClusterOf(recordedDir, installationId)) {
    refuseCopy(recordedDir, dataDir);
    return recordedDir;
  }
  if (canReach(user, dataDir)) return inside;
  const base = chooseOpenDir();
  return outside.find((dir) => dirname(dir) === base) ?? inside;
}

function isClusterOf(dir: string, installationId: string): boolean {
  return existsSync(join(dir, 'data')) && readMark(dir, 'installation') === installationId;
}

/** A copied data folder names the database of its original, which must never serve two. */
function refuseCopy(clusterDir: string, dataDir: string): void {
  const original = readMark(clusterDir, 'data-folder');
  if (original !== undefined && original !== dataDir && existsSync(secretsPath(original))) {
    throw new Error(
      `${dataDir} is a copy of ${original}, whose database lies in ${clusterDir} and was not copied. ` +
        'Delete the copy, or start it anew with --fresh.',
    );
  }
}

function readMark(dir: string, name: 'installation' | 'data-folder'): string | undefined {
  const mark = join(dir, name);
  return existsSync(mark) ? readFileSync(mark, 'utf8').trim() : undefined;
}

/** Whether the folder holds a cluster whose passwords and keys are not these. */
function isForeign(dir: string, installationId: string): boolean {
  return existsSync(join(dir, 'data')) && readMark(dir, 'installation') !== installationId;
}

/**
 * The run record still knows the database of the last run, but its passwords and keys were made anew:
 * secrets.json is gone. Going on would begin an empty record of money beside PSPs and a Temporal that
 * remember the old one, and bill its months again.
 * @throws with what to do.
 */
export function refuseLostSecrets(recordedDir: string | null, installationId: string): void {
  if (recordedDir === null || !isForeign(recordedDir, installationId)) return;
  throw new Error(
    `The passwords and keys of the database in ${recordedDir} are missing: secrets.json was lost or ` +
      'replaced. Nothing was changed. Put it back from a backup, or start with `--fresh`, which ' +
      'removes the old data.',
  );
}

/**
 * Marks the folder as belonging to this installation. A cluster of another one (its `.tsukigime` was
 * deleted, and with it the passwords and keys) is of no use to this one: it is put aside, not
 * deleted, and replaces what was put aside before. Nothing may run on it any more.
 *
 * @returns where the other cluster is now.
 */
export function claimDir(dir: string, dataDir: string, installationId: string): string | undefined {
  const foreign = isForeign(dir, installationId);
  const aside = `${dir}.previous`;
  if (foreign) {
    rmSync(aside, { recursive: true, force: true });
    renameSync(dir, aside);
    mkdirSync(dir, { mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  }
  writeFileSync(join(dir, 'installation'), `${installationId}\n`);
  writeFileSync(join(dir, 'data-folder'), `${dataDir}\n`);
  return foreign ? aside : undefined;
}
