import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EncryptionKey } from '../config.ts';
import { type CodecServer, startCodecServer } from '../temporal/codec-server.ts';
import { createPayloadCodec } from '../temporal/payload-codec.ts';
import { inheritedWithoutOwner, stackEnvironment } from './child-environment.ts';
import { resolveGivenDatabase } from './given-database.ts';
import { lockDataDir } from './lock.ts';
import { choosePorts } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { identifyProcess } from './process-identity.ts';
import { type RunningProcess, startProcess } from './processes.ts';
import { recoverDataDir } from './recovery.ts';
import { type RunRecord, writeRunRecord } from './run-record.ts';
import { readOrMakeSecrets, type StackSecrets } from './secrets.ts';
import type { BringUpOptions, ChildSpec, ServiceName, Stack } from './stack.ts';
import { startTemporal } from './temporal.ts';

export type { BringUpOptions, ChildSpec, ServiceName, Stack } from './stack.ts';

const serverPorts = [
  'postgres',
  'temporal',
  'temporalUi',
  'temporalHttp',
  'temporalMetrics',
  'codec',
] as const;

/**
 * Brings up Postgres and Temporal, embedded or as given by the environment. Does not migrate.
 * @throws AlreadyRunningError when another process runs this data folder.
 */
export async function bringUpStack(options: BringUpOptions): Promise<Stack> {
  const release = await lockDataDir(options.dataDir);
  const running = new RunningStack(options, release);
  try {
    await running.start();
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}

class RunningStack implements Stack {
  readonly dataDir: string;
  readonly logsDir: string;
  readonly embedded: Record<ServiceName, boolean> = { postgres: false, temporal: false };
  temporalUiUrl: string | null = null;
  private readonly options: BringUpOptions;
  private readonly release: () => Promise<void>;
  private readonly children = new Map<string, RunningProcess>();
  private readonly values = new Map<string, string>();
  private secrets: StackSecrets | undefined;
  private record: RunRecord;
  private stopping: Promise<void> | undefined;
  private codecServer: CodecServer | undefined;

  constructor(options: BringUpOptions, release: () => Promise<void>) {
    this.options = options;
    this.release = release;
    this.dataDir = options.dataDir;
    this.logsDir = join(options.dataDir, 'logs');
    this.record = {
      version: 1,
      owner: identifyProcess(process.pid) ?? null,
      startedAt: new Date().toISOString(),
      postgresDir: null,
      processes: [],
      ports: {},
      urls: {},
    };
  }

  async start(): Promise<void> {
    const { services = {}, fresh = false } = this.options;
    this.save(await recoverDataDir(this.dataDir, fresh, (text) => this.progress(text)));
    this.secrets = readOrMakeSecrets(this.dataDir);
    // Chosen together: two choices at the same time could give out one port twice.
    await this.choosePorts(serverPorts);
    const starts = [
      services.postgres !== false && this.startPostgres(),
      services.temporal !== false && this.startTemporal(),
    ];
    // Both are awaited also when one fails: what still starts could not be stopped.
    const results = await Promise.allSettled(starts);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    this.options.signal?.throwIfAborted();
  }

  private temporalFile(): string {
    const dir = join(this.dataDir, 'temporal');
    // SQLite makes its files readable to all; the folder keeps others out.
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return join(dir, 'temporal.db');
  }

  private async startPostgres(): Promise<void> {
    const { config } = this.options;
    const secrets = this.requireSecrets();
    if (config.databaseUrl !== undefined) {
      this.progress('using the Postgres of DATABASE_URL');
      const urls = await resolveGivenDatabase(config.databaseUrl, config.databaseUrlApp, secrets);
      this.values.set('ownerDatabaseUrl', urls.ownerUrl).set('appDatabaseUrl', urls.appUrl);
      return;
    }
    this.embedded.postgres = true;
    this.progress('starting Postgres');
    const { ownerUrl, appUrl } = await startPostgres({
      dataDir: this.dataDir,
      recordedDir: this.record.postgresDir,
      logFile: join(this.logsDir, 'postgres.log'),
      port: this.port('postgres'),
      secrets,
      relaxedDurability: this.options.disposable === true,
      onProgress: (text) => this.progress(text),
      onPlaced: (dir) => this.save({ postgresDir: dir }),
      onSpawned: (child) => this.adopt(child),
      signal: this.options.signal,
    });
    this.values.set('ownerDatabaseUrl', ownerUrl).set('appDatabaseUrl', appUrl);
  }

  private async startTemporal(): Promise<void> {
    const { config, temporalUi = true } = this.options;
    if (config.temporalAddress !== undefined) {
      this.progress('using the Temporal of TEMPORAL_ADDRESS');
      this.values.set('temporalAddress', config.temporalAddress);
      return;
    }
    this.embedded.temporal = true;
    this.progress('starting Temporal');
    const codecUrl = temporalUi ? await this.startCodecServer() : undefined;
    const { address, uiUrl } = await startTemporal({
      databaseFile: this.options.disposable ? undefined : this.temporalFile(),
      logFile: join(this.logsDir, 'temporal.log'),
      ports: {
        temporal: this.port('temporal'),
        temporalUi: this.port('temporalUi'),
        temporalHttp: this.port('temporalHttp'),
        temporalMetrics: this.port('temporalMetrics'),
      },
      namespace: config.temporalNamespace,
      cli: config.temporalCli,
      cacheDir: config.cacheDir,
      ui: temporalUi,
      codecUrl,
      onProgress: (text) => this.progress(text),
      onSpawned: (child) => this.adopt(child),
      signal: this.options.signal,
    });
    this.values.set('temporalAddress', address);
    this.temporalUiUrl = uiUrl;
    if (uiUrl) this.recordUrl('temporalUi', uiUrl);
  }

  /** Without it the Web UI shows ciphertext only; the keys stay in this process. */
  private async startCodecServer(): Promise<string> {
    const ui = this.port('temporalUi');
    this.codecServer ??= await startCodecServer({
      codec: createPayloadCodec(this.payloadKeys),
      port: this.port('codec'),
      allowedOrigins: [`http://127.0.0.1:${ui}`, `http://localhost:${ui}`],
    });
    return this.codecServer.url;
  }

  async restart(name: ServiceName): Promise<void> {
    await this.children.get(name)?.stop();
    await (name === 'postgres' ? this.startPostgres() : this.startTemporal());
  }

  async startProcess(spec: ChildSpec): Promise<RunningProcess> {
    // Whoever was still coming up when the session ended: nobody would stop this child any more.
    if (this.stopping) throw new Error(`${spec.name} is not started: the stack is being stopped`);
    const child = await startProcess(
      {
        ...spec,
        env: { ...inheritedWithoutOwner(), ...this.environment(), ...spec.env },
        logFile: join(this.logsDir, `${spec.name}.log`),
      },
      (spawned) => this.adopt(spawned),
      this.options.signal,
    );
    return child;
  }

  process(name: string): RunningProcess | undefined {
    return this.children.get(name);
  }

  async choosePorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
    const ports = await choosePorts(names, this.record.ports);
    this.save({ ports: { ...this.record.ports, ...ports } });
    return ports;
  }

  recordUrl(name: string, url: string): void {
    this.save({ urls: { ...this.record.urls, [name]: url } });
  }

  urls(): Readonly<Record<string, string>> {
    return this.record.urls;
  }

  get ownerDatabaseUrl(): string {
    return this.value('ownerDatabaseUrl', 'postgres');
  }

  get appDatabaseUrl(): string {
    return this.value('appDatabaseUrl', 'postgres');
  }

  get temporalAddress(): string {
    return this.value('temporalAddress', 'temporal');
  }

  get temporalNamespace(): string {
    return this.options.config.temporalNamespace;
  }

  get payloadKeys(): readonly EncryptionKey[] {
    return this.options.config.payloadKeys ?? this.requireSecrets().payloadKeys;
  }

  get fileKeys(): readonly EncryptionKey[] {
    return this.options.config.fileKeys ?? this.requireSecrets().fileKeys;
  }

  environment(): Record<string, string> {
    return stackEnvironment(this, this.options.services);
  }

  async stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    await this.stopping;
  }

  private async stopAll(): Promise<void> {
    for (const child of [...this.children.values()].toReversed()) await child.stop();
    await this.codecServer?.close();
    this.save({ owner: null, processes: [], urls: {} });
    await this.release();
  }

  private adopt(child: RunningProcess): void {
    if (this.stopping) void child.stop();
    // Stopped in the opposite order: a restarted server goes to the front, to be stopped last.
    const others = [...this.children].filter(([name]) => name !== child.name);
    const servers: string[] = ['postgres', 'temporal'];
    this.children.clear();
    const ordered = servers.includes(child.name)
      ? [[child.name, child] as const, ...others]
      : [...others, [child.name, child] as const];
    for (const [name, each] of ordered) this.children.set(name, each);
    this.save({
      processes: [...this.children.values()].map((each) => ({
        name: each.name,
        identity: each.identity,
        stopSignal: each.stopSignal === 'SIGINT' ? 'SIGINT' : 'SIGTERM',
        logFile: each.logFile,
      })),
    });
    void child.exited.then((exit) => {
      const current = this.children.get(child.name)?.identity === child.identity;
      if (current && !this.stopping) {
        this.options.onUnexpectedExit?.(child.name, exit, child.logFile);
      }
    });
  }

  private port(name: (typeof serverPorts)[number]): number {
    const port = this.record.ports[name];
    if (port === undefined) throw new Error(`no port was chosen for ${name}`);
    return port;
  }

  private save(change: Partial<RunRecord>): void {
    this.record = { ...this.record, ...change };
    writeRunRecord(this.dataDir, this.record);
  }

  private progress(text: string): void {
    this.options.onProgress?.(text);
  }

  private requireSecrets(): StackSecrets {
    if (!this.secrets) throw new Error('the stack has not started');
    return this.secrets;
  }

  private value(name: string, service: ServiceName): string {
    const value = this.values.get(name);
    if (value === undefined) throw new Error(`${name}: ${service} was not asked for`);
    return value;
  }
}
