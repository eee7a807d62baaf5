import pino, { type DestinationStream } from 'pino';
import { inject } from 'vitest';
import { createFileGuard } from '../../activities/file-guard.ts';
import { sourceTester } from '../../activities/look-at-source.ts';
import { refreshTester } from '../../activities/refresh-connection.ts';
import { createApp, type RouteTable } from '../../api/app.ts';
import { type ApiDependencies, type ApiLimits, defaultLimits } from '../../api/dependencies.ts';
import { listen } from '../../api/server.ts';
import { createBoundedStarts } from '../../api/workflow-starts.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import type { Role } from '../../billing/role.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { createToken, type TokenScope } from '../../db/queries/tokens.ts';
import { createUser, type NewUser, type PasswordCost } from '../../db/queries/users.ts';
import { createTestDatabase } from '../database.ts';
import { connectTestTemporal } from '../temporal.ts';

const updateWaitMs = 2000;
/** No guess of a test needs to cost anything. */
export const cheapPasswordCost: PasswordCost = { costLog2: 4, blockSize: 8, rounds: 1 };
export const startOfTime = '2026-11-22T00:00:00.000Z';

/** What a test sends in a second is no attack. */
export const testLimits: ApiLimits = {
  ...defaultLimits,
  refusedPerMinute: 10_000,
  publicPerMinute: 10_000,
  tokenPerMinute: 100_000,
  signedOutPerMinute: 100_000,
  logins: { perAddress: 100_000, perAccount: 100_000, perDevice: 100_000 },
  passwordCost: cheapPasswordCost,
};

export interface RunningApi {
  readonly url: string;
  readonly db: Db;
  /** For what the application role may not do. */
  readonly ownerUrl: string;
  readonly appUrl: string;
  /** All that was logged, line by line. */
  readonly logLines: string[];
  /** Real time as the API sees it; tests move it. */
  setNow(instant: string): void;
  /** Makes a merchant and returns its database key. */
  addMerchant(slug: string): Promise<number>;
  addToken(role: Role, scope?: TokenScope, expiresAt?: string | null): Promise<string>;
  /** Makes a person who logs in with this password. */
  addUser(login: string, password: string, grants: NewUser['grants']): Promise<number>;
  call(path: string, init?: CallInit): Promise<Response>;
  uploadsRunning(): number;
  /** The server alone; `close` comes after it as always. */
  closeServer(graceMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface CallInit extends RequestInit {
  readonly token?: string;
  readonly json?: unknown;
}

/** The API over real Postgres and Temporal, on a free port. */
export async function startApi(
  overrides: Partial<ApiDependencies> = {},
  table?: RouteTable,
  at: { readonly headersTimeoutMs?: number } = {},
): Promise<RunningApi> {
  const database = await createTestDatabase();
  const db = openDatabase(database.appUrl, { maxConnections: 5 });
  const temporal = await connectTestTemporal();
  let now = startOfTime;
  let closed: Promise<void> | undefined;
  const logLines: string[] = [];
  const destination: DestinationStream = { write: (line) => void logLines.push(line) };
  const api = createApp(
    {
      db,
      temporal: temporal.client,
      workflows: createBoundedStarts(temporal.client, updateWaitMs, temporal.taskQueue('nobody')),
      fileKeys: parseEncryptionKeys(inject('fileKeys')),
      createGuard: createFileGuard,
      testOrderSource: sourceTester({
        db,
        fileKeys: parseEncryptionKeys(inject('fileKeys')),
        inboxDir: undefined,
      }),
      testRefreshConnection: refreshTester({
        db,
        fileKeys: parseEncryptionKeys(inject('fileKeys')),
      }),
      realNow: () => new Date(now),
      logger: pino({ level: 'trace' }, destination),
      limits: testLimits,
      updateWaitMs,
      trustedProxies: 0,
      ...overrides,
    },
    table,
  );
  const server = await listen(api, { host: '127.0.0.1', port: 0, ...at });
  return {
    url: server.url,
    db,
    ownerUrl: database.ownerUrl,
    appUrl: database.appUrl,
    logLines,
    setNow: (instant) => {
      now = instant;
    },
    addMerchant: async (slug) => {
      const merchant = await createMerchant(db, {
        slug,
        name: slug,
        kind: 'sandbox',
        settings: merchantSettingsSchema.parse({}),
        actor: 'test',
        now: startOfTime,
      });
      return merchant.id;
    },
    addToken: async (role, scope = { all: true }, expiresAt = null) => {
      const made = await createToken(db, {
        actor: `${role} of the test`,
        role,
        scope,
        expiresAt,
        now: startOfTime,
        createdBy: 'test',
      });
      return made.token;
    },
    addUser: async (login, password, grants) =>
      await createUser(db, {
        ...{ login, password, grants, name: `${login}さん`, cost: cheapPasswordCost },
        ...{ actor: 'test', reason: null, now: startOfTime },
      }),
    call: async (path, { token, json, headers, ...init } = {}) =>
      await fetch(`${server.url}${path}`, {
        ...init,
        headers: {
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...(headers as Record<string, string> | undefined),
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      }),
    uploadsRunning: () => api.state.uploadsRunning,
    closeServer: (graceMs) => {
      closed ??= server.close(graceMs);
      return closed;
    },
    close: async () => {
      closed ??= server.close(1000);
      await closed;
      await db.destroy();
      await temporal.close();
      await database.drop();
      // The tests of other files go on in this process.
      logLines.length = 0;
    },
  };
}

/** A refusal as a test looks at it: its status, type, and that it is a whole problem document. */
export async function readProblem(response: Response): Promise<{
  status: number;
  slug: string;
  detail: string;
  errors: { path: string; message: string }[];
}> {
  const body = (await response.json()) as Record<string, unknown>;
  if (response.headers.get('content-type')?.startsWith('application/problem+json') !== true) {
    throw new Error(`not a problem: ${response.headers.get('content-type')}`);
  }
  if (body.status !== response.status) throw new Error('status and body differ');
  return {
    status: response.status,
    slug: String(body.type).replace('urn:tsukigime:problem:', ''),
    detail: String(body.detail),
    errors: (body.errors ?? []) as { path: string; message: string }[],
  };
}
