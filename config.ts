import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type EncryptionKey, parseEncryptionKeys } from './encryption-keys.ts';
import {
  homeVariables,
  readTemporalProfile,
  type TemporalAccess,
  type TemporalAccessVariable,
  type TemporalProfile,
  temporalAccessVariables,
} from './temporal-access.ts';

export {
  createEncryptionKey,
  type EncryptionKey,
  formatEncryptionKeys,
  parseEncryptionKeys,
} from './encryption-keys.ts';
export type { TemporalAccess } from './temporal-access.ts';

/** The checkout: every path in a message or a record is meant from here. */
export const checkoutDir = fileURLToPath(new URL('.', import.meta.url));

/** A setting in the environment is missing or unusable. The message names the variable, never its value. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const encryptionKeys = z.string().transform((text, context): EncryptionKey[] => {
  try {
    return parseEncryptionKeys(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : '' });
    return z.NEVER;
  }
});

const postgresUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'is not a URL postgres://user:password@host:port/database',
});

const hostAndPort = z
  .string()
  .regex(/^(\[[^\]]+\]|[^\s:/]+):\d{1,5}$/, { error: 'is not host:port, without http://' });

const smtpUrl = z.url({
  protocol: /^smtps?$/,
  error: 'is not a URL smtp://user:password@host:port, or smtps://…',
});

/** As OpenTelemetry writes them: values percent-encoded. */
const otlpHeaders = z.string().transform((text, context): Record<string, string> => {
  const pairs = text.split(',').map((pair) => pair.trim().split(/=(.*)/s));
  if (pairs.every(([name, value]) => /^[\w-]+$/.test(name ?? '') && value !== undefined)) {
    return Object.fromEntries(
      pairs.map(([name = '', value = '']) => [name, decodeURIComponent(value)]),
    );
  }
  context.addIssue({ code: 'custom', message: 'is not name=value, name=value' });
  return z.NEVER;
});

const port = z.coerce.number().int().min(0).max(65_535);

/** Milliseconds up to a day: anything longer is a slip of the unit. */
const milliseconds = z.coerce.number().int().min(1).max(86_400_000);

interface Variable<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** One sentence for README's table. */
  readonly meaning: string;
  /** What happens without it, for README's table. */
  readonly default: string;
}

function variable<Schema extends z.ZodType>(
  schema: Schema,
  meaning: string,
  defaultText: string,
): Variable<Schema> {
  return { schema, meaning, default: defaultText };
}

