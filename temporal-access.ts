import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { TLSConfig } from '@temporalio/client';

/** How a Temporal server other than a plain one is entered; empty for a plain one. Secret. */
export interface TemporalAccess {
  /** `true`: TLS with the authorities that the machine trusts. */
  readonly tls?: TLSConfig | boolean;
  readonly apiKey?: string;
  /** gRPC headers of every call. */
  readonly metadata?: Record<string, string>;
}

export interface TemporalProfile {
  /** host:port; undefined = named nowhere. */
  readonly address: string | undefined;
  readonly namespace: string | undefined;
  readonly access: TemporalAccess;
}

/** What Temporal's own tools read too, beside address and namespace. */
export const temporalAccessVariables = [
  'TEMPORAL_PROFILE',
  'TEMPORAL_CONFIG_FILE',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS',
  'TEMPORAL_TLS_CLIENT_CERT_PATH',
  'TEMPORAL_TLS_CLIENT_CERT_DATA',
  'TEMPORAL_TLS_CLIENT_KEY_PATH',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  'TEMPORAL_TLS_SERVER_CA_CERT_DATA',
  'TEMPORAL_TLS_SERVER_NAME',
] as const;

export type TemporalAccessVariable = (typeof temporalAccessVariables)[number];

/** Where a profile's file lies when no variable says it. */
export const homeVariables = ['HOME', 'XDG_CONFIG_HOME', 'APPDATA'] as const;

type Given = Readonly<
  Partial<
    Record<
      | TemporalAccessVariable
      | 'TEMPORAL_ADDRESS'
      | 'TEMPORAL_NAMESPACE'
      | (typeof homeVariables)[number],
      string
    >
  >
>;

/** Loaded when something of it is set: commands without Temporal start without it. */
const loadEnvconfig = () =>
  createRequire(import.meta.url)('@temporalio/envconfig') as typeof import('@temporalio/envconfig');

/**
 * Reads the profile and the variables that Temporal's own tools read, by their own library. A file is
 * read only where TEMPORAL_CONFIG_FILE or TEMPORAL_PROFILE asks for it: what another tool left in the
 * home folder must not lead billing to another server.
 *
 * @param given variables that are set; an empty one is not.
 * @throws Error naming the variable at fault, never a value.
 */
export function readTemporalProfile(given: Given): TemporalProfile {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = given;
  if (temporalAccessVariables.every((name) => given[name] === undefined)) {
    return { address, namespace, access: {} };
  }
  const { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: name } = given;
  if (file !== undefined && !existsSync(file)) {
    throw new Error('TEMPORAL_CONFIG_FILE: there is no such file');
  }
  const { loadClientConfigProfile, toClientOptions } = loadEnvconfig();
  const profile = explaining(() =>
    loadClientConfigProfile({
      ...(file === undefined && name === undefined
        ? { disableFile: true }
        : { profile: name ?? 'default' }),
      configFileStrict: true,
      overrideEnvVars: { ...given },
    }),
  );
  // The library leaves out a half pair, and lets an API key travel in the clear.
  const { clientCert, clientKey, disabled } = profile.tls ?? {};
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    throw new Error('TEMPORAL_TLS_CLIENT_CERT_…, …_KEY_…: certificate and key belong together');
  }
  if (profile.apiKey !== undefined && disabled === true) {
    throw new Error('TEMPORAL_TLS: without TLS the API key would travel readable');
  }
  const { tls, metadata } = explaining(() => toClientOptions(profile)).connectionOptions;
  return {
    address: profile.address,
    namespace: profile.namespace,
    access: {
      ...(tls ? { tls } : {}),
      ...(profile.apiKey === undefined ? {} : { apiKey: profile.apiKey }),
      ...(metadata === undefined ? {} : { metadata: { ...profile.grpcMeta } }),
    },
  };
}

/** An error of the library in words without a value: its own show the lines of a broken file. */
function explaining<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { line, path, code } = error as { line?: number; path?: string; code?: string };
    if (line !== undefined) throw new Error(`TEMPORAL_CONFIG_FILE: line ${line} is not TOML`);
    if (path !== undefined)
      throw new Error(`TEMPORAL_TLS_…_PATH: ${path} cannot be read (${code})`);
    throw new Error(`TEMPORAL_PROFILE: ${error instanceof Error ? error.message : ''}`);
  }
}
