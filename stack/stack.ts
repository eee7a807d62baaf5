import type { Config, EncryptionKey } from '../config.ts';
import type { ProcessExit, ProcessSpec, RunningProcess } from './processes.ts';

export type ServiceName = 'postgres' | 'temporal';

export interface BringUpOptions {
  /** `.tsukigime/`: data, logs, secrets, run.json. */
  readonly dataDir: string;
  readonly config: Config;
  /** Deletes what earlier runs left in the data folder, keys included. */
  readonly fresh?: boolean;
  /** Which of the two are wanted; both when left out. */
  readonly services?: Partial<Record<ServiceName, boolean>>;
  readonly temporalUi?: boolean;
  /** Tests only: no fsync, Temporal in memory. */
  readonly disposable?: boolean;
  readonly onProgress?: (text: string) => void;
  /** A child ended by itself after it was ready. Nothing is restarted on its own. */
  readonly onUnexpectedExit?: (name: string, exit: ProcessExit, logFile: string) => void;
  /** Abort to break off while it comes up: what was started is stopped, the promise rejects. */
  readonly signal?: AbortSignal;
}

export interface Stack {
  readonly dataDir: string;
  readonly logsDir: string;
  /** Migrations only. Holds a password. */
  readonly ownerDatabaseUrl: string;
  /** Worker and API. Holds a password. */
  readonly appDatabaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  /** null for a given server: we do not know where its UI is. */
  readonly temporalUiUrl: string | null;
  readonly payloadKeys: readonly EncryptionKey[];
  readonly fileKeys: readonly EncryptionKey[];
  /** Whether the part was started here (true) or given by the environment (false). */
  readonly embedded: Readonly<Record<ServiceName, boolean>>;
  /**
   * What a worker or API process of this stack needs in its environment; holds secrets. Without
   * the owner's URL: they have no business with it.
   */
  environment(): Record<string, string>;
  /** Chooses free ports (the ones of the last run when still free) and records them. */
  choosePorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>>;
  /** Starts worker, API or sandbox: logged to `logs/<name>.log`, recorded, stopped by `stop()`. */
  startProcess(spec: ChildSpec): Promise<RunningProcess>;
  /** The running child of this name, `postgres` and `temporal` included. */
  process(name: string): RunningProcess | undefined;
  /** Starts an embedded server again on the same port after it was killed. */
  restart(name: ServiceName): Promise<void>;
  /** Shows in run.json and in the message of a second start. No secrets. */
  recordUrl(name: string, url: string): void;
  /** All URLs recorded so far, by name. */
  urls(): Readonly<Record<string, string>>;
  /** Stops everything in the opposite order of its start and frees the lock. Safe to repeat. */
  stop(): Promise<void>;
}

export type ChildSpec = Omit<ProcessSpec, 'logFile' | 'env'> & {
  /** On top of `environment()` and of what this process was given. */
  readonly env?: Readonly<Record<string, string>>;
};
