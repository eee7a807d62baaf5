import { readConfig } from '../config.ts';
import type { Stack } from './stack.ts';
import { typeScriptProcess } from './typescript-process.ts';

/**
 * Files stream through a worker, so that it holds little at a time; without a limit V8 lets what it
 * no longer needs pile up instead. Compose says the same.
 */
const workerHeapMb = 320;

/** The worker on a migrated stack; ends with it. Its log is `logs/<name>.log`. */
export async function startWorker(
  stack: Stack,
  env: Readonly<Record<string, string>> = {},
  name = 'worker',
): Promise<void> {
  await stack.startProcess({
    name,
    ...typeScriptProcess('workers/main.ts', [], { heapMb: workerHeapMb }),
    env,
    ready: /^worker ready$/m,
    // Without a cached bundle it builds the workflows first.
    readyTimeoutMs: 90_000,
    // It lets running activities finish (TSUKIGIME_SHUTDOWN_GRACE_MS) before it goes.
    stopTimeoutMs: readConfig().shutdownGraceMs + 10_000,
  });
}

/**
 * The API on a migrated stack, on API_PORT or a free port; ends with it. Recorded as `api`.
 * @returns its URL.
 */
export async function startApi(
  stack: Stack,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { shutdownGraceMs } = readConfig();
  const port = env.API_PORT ?? (await chooseApiPort(stack));
  const api = await stack.startProcess({
    name: 'api',
    ...typeScriptProcess('cli/main.ts', ['api']),
    env: { API_PORT: String(port), ...env },
    ready: /^api ready (\S+)$/m,
    stopTimeoutMs: shutdownGraceMs + 10_000,
  });
  const url = api.readyMatch?.[1] ?? '';
  stack.recordUrl('api', url);
  return url;
}

const chooseApiPort = async (stack: Stack) =>
  readConfig().apiPort ?? (await stack.choosePorts(['api'])).api;

/**
 * Both at once: they do not wait for each other, and both know where the console is.
 * @returns the URL of the API.
 */
export async function startServices(
  stack: Stack,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const port = env.API_PORT ?? String(await chooseApiPort(stack));
  const consoleUrl = readConfig().consoleUrl ?? `http://127.0.0.1:${port}`;
  const both = { TSUKIGIME_CONSOLE_URL: consoleUrl, ...env };
  const [worker, api] = await Promise.allSettled([
    startWorker(stack, both),
    startApi(stack, { ...both, API_PORT: port }),
  ]);
  if (worker.status === 'rejected') throw worker.reason;
  if (api.status === 'rejected') throw api.reason;
  return api.value;
}
