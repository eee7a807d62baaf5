import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BundleOptions, bundleWorkflowCode } from '@temporalio/worker';
import type { Logger } from 'pino';
import { failureConverterPath } from '../temporal/client.ts';

/** What a cached bundle was made of; any difference makes a new one. */
interface Manifest {
  readonly sdkVersion: string;
  readonly codeSha256: string;
  /** Path and sha256 of every source file of ours that webpack read. */
  readonly sources: readonly (readonly [path: string, sha256: string])[];
}

export interface WorkflowBundle {
  /** JavaScript, in memory: another process may replace the file at any time. */
  readonly code: string;
  /** False when an unchanged one was found. */
  readonly built: boolean;
}

const defaultWorkflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
const interceptorPaths = ['in-flight', 'tracing'].map((name) =>
  fileURLToPath(new URL(`../workflows/${name}.ts`, import.meta.url)),
);

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

/** The version of the SDK: a bundle runs only under the one that made it. */
function sdkVersion(): string {
  const packageJson = createRequire(import.meta.url)('@temporalio/worker/package.json');
  return (packageJson as { version: string }).version;
}

interface Place {
  readonly manifestPath: string;
  readonly packPath: (codeSha256: string) => string;
}

function placeOf(directory: string, workflowsPath: string): Place {
  const name = `workflows-${sha256(workflowsPath).slice(0, 12)}`;
  return {
    manifestPath: join(directory, `${name}.json`),
    packPath: (codeSha256) => join(directory, `${name}-${codeSha256.slice(0, 16)}.js`),
  };
}

/** The pack of an earlier start, unless a source has changed since. */
export async function findWorkflowBundle(
  directory: string,
  workflowsPath: string = defaultWorkflowsPath,
): Promise<WorkflowBundle | undefined> {
  const { manifestPath, packPath } = placeOf(directory, workflowsPath);
  const known = await readManifest(manifestPath);
  if (known === null || !(await isCurrent(known))) return undefined;
  const code = await readFile(packPath(known.codeSha256), 'utf8').catch(() => null);
  const whole = code !== null && sha256(code) === known.codeSha256;
  return whole ? { code, built: false } : undefined;
}

/**
 * Packs the workflows for the worker, or finds the pack of an earlier start whose sources have not
 * changed since, which takes milliseconds instead of seconds.
 *
 * @param directory where packs are kept; made when missing. Several processes may use it at once.
 * @param workflowsPath a module that exports workflows and nothing else.
 */
export async function loadWorkflowBundle(
  directory: string,
  logger: Logger,
  workflowsPath: string = defaultWorkflowsPath,
): Promise<WorkflowBundle> {
  await mkdir(directory, { recursive: true });
  const found = await findWorkflowBundle(directory, workflowsPath);
  if (found !== undefined) return found;
  const { manifestPath, packPath } = placeOf(directory, workflowsPath);
  const known = await readManifest(manifestPath);

  const startedAtMs = Date.now();
  const { code, sources } = await build(workflowsPath, logger);
  // Edited while webpack read it: nobody knows which half it saw, so nobody else may find this.
  if (await anyChangedSince(sources, startedAtMs)) return { code, built: true };
  const codeSha256 = sha256(code);
  const codePath = packPath(codeSha256);
  await replaceFile(codePath, code);
  const manifest: Manifest = {
    sdkVersion: sdkVersion(),
    codeSha256,
    sources: await hashFiles(sources),
  };
  await replaceFile(manifestPath, JSON.stringify(manifest));
  if (known !== null && known.codeSha256 !== codeSha256) {
    // Whoever runs on the old one has it in memory.
    await rm(packPath(known.codeSha256), { force: true });
  }
  logger.info({ codePath, bytes: code.length }, 'workflow bundle built');
  return { code, built: true };
}

/** @throws Error with webpack's own account of what it could not pack. */
async function build(
  workflowsPath: string,
  logger: Logger,
): Promise<{ code: string; sources: readonly string[] }> {
  const sources = new Set<string>();
  const complaints: string[] = [];
  try {
    const { code } = await bundleWorkflowCode({
      workflowsPath,
      workflowInterceptorModules: interceptorPaths,
      failureConverterPath,
      logger: bundlerLogger(logger, complaints),
      webpackConfigHook: (config) => ({
        ...config,
        plugins: [...(config.plugins ?? []), collectSources(sources)],
      }),
    });
    return { code, sources: [...sources].sort() };
  } catch (error) {
    const account = complaints.join('\n') || String(error);
    throw new Error(`The workflows of ${workflowsPath} cannot be packed:\n${account}`, {
      cause: error,
    });
  }
}

type WebpackPlugin = NonNullable<
  ReturnType<NonNullable<BundleOptions['webpackConfigHook']>>['plugins']
>[number];

/** Notes what webpack read, so that the cache never misses a file that a workflow imports. */
function collectSources(sources: Set<string>): WebpackPlugin {
  return {
    apply(compiler: {
      hooks: {
        afterCompile: {
          tap(
            name: string,
            run: (compilation: { fileDependencies: Iterable<string> }) => void,
          ): void;
        };
      };
    }) {
      compiler.hooks.afterCompile.tap('tsukigime-sources', (compilation) => {
        for (const path of compilation.fileDependencies) {
          // Packages change with the lock file, the SDK with its version.
          if (!path.includes('/node_modules/@temporalio/')) sources.add(path);
        }
      });
    },
  } as WebpackPlugin;
}

async function hashFile(path: string): Promise<string | null> {
  try {
    return sha256(await readFile(path));
  } catch {
    // Missing, a folder, or the bundler's entry that lives in memory only: nothing to compare.
    return null;
  }
}

async function hashFiles(paths: readonly string[]): Promise<Manifest['sources']> {
  const hashed: [string, string][] = [];
  for (const path of paths) {
    const hash = await hashFile(path);
    if (hash !== null) hashed.push([path, hash]);
  }
  return hashed;
}

async function anyChangedSince(paths: readonly string[], sinceMs: number): Promise<boolean> {
  for (const path of paths) {
    const stats = await stat(path).catch(() => null);
    if (stats?.isFile() && stats.mtimeMs >= sinceMs) return true;
  }
  return false;
}

async function readManifest(path: string): Promise<Manifest | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Manifest;
  } catch {
    return null;
  }
}

async function isCurrent(manifest: Manifest): Promise<boolean> {
  if (manifest.sdkVersion !== sdkVersion()) return false;
  for (const [path, hash] of manifest.sources) {
    if ((await hashFile(path)) !== hash) return false;
  }
  return true;
}

/** Other processes see the old file or the new one, never a half. */
async function replaceFile(path: string, content: string): Promise<void> {
  const temporaryPath = `${path}.${randomUUID()}.tmp`;
  await writeFile(temporaryPath, content);
  await rename(temporaryPath, path);
}

/** Webpack's chatter is for whoever debugs it; its complaints belong to the error. */
function bundlerLogger(logger: Logger, complaints: string[]): NonNullable<BundleOptions['logger']> {
  const debug = (message: string) => logger.debug(message);
  const warn = (message: string) => logger.warn(message);
  const error = (message: string) => complaints.push(message);
  return {
    log: (level, message) => (level === 'ERROR' ? error(message) : debug(message)),
    trace: debug,
    debug,
    info: debug,
    warn,
    error,
  };
}