const variables = {
  DATABASE_URL: variable(
    postgresUrl.optional(),
    'Postgres as the owner of the schema: migrations only',
    'the embedded Postgres',
  ),
  TSUKIGIME_DATABASE_URL_APP: variable(
    postgresUrl.optional(),
    'Postgres as the restricted role that worker and API connect as',
    'the role `tsukigime_app`, made by `tsukigime up`',
  ),
  TEMPORAL_ADDRESS: variable(
    hostAndPort.optional(),
    'host:port of the Temporal frontend',
    'the embedded dev server',
  ),
  TEMPORAL_NAMESPACE: variable(
    z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/)
      .optional(),
    'Temporal namespace',
    "the profile's, else `default`",
  ),
  TEMPORAL_PROFILE: variable(
    z.string().min(1).optional(),
    'profile of the Temporal configuration file; variables win over it',
    '`default`, and no file is read without TEMPORAL_CONFIG_FILE',
  ),
  TEMPORAL_CONFIG_FILE: variable(
    z.string().min(1).optional(),
    'Temporal configuration file (TOML)',
    'with TEMPORAL_PROFILE `temporalio/temporal.toml` in the configuration folder of the home',
  ),
  TEMPORAL_API_KEY: variable(
    z.string().min(1).optional(),
    'API key of Temporal Cloud; brings TLS along',
    'none',
  ),
  TEMPORAL_TLS: variable(
    z.enum(['true', 'false', '1', '0']).optional(),
    '`true`: TLS to Temporal with the authorities that the machine trusts',
    'TLS where one of its variables or an API key is set',
  ),
  TEMPORAL_TLS_CLIENT_CERT_PATH: variable(
    z.string().min(1).optional(),
    'PEM file of our certificate (mTLS)',
    'none',
  ),
  TEMPORAL_TLS_CLIENT_CERT_DATA: variable(z.string().min(1).optional(), 'the same as text', 'none'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: variable(
    z.string().min(1).optional(),
    'PEM file of its key',
    'none',
  ),
  TEMPORAL_TLS_CLIENT_KEY_DATA: variable(z.string().min(1).optional(), 'the same as text', 'none'),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: variable(
    z.string().min(1).optional(),
    "PEM file of the authority that signed the server's certificate",
    'the authorities that the machine trusts',
  ),
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: variable(
    z.string().min(1).optional(),
    'the same as text',
    'none',
  ),
  TEMPORAL_TLS_SERVER_NAME: variable(
    z.string().min(1).optional(),
    "name that the server's certificate must bear",
    'the host of the address',
  ),
  TEMPORAL_CLI: variable(
    z.string().min(1).optional(),
    'path of the Temporal CLI that runs the embedded server',
    '`temporal` on PATH, else downloaded once',
  ),
  TSUKIGIME_DATA_DIR: variable(
    z
      .string()
      .min(1)
      .default(join(checkoutDir, '.tsukigime'))
      .transform((path) => resolve(path)),
    'where the embedded servers keep data, logs and generated secrets',
    '`.tsukigime` in the checkout',
  ),
  TSUKIGIME_CACHE_DIR: variable(
    z.string().min(1).optional(),
    'where a downloaded Temporal CLI is kept for all checkouts',
    '`$XDG_CACHE_HOME/tsukigime`, else `~/.cache/tsukigime`',
  ),
  TSUKIGIME_PAYLOAD_KEYS: variable(
    encryptionKeys.optional(),
    'keys of the Temporal payload codec, `id:base64` of 32 bytes, newest first, comma between',
    'generated once into the data folder',
  ),
  TSUKIGIME_FILE_KEYS: variable(
    encryptionKeys.optional(),
    'keys for stored files and secrets, same form',
    'generated once into the data folder',
  ),
  API_HOST: variable(z.string().min(1).default('127.0.0.1'), 'address the API binds', '127.0.0.1'),
  API_PORT: variable(
    port.optional(),
    'port of the API; 0 takes a free one',
    '8080, a free one under `tsukigime up`',
  ),
  API_TRUSTED_PROXIES: variable(
    z.coerce.number().int().min(0).max(10).default(0),
    'reverse proxies in front of the API whose X-Forwarded-For is believed',
    '0',
  ),
  TSUKIGIME_INBOX_DIR: variable(
    z
      .string()
      .min(1)
      .transform((path) => resolve(path))
      .optional(),
    'folder in which order exports are fetched from directories named by merchant slugs',
    'no directory is an order source',
  ),
  SMTP_URL: variable(
    smtpUrl.optional(),
    'mail server that takes the mails of real merchants',
    'mails stay in the outbox',
  ),
  SMTP_FROM: variable(
    z.email().optional(),
    'sender of mails, where a merchant has set none of its own',
    'mails of such merchants stay in the outbox',
  ),
  TSUKIGIME_SANDBOX_SMTP_URL: variable(
    smtpUrl.optional(),
    'mail server that takes the mails of sandbox merchants, and only theirs',
    'mails stay in the outbox',
  ),
  TSUKIGIME_CONSOLE_URL: variable(
    z
      .url({ protocol: /^https?$/ })
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
    'address of the console, for links in mails',
    'mails carry no links',
  ),
  TSUKIGIME_TEMPORAL_UI_URL: variable(
    z
      .url({ protocol: /^https?$/ })
      .transform((url) => new URL(url).origin)
      .optional(),
    'address of the Temporal UI: the console links to it, the API decodes payloads for it',
    'the embedded server’s under `tsukigime up`, else no links',
  ),
  TSUKIGIME_SESSION_IDLE_MINUTES: variable(
    z.coerce.number().int().min(1).max(1440).default(120),
    'minutes without a request after which a person is logged out',
    '120',
  ),
  TSUKIGIME_SESSION_HOURS: variable(
    z.coerce.number().int().min(1).max(168).default(12),
    'hours after which a person logs in again in any case',
    '12',
  ),
  LOG_LEVEL: variable(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    'least severe log level written',
    '`info`',
  ),
  TSUKIGIME_UPDATE_WAIT_MS: variable(
    milliseconds.default(10_000),
    'how long the API waits for a workflow to accept a decision before it answers 202',
    '10000',
  ),
  TSUKIGIME_SHUTDOWN_GRACE_MS: variable(
    milliseconds.default(10_000),
    'how long a stopping worker lets running activities finish',
    '10000',
  ),
  TSUKIGIME_WORKER_BUILD: variable(
    z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/)
      .optional(),
    'name of the build that a worker is, so that old and new ones run side by side (docs/operations.md)',
    'workers have no versions',
  ),
  TSUKIGIME_METRICS_ADDRESS: variable(
    hostAndPort.optional(),
    'host:port on which a worker serves Prometheus metrics; the API serves its own at /metrics',
    'the worker serves none',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: variable(
    z.url({ protocol: /^https?$/ }).optional(),
    'collector that takes traces of API and worker as OTLP over HTTP',
    'nothing is traced',
  ),
  OTEL_EXPORTER_OTLP_HEADERS: variable(
    otlpHeaders.default({}),
    'headers for the collector, `name=value` with commas between',
    'none',
  ),
} as const;

