import { join } from 'node:path';
import { checkoutDir, inheritedEnvironment } from '../config.ts';
import type { RunningProcess } from './processes.ts';
import type { Stack } from './stack.ts';

/** The first bundle of the workflows takes seconds on a slow machine; later starts find it. */
const READY_TIMEOUT_MS = 120_000;

/** Starts worker and API on a migrated stack, side by side; gives the address of the API. */
export async function startServices(stack: Stack): Promise<string> {
  const { api: port } = await stack.choosePorts(['api']);
  const [api] = await Promise.all([
    startSource(stack, {
      name: 'api',
      args: ['cli/tsukigime.js', 'api'],
      ready: /api ready (http:\S+)/,
      // Not handed to the worker, which has no port.
      environment: { API_PORT: String(port) },
    }),
    startSource(stack, {
      name: 'worker',
      args: ['--import', 'tsx', 'workers/main.ts'],
      ready: /worker ready/,
    }),
  ]);
  const url = api.readyMatch?.[1];
  if (url === undefined) throw new Error('the ready line of the API names its address');
  stack.recordUrl('api', url);
  return url;
}

/** Starts a process of ours from its TypeScript source. */
export async function startSource(
  stack: Stack,
  source: {
    readonly name: string;
    readonly args: readonly string[];
    readonly ready: RegExp;
    readonly environment?: Readonly<Record<string, string>>;
  },
): Promise<RunningProcess> {
  return await stack.startProcess({
    name: source.name,
    command: process.execPath,
    args: source.args.map((arg) => (/\.[jt]s$/.test(arg) ? join(checkoutDir, arg) : arg)),
    cwd: checkoutDir,
    ready: source.ready,
    readyTimeoutMs: READY_TIMEOUT_MS,
    ...(source.environment
      ? { env: { ...inheritedEnvironment(), ...stack.environment(), ...source.environment } }
      : {}),
  });
}
