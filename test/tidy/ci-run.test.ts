import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from './checkout.ts';

const folder = mkdtempSync(join(tmpdir(), 'tsukigime-ci-run-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Programs {
  /** What `npm ci` exits with. */
  readonly install?: number;
  readonly biome?: number;
  readonly tsc?: number;
  /** What `npm test` prints and exits with. */
  readonly test?: { readonly output: string; readonly code: number };
}

/** Runs .ci/run of a folder where npm and npx are programs of ours. */
function runCi(programs: Programs) {
  const { install = 0, biome = 0, tsc = 0 } = programs;
  const { output, code } = programs.test ?? { output: '5 passed, 0 failed', code: 0 };
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  cpSync(join(root, '.ci'), join(folder, '.ci'), { recursive: true });
  writeFileSync(join(folder, 'output'), `${output}\n`);
  const write = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  write(
    'npm',
    `[ "$*" = test ] && { cat output; exit ${code}; }\n[ "$1" = ci ] && exit ${install}`,
  );
  write('npx', `case "$*" in biome*) exit ${biome};; 'tsc --noEmit') exit ${tsc};; esac`);
  const { status, stdout } = spawnSync(join(folder, '.ci/run'), {
    cwd: tmpdir(),
    encoding: 'utf8',
    env: { PATH: `${bin}:${process.env.PATH}` },
  });
  return { status, stdout, lastLine: stdout.trimEnd().split('\n').at(-1) };
}

describe('.ci/run', () => {
  it('ends with the counts alone', () => {
    expect(runCi({})).toMatchObject({ status: 0, lastLine: '5 passed, 0 failed' });
  });

  it('says where the pictures of the console are, where there are any', () => {
    expect(runCi({}).stdout).not.toContain('out/screens');
    const screens = join(folder, 'out', 'screens');
    mkdirSync(screens, { recursive: true });
    const { stdout, lastLine } = runCi({});
    rmSync(screens, { recursive: true });
    expect(stdout).toContain(screens);
    expect(lastLine).toBe('5 passed, 0 failed');
  });

  it('reads the last closing line, coloured or not, and nothing that only looks like one', () => {
    const output =
      'a test says: 9 passed, 9 failed\n1 passed, 0 failed\n\u001b[2m7 passed, 0 failed\u001b[22m\nbye';
    expect(runCi({ test: { output, code: 0 } }).lastLine).toBe('7 passed, 0 failed');
  });

  it.each([
    ['a failed test', { test: { output: '4 passed, 1 failed', code: 1 } }, '4 passed, 1 failed'],
    ['a lint error', { biome: 1 }, '5 passed, 1 failed'],
    ['a type error', { tsc: 2 }, '5 passed, 1 failed'],
    [
      'all of them together',
      { biome: 1, tsc: 2, test: { output: '4 passed, 3 failed', code: 1 } },
      '4 passed, 5 failed',
    ],
    ['a failed installation', { install: 1 }, '0 passed, 1 failed'],
    [
      'a run that counts none of its failures',
      { test: { output: '5 passed, 0 failed', code: 1 } },
      '5 passed, 1 failed',
    ],
    ['a run without counts', { test: { output: 'Killed', code: 137 } }, '0 passed, 1 failed'],
    [
      'a run of no tests',
      { test: { output: '0 passed, 0 failed', code: 0 } },
      '0 passed, 1 failed',
    ],
  ] satisfies [string, Programs, string][])('fails for %s', (_what, programs, lastLine) => {
    const result = runCi(programs);
    expect(result.lastLine).toBe(lastLine);
    expect(result.status).toBe(1);
    expect(result.stdout).toContain('FAILED');
  });
});
