import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { createFileGuard } from '../activities/file-guard.ts';
import { sourceTester } from '../activities/look-at-source.ts';
import { refreshTester } from '../activities/refresh-connection.ts';
import { createApp } from '../api/app.ts';
import { defaultLimits } from '../api/dependencies.ts';
import { listen, type RunningServer } from '../api/server.ts';
import { createBoundedStarts } from '../api/workflow-starts.ts';
import { type Config, ConfigError, checkoutDir, readConfig } from '../config.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { reachTemporal } from '../temporal/client.ts';
import { startTracing } from '../temporal/tracing.ts';
import { createLogger } from '../workers/logger.ts';

/** What supervisors wait for on standard output; the URL follows. */
export const apiReadyLine = 'api ready';

const defaultPort = 8080;

/** One writes the calls of a merchant; the others serve other merchants and what is looked up. */
const receiverConnections = 4;
/** A call is answered within a second; what takes longer is answered 503 anyway. */
const receiverStatementMs = 800;

/**
 * `tsukigime api`: the API until SIGTERM or SIGINT, on servers and keys of the environment.
 * @returns the exit code: 0 after a wanted stop, 2 when the environment lacks something, 1 otherwise.
 */
export async function runApi(): Promise<number> {
  let config: Config;
  try {
    config = readConfig();
    requireGiven(config);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }
  const logger = createLogger({ level: config.logLevel, name: 'api' });
  const endTracing = startTracing('tsukigime-api', config.tracing);
  try {
    const running = await start(config, logger);
    process.stdout.write(`${apiReadyLine} ${running.server.url}\n`);
    const signal = await stopSignal();
    logger.info({ signal }, 'stopping: no new requests, waiting for running ones');
    await running.server.close(config.shutdownGraceMs);
    await running.db.destroy();
    await running.callsDb.destroy();
    if (running.temporal.connection instanceof Connection) {
      await running.temporal.connection.close();
    }
    return 0;
  } catch (error) {
    logger.fatal({ err: error }, 'api stopped by an error');
    return 1;
  } finally {
    await endTracing();
  }
}

type Given = Required<
  Pick<Config, 'databaseUrlApp' | 'temporalAddress' | 'payloadKeys' | 'fileKeys'>
>;

function requireGiven(config: Config): void {
  const missing = [
    config.databaseUrlApp === undefined && 'TSUKIGIME_DATABASE_URL_APP',
    config.temporalAddress === undefined && 'TEMPORAL_ADDRESS',
    config.payloadKeys === undefined && 'TSUKIGIME_PAYLOAD_KEYS',
    config.fileKeys === undefined && 'TSUKIGIME_FILE_KEYS',
  ].filter((name) => name !== false);
  if (missing.length > 0) {
    throw new ConfigError(
      `The API needs ${missing.join(', ')}. \`tsukigime up\` sets them for the embedded servers.`,
    );
  }
}

async function start(
  config: Config,
  logger: Logger,
): Promise<{ server: RunningServer; db: Db; callsDb: Db; temporal: Client }> {
  const { databaseUrlApp, temporalAddress, payloadKeys, fileKeys } = config as Config & {
    [Name in keyof Given]: NonNullable<Given[Name]>;
  };
  // ZEUS calls whether or not Temporal is there; readiness tells the rest.
  const temporal = reachTemporal({
    address: temporalAddress,
    namespace: config.temporalNamespace,
    access: config.temporalAccess,
    keys: payloadKeys,
    consoleUrl: config.consoleUrl,
  });
  const db = openDatabase(databaseUrlApp, {
    applicationName: 'tsukigime-api',
    onIdleError: (error) => logger.warn({ err: error }, 'idle connection to Postgres broke'),
  });
  const callsDb = openDatabase(databaseUrlApp, {
    applicationName: 'tsukigime-receiver',
    maxConnections: receiverConnections,
    statementTimeoutMs: receiverStatementMs,
    onIdleError: (error) => logger.warn({ err: error }, 'idle connection to Postgres broke'),
  });
  const api = createApp({
    db,
    callsDb,
    temporal,
    workflows: createBoundedStarts(temporal, config.updateWaitMs),
    fileKeys,
    createGuard: createFileGuard,
    testOrderSource: sourceTester({ db, fileKeys, inboxDir: config.inboxDir }),
    testRefreshConnection: refreshTester({ db, fileKeys }),
    realNow: () => new Date(),
    logger,
    limits: {
      ...defaultLimits,
      uploadBytes: config.uploadMb * 1024 * 1024,
      sessionIdleMs: config.sessionIdleMinutes * 60_000,
      sessionMs: config.sessionHours * 3_600_000,
    },
    updateWaitMs: config.updateWaitMs,
    trustedProxies: config.trustedProxies,
    temporalUiOrigin: config.temporalUiOrigin,
    consoleDir: join(checkoutDir, 'console', 'dist'),
  });
  const server = await listen(api, { host: config.apiHost, port: config.apiPort ?? defaultPort });
  // It must not hold up the first call, and what it does not find now the next start finds.
  api.takeUp().catch((error: unknown) => logger.warn({ err: error }, 'nothing taken up'));
  return { server, db, callsDb, temporal };
}

async function stopSignal(): Promise<NodeJS.Signals> {
  return await new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}
