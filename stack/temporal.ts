import { inheritedEnvironment } from '../config.ts';
import { type RunningProcess, startProcess } from './processes.ts';
import { findTemporalCli } from './temporal-cli.ts';
import { inspectNamespace, prepareNamespace, searchAttributes } from './temporal-namespace.ts';

export interface TemporalPorts {
  readonly temporal: number;
  readonly temporalUi: number;
  readonly temporalHttp: number;
  readonly temporalMetrics: number;
}

export interface TemporalOptions {
  /** SQLite file that keeps the state; undefined keeps it in memory (tests). */
  readonly databaseFile: string | undefined;
  readonly logFile: string;
  readonly ports: TemporalPorts;
  readonly namespace: string;
  /** TEMPORAL_CLI. */
  readonly cli: string | undefined;
  readonly cacheDir: string;
  readonly ui: boolean;
  /** Where the Web UI has payloads decoded. */
  readonly codecUrl: string | undefined;
  readonly onProgress: (text: string) => void;
  readonly onSpawned: (process: RunningProcess) => void;
  readonly signal: AbortSignal | undefined;
}

export interface EmbeddedTemporal {
  readonly process: RunningProcess;
  readonly address: string;
  readonly uiUrl: string | null;
}

/** Brings up the dev server with our search attributes and retention in its namespace. */
export async function startTemporal(options: TemporalOptions): Promise<EmbeddedTemporal> {
  const { ports, namespace } = options;
  const env = inheritedEnvironment();
  const cli = await findTemporalCli({
    given: options.cli,
    cacheDir: options.cacheDir,
    env,
    onProgress: options.onProgress,
    signal: options.signal,
  });
  const address = `127.0.0.1:${ports.temporal}`;
  const process = await startProcess(
    {
      name: 'temporal',
      command: cli.path,
      args: serverArguments(options),
      // The CLI reads its own profile and address from TEMPORAL_*: a stray one must not redirect it.
      env: Object.fromEntries(
        Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')),
      ),
      logFile: options.logFile,
      ready: () => namespaceAnswers(address, namespace),
      readyTimeoutMs: 60_000,
    },
    options.onSpawned,
    options.signal,
  );
  try {
    await prepareNamespace({ address, namespace });
  } catch (error) {
    await process.stop();
    throw error;
  }
  return {
    process,
    address,
    uiUrl: options.ui ? `http://127.0.0.1:${ports.temporalUi}` : null,
  };
}

function serverArguments({
  ports,
  namespace,
  ui,
  codecUrl,
  databaseFile,
}: TemporalOptions): string[] {
  return [
    'server',
    'start-dev',
    '--ip=127.0.0.1',
    `--port=${ports.temporal}`,
    `--http-port=${ports.temporalHttp}`,
    `--metrics-port=${ports.temporalMetrics}`,
    ...(ui ? [`--ui-port=${ports.temporalUi}`] : ['--headless']),
    ...(codecUrl === undefined ? [] : [`--ui-codec-endpoint=${codecUrl}`]),
    `--namespace=${namespace}`,
    '--log-level=error',
    ...searchAttributes.map(({ name, cliName }) => `--search-attribute=${name}=${cliName}`),
    ...(databaseFile === undefined
      ? []
      : [
          `--db-filename=${databaseFile}`,
          // Readers do not wait for the writer, and a commit is one append. Losing the last moments
          // in a power cut is allowed here: Postgres is the record, every workflow can start again.
          '--sqlite-pragma=journal_mode=wal',
          '--sqlite-pragma=synchronous=normal',
        ]),
  ];
}

async function namespaceAnswers(address: string, namespace: string): Promise<boolean> {
  try {
    await inspectNamespace({ address, namespace }, 1_000);
    return true;
  } catch {
    return false;
  }
}
