import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  ConfigError,
  environmentVariables,
  formatEncryptionKeys,
  parseEncryptionKeys,
  readConfig,
} from '../config.ts';

const key = (id: string, length = 32) => ({ id, bytes: new Uint8Array(randomBytes(length)) });

const secret = randomBytes(8).toString('hex');

function refusal(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('accepted');
}

test('an empty environment gives the embedded default', () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    databaseUrl: undefined,
    temporalAddress: undefined,
    temporalNamespace: 'default',
    apiHost: '127.0.0.1',
    logLevel: 'info',
    updateWaitMs: 10_000,
  });
  expect(config.dataDir).toMatch(/\/\.tsukigime$/);
});

test('an empty variable counts as absent', () => {
  expect(readConfig({ DATABASE_URL: '', API_PORT: '', LOG_LEVEL: '' })).toMatchObject({
    databaseUrl: undefined,
    apiPort: undefined,
    logLevel: 'info',
  });
});

test('keys come back in their order, newest first', () => {
  const keys = [key('b-2'), key('a-1')];
  expect(parseEncryptionKeys(formatEncryptionKeys(keys))).toEqual(keys);
  expect(readConfig({ TSUKIGIME_FILE_KEYS: formatEncryptionKeys(keys) }).fileKeys).toEqual(keys);
});

test('every unusable variable is named at once, and no value is shown', () => {
  const short = formatEncryptionKeys([key('k-1', 16)]);
  const message = refusal({
    DATABASE_URL: `mysql://root:${secret}@db/x`,
    TEMPORAL_ADDRESS: 'http://temporal:7233',
    API_PORT: '70000',
    TSUKIGIME_PAYLOAD_KEYS: short,
  });
  for (const name of ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'API_PORT', 'TSUKIGIME_PAYLOAD_KEYS']) {
    expect(message).toContain(`${name}: `);
  }
  expect(message).toContain('k-1) is 16 bytes long');
  expect(message).not.toContain(secret);
  expect(message).not.toContain(short.slice(4));
});

test('keys of one ID, and a key without ID, are refused', () => {
  expect(refusal({ TSUKIGIME_FILE_KEYS: formatEncryptionKeys([key('a'), key('a')]) })).toContain(
    'same ID',
  );
  const bare = Buffer.from(key('a').bytes).toString('base64');
  const message = refusal({ TSUKIGIME_FILE_KEYS: bare });
  expect(message).toContain('no ID');
  expect(message).not.toContain(bare);
});

test('every variable is described for the README', () => {
  expect(environmentVariables.map(({ name }) => name)).toContain('TSUKIGIME_PAYLOAD_KEYS');
  for (const { name, meaning, default: fallback } of environmentVariables) {
    expect(name).toMatch(/^[A-Z][A-Z0-9_]+$/);
    expect(meaning.length, name).toBeGreaterThan(5);
    expect(fallback, name).not.toBe('');
  }
});

test('a profile says where Temporal is, and variables win over it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsukigime-profile-'));
  const file = join(folder, 'temporal.toml');
  const profile = `[profile.prod]
address = "prod.tmprl.cloud:7233"
namespace = "tsukigime.a1b2c"
api_key = "${secret}"
grpc_meta = { "x-team" = "billing" }
[profile.prod.tls]
server_name = "front"
`;
  writeFileSync(file, profile);
  const prod = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'prod' };
  try {
    expect(readConfig(prod)).toMatchObject({
      temporalAddress: 'prod.tmprl.cloud:7233',
      temporalNamespace: 'tsukigime.a1b2c',
      temporalAccess: {
        apiKey: secret,
        tls: { serverNameOverride: 'front' },
        metadata: { 'x-team': 'billing' },
      },
    });
    expect(
      readConfig({ ...prod, TEMPORAL_ADDRESS: 'other:7233', TEMPORAL_TLS_SERVER_NAME: 'back' }),
    ).toMatchObject({
      temporalAddress: 'other:7233',
      temporalNamespace: 'tsukigime.a1b2c',
      temporalAccess: { tls: { serverNameOverride: 'back' } },
    });
    // Without the two variables a file in the home folder leads nobody to another server.
    expect(readConfig({ HOME: folder }).temporalAccess).toEqual({});
    expect(refusal({ TEMPORAL_CONFIG_FILE: file })).toContain("'default' not found");
    expect(refusal({ ...prod, TEMPORAL_TLS: 'false' })).toContain('would travel readable');
    writeFileSync(file, `${profile}api_key = ${secret} =\n`);
    const broken = refusal(prod);
    expect(broken).toContain('line 8 is not TOML');
    expect(broken).not.toContain(secret);
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(refusal(prod)).toContain('there is no such file');
});

test('what cannot enter Temporal is refused before it is tried', () => {
  const at = { TEMPORAL_ADDRESS: 'temporal:7233' };
  expect(readConfig({ ...at, TEMPORAL_API_KEY: secret }).temporalAccess).toEqual({
    ...{ apiKey: secret, tls: true },
  });
  expect(readConfig({ ...at, TEMPORAL_TLS: 'true' }).temporalAccess).toHaveProperty('tls');
  expect(readConfig({ ...at, TEMPORAL_TLS: '0' }).temporalAccess).toEqual({});
  expect(refusal({ ...at, TEMPORAL_TLS: 'yes' })).toContain('TEMPORAL_TLS: ');
  expect(refusal({ TEMPORAL_API_KEY: secret })).toContain('TEMPORAL_ADDRESS: is missing');
  expect(refusal({ ...at, TEMPORAL_TLS_CLIENT_CERT_DATA: 'a' })).toContain('belong together');
  const gone = { TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nowhere/ca.pem' };
  expect(refusal({ ...at, ...gone })).toContain('/nowhere/ca.pem cannot be read (ENOENT)');
});
