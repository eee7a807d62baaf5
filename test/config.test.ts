import { randomBytes } from 'node:crypto';
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
