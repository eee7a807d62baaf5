import type { Config } from '../config.ts';
import { type Finding, problem } from './finding.ts';
import { inspectStack } from './inspection.ts';
import { judgeTransport, measureDistance } from './production-network.ts';
import { checkProductionRecord } from './production-record.ts';
import { checkProductionSettings } from './production-settings.ts';
import { findRunningStack } from './running-stack.ts';

/** Parts of the doctor that concern servers which this machine runs itself. */
const embeddedParts: ReadonlySet<string> = new Set([
  'Disk',
  'Secrets',
  'Payload keys',
  'File keys',
  'Embedded Postgres',
  'Temporal CLI',
  'Python',
]);

/**
 * Says for each need of production whether it holds, on the servers that the environment names. Changes
 * nothing, starts nothing.
 */
export async function inspectProduction(config: Config): Promise<Finding[]> {
  const now = new Date().toISOString();
  const doctor = await inspectStack(config);
  return [
    ...checkProductionSettings(config),
    ...doctor.filter(({ part }) => !embeddedParts.has(part)),
    ...(await checkTemporalTransport(config)),
    ...(await checkRecord(config, doctor, now)),
  ];
}

async function checkRecord(
  config: Config,
  doctor: readonly Finding[],
  now: string,
): Promise<Finding[]> {
  const url = config.databaseUrlApp ?? findRunningStack(config).appDatabaseUrl;
  // What the doctor said of these is enough: nothing can be asked of the record then.
  const standing = ['Postgres', 'Schema'].every((part) =>
    doctor.some((finding) => finding.part === part && finding.ok),
  );
  if (url === undefined || !standing) return [];
  return await checkProductionRecord(url, now);
}

async function checkTemporalTransport({
  temporalAddress: address,
  temporalAccess: access,
}: Config): Promise<Finding[]> {
  if (address === undefined) return [];
  const part = 'Temporal transport';
  const remedy =
    'Set TEMPORAL_TLS_SERVER_CA_CERT_PATH, TEMPORAL_TLS_CLIENT_CERT_PATH and …_KEY_PATH (mTLS), or ' +
    'TEMPORAL_API_KEY for Temporal Cloud.';
  try {
    const distance = await measureDistance(address.replace(/:\d+$/, ''));
    return [judgeTransport(part, { distance, encrypted: Boolean(access.tls) }, remedy)];
  } catch {
    return [problem(part, `no address is known for ${address}`, 'Correct TEMPORAL_ADDRESS.')];
  }
}