export interface EnvironmentVariable {
  readonly name: string;
  readonly meaning: string;
  readonly default: string;
}

/** Every variable that Tsukigime reads, for README's table and the test that compares the two. */
export const environmentVariables: readonly EnvironmentVariable[] = Object.entries(variables).map(
  ([name, { meaning, default: defaultText }]) => ({ name, meaning, default: defaultText }),
);

export interface Config {
  /** Owner of the schema; undefined = embedded Postgres. */
  readonly databaseUrl: string | undefined;
  /** Restricted role; undefined = `tsukigime_app`, made by the stack. */
  readonly databaseUrlApp: string | undefined;
  /** host:port; undefined = embedded dev server. */
  readonly temporalAddress: string | undefined;
  readonly temporalNamespace: string;
  /** TLS, API key and headers for that address. Secret. */
  readonly temporalAccess: TemporalAccess;
  readonly temporalCli: string | undefined;
  readonly dataDir: string;
  readonly cacheDir: string;
  /** Newest first; undefined = generated by the stack. */
  readonly payloadKeys: readonly EncryptionKey[] | undefined;
  readonly fileKeys: readonly EncryptionKey[] | undefined;
  readonly apiHost: string;
  readonly apiPort: number | undefined;
  readonly trustedProxies: number;
  /** Root of all directories that are order sources. */
  readonly inboxDir: string | undefined;
  /** Mail servers, by whose mails they take. Secret. */
  readonly smtpUrl: string | undefined;
  readonly sandboxSmtpUrl: string | undefined;
  readonly smtpFrom: string | undefined;
  /** Without a slash at its end. */
  readonly consoleUrl: string | undefined;
  /** Scheme, host and port. */
  readonly temporalUiOrigin: string | undefined;
  readonly sessionIdleMinutes: number;
  readonly sessionHours: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly updateWaitMs: number;
  readonly shutdownGraceMs: number;
  /** Which build a worker is; undefined = workers have no versions. */
  readonly workerBuild: string | undefined;
  /** host:port on which a worker serves metrics. */
  readonly metricsAddress: string | undefined;
  /** Where traces go; undefined = nowhere. Secret. */
  readonly tracing:
    | { readonly endpoint: string; readonly headers: Record<string, string> }
    | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment handed on to child processes, which need PATH, HOME, locale and proxies. */
export function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}

/**
 * Reads and checks all settings.
 * @throws ConfigError naming every unusable variable at once, without their values.
 */
