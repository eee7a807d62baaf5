import type { Config, EncryptionKey, TemporalAccess } from '../config.ts';
import { appUrlOf } from './given-database.ts';
import { embeddedUrls } from './postgres.ts';
import { isRunning } from './process-identity.ts';
import { type RunRecord, readRunRecord } from './run-record.ts';
import { readSecrets } from './secrets.ts';

/** How another command reaches the servers; undefined = not given and not running. */
export interface RunningStackInfo {
  /** The record of the process that runs the data folder now. */
  readonly record: RunRecord | undefined;
  readonly ownerDatabaseUrl: string | undefined;
  readonly appDatabaseUrl: string | undefined;
  readonly temporalAddress: string | undefined;
  readonly temporalNamespace: string;
  /** Empty for the embedded server. */
  readonly temporalAccess: TemporalAccess;
  readonly apiUrl: string | undefined;
  readonly payloadKeys: readonly EncryptionKey[] | undefined;
  readonly fileKeys: readonly EncryptionKey[] | undefined;
}

/**
 * For commands beside a running `tsukigime up` or demo: servers and keys from the environment,
 * else from the data folder's run.json and secrets.json. Starts and changes nothing.
 */
export function findRunningStack(config: Config): RunningStackInfo {
  const last = readRunRecord(config.dataDir);
  const record = last?.owner && isRunning(last.owner) ? last : undefined;
  const secrets = readSecrets(config.dataDir);
  const port = (name: string) =>
    record?.processes.some((each) => each.name === name) ? record.ports[name] : undefined;
  const postgresPort = port('postgres');
  const temporalPort = port('temporal');
  const embedded =
    secrets && postgresPort !== undefined ? embeddedUrls(postgresPort, secrets) : undefined;
  const given = config.databaseUrl;
  const appOnGiven = given && secrets ? appUrlOf(given, secrets) : undefined;
  return {
    record,
    ownerDatabaseUrl: given ?? embedded?.ownerUrl,
    appDatabaseUrl: config.databaseUrlApp ?? appOnGiven ?? embedded?.appUrl,
    temporalAddress:
      config.temporalAddress ??
      (temporalPort === undefined ? undefined : `127.0.0.1:${temporalPort}`),
    temporalNamespace: config.temporalNamespace,
    temporalAccess: config.temporalAccess,
    apiUrl: record?.urls.api,
    payloadKeys: config.payloadKeys ?? secrets?.payloadKeys,
    fileKeys: config.fileKeys ?? secrets?.fileKeys,
  };
}
