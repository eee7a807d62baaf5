import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type EncryptionKey, parseEncryptionKeys } from './encryption-keys.ts';
import { variable } from './environment-variable.ts';
import { temporalVariables } from './temporal-variables.ts';

/** The checkout: every path in a message or a record is meant from here. */
export const checkoutDir = fileURLToPath(new URL('.', import.meta.url));

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

export const hostAndPort = z
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

/** What each variable may hold; config.ts alone reads them. */
export const variables = {
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
  ...temporalVariables,
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
  TSUKIGIME_URL: variable(
    z
      .url({ protocol: /^https?$/ })
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
    'the API that `tsukigime call` calls',
    'it calls none',
  ),
  TSUKIGIME_TOKEN: variable(
    z.string().min(1).optional(),
    'token with which `tsukigime call` calls',
    'only routes without a token answer',
  ),
  TSUKIGIME_ACTOR: variable(
    z
      .string()
      .regex(/^[\p{L}\p{N} ._@+-]{1,64}$/u, {
        error: 'is 1 to 64 letters, digits, spaces or . _ @ + -',
      })
      .optional(),
    'who types on the command line, as the audit names them: `cli:<name>`',
    'the login of the machine',
  ),
  TSUKIGIME_CONSOLE_URL: variable(
    z
      .url({ protocol: /^https?$/ })
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
    'address of the console, for links in mails and from workflows in the Temporal UI',
    'the API’s own under `tsukigime up`, else no links',
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
  TSUKIGIME_UPLOAD_MB: variable(
    z.coerce.number().int().min(1).max(65_536).default(512),
    'largest file that the API takes, in MB; one of 512 holds some 4,000,000 orders',
    '512',
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
  TSUKIGIME_HEALTH_ADDRESS: variable(
    hostAndPort.optional(),
    'host:port on which a worker serves /healthz and /readyz; the API serves its own',
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