export function readConfig(environment: Environment = process.env): Config {
  const problems: string[] = [];
  // An empty variable counts as absent: that is how compose files and CI pass "not set".
  const read = <Name extends keyof typeof variables>(name: Name) => {
    const parsed = variables[name].schema.safeParse(environment[name] || undefined);
    if (!parsed.success) {
      problems.push(`${name}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`);
    }
    return parsed.data as z.output<(typeof variables)[Name]['schema']>;
  };
  const temporal = readTemporal(environment, read, problems);
  const config: Config = {
    databaseUrl: read('DATABASE_URL'),
    databaseUrlApp: read('TSUKIGIME_DATABASE_URL_APP'),
    temporalAddress: temporal.address,
    temporalNamespace: temporal.namespace ?? 'default',
    temporalAccess: temporal.access,
    temporalCli: read('TEMPORAL_CLI'),
    dataDir: read('TSUKIGIME_DATA_DIR'),
    cacheDir:
      read('TSUKIGIME_CACHE_DIR') ??
      join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tsukigime'),
    payloadKeys: read('TSUKIGIME_PAYLOAD_KEYS'),
    fileKeys: read('TSUKIGIME_FILE_KEYS'),
    apiHost: read('API_HOST'),
    apiPort: read('API_PORT'),
    trustedProxies: read('API_TRUSTED_PROXIES'),
    inboxDir: read('TSUKIGIME_INBOX_DIR'),
    smtpUrl: read('SMTP_URL'),
    sandboxSmtpUrl: read('TSUKIGIME_SANDBOX_SMTP_URL'),
    smtpFrom: read('SMTP_FROM'),
    consoleUrl: read('TSUKIGIME_CONSOLE_URL'),
    temporalUiOrigin: read('TSUKIGIME_TEMPORAL_UI_URL'),
    sessionIdleMinutes: read('TSUKIGIME_SESSION_IDLE_MINUTES'),
    sessionHours: read('TSUKIGIME_SESSION_HOURS'),
    logLevel: read('LOG_LEVEL'),
    updateWaitMs: read('TSUKIGIME_UPDATE_WAIT_MS'),
    shutdownGraceMs: read('TSUKIGIME_SHUTDOWN_GRACE_MS'),
    workerBuild: read('TSUKIGIME_WORKER_BUILD'),
    metricsAddress: read('TSUKIGIME_METRICS_ADDRESS'),
    tracing: toTracing(read('OTEL_EXPORTER_OTLP_ENDPOINT'), read('OTEL_EXPORTER_OTLP_HEADERS')),
  };
  if (problems.length > 0) {
    throw new ConfigError(`Unusable settings in the environment:\n  ${problems.join('\n  ')}`);
  }
  return config;
}

const toTracing = (endpoint: string | undefined, headers: Record<string, string>) =>
  endpoint === undefined ? undefined : { endpoint, headers };

/** The profile with what the variables say over it; what is at fault is added to `problems`. */
function readTemporal(
  environment: Environment,
  read: (name: 'TEMPORAL_ADDRESS' | 'TEMPORAL_NAMESPACE' | TemporalAccessVariable) => unknown,
  problems: string[],
): TemporalProfile {
  const before = problems.length;
  const names = ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', ...temporalAccessVariables] as const;
  const given = names.map((name) => [name, read(name)] as const);
  const homes = homeVariables.map((name) => [name, environment[name] || undefined] as const);
  const set = [...given, ...homes].filter(([, value]) => value !== undefined);
  const none: TemporalProfile = { address: undefined, namespace: undefined, access: {} };
  if (problems.length > before) return none;
  try {
    const profile = readTemporalProfile(Object.fromEntries(set));
    if (profile.address !== undefined && !hostAndPort.safeParse(profile.address).success) {
      problems.push('TEMPORAL_PROFILE: its address is not host:port, without http://');
    }
    if (profile.address === undefined && Object.keys(profile.access).length > 0) {
      problems.push('TEMPORAL_ADDRESS: is missing; TLS or an API key is given for it');
    }
    return profile;
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return none;
  }
}
