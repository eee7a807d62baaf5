import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { readActor } from '../../cli/record-access.ts';
import {
  runWebhooksAdd,
  runWebhooksLog,
  runWebhooksMove,
  runWebhooksResend,
} from '../../cli/webhooks.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { listEndpoints } from '../../db/queries/delivery-endpoints.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { listFiles, readText } from '../tidy/checkout.ts';

let database: TestDatabase;
let db: Db;
let merchantId: number;
let said = '';

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 1 });
  const made = await createMerchant(db, {
    ...{ slug: 'hook-shop', name: '店', kind: 'sandbox', actor: 'test' },
    ...{ settings: merchantSettingsSchema.parse({}), now: new Date().toISOString() },
  });
  merchantId = made.id;
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});
beforeEach(() => {
  said = '';
  vi.stubEnv('TSUKIGIME_DATABASE_URL_APP', database.appUrl);
  vi.spyOn(console, 'error').mockImplementation((line: string) => {
    said += `${line}\n`;
  });
  vi.spyOn(console, 'log').mockImplementation(() => {});
  return () => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  };
});

const shop = { merchant: 'hook-shop', name: 'my-hook' };
const hook = {
  ...shop,
  ...{ url: 'http://127.0.0.1:9/hook', events: ['cycle.stage'], secret: 'hook-secret' },
};
const longReason = 'x'.repeat(501);

test('commands take what the API takes, and refuse what it refuses', async () => {
  expect(await runWebhooksAdd({ ...hook, reason: ' ' })).toBe(2);
  expect(await runWebhooksAdd({ ...hook, name: 'My Hook', reason: 'try' })).toBe(2);
  expect(await runWebhooksAdd({ ...hook, secret: '', reason: 'try' })).toBe(2);
  expect(said).toMatch(/--reason .*\n.*--name is 3 to 64 of a-z, 0-9 and -\.\n.*--secret /s);
  expect(await listEndpoints(db, merchantId, 'webhook')).toEqual([]);
});

test.each([
  ['--reason', () => runWebhooksMove({ ...shop, to: 'paused', reason: longReason })],
  ['--state', () => runWebhooksLog({ ...shop, state: 'lost' })],
  ['--limit', () => runWebhooksLog({ ...shop, limit: 501 })],
  ['--reason', () => runWebhooksResend({ ...shop, failed: true, reason: '' })],
  ['--event', () => runWebhooksResend({ ...shop, event: ['7'], reason: 'again' })],
])('%s is read as the API reads it', async (option, run) => {
  expect(await run()).toBe(2);
  expect(said).toMatch(new RegExp(`^${option} `));
});

test('the audit names who types: by a variable where many share a login', () => {
  vi.stubEnv('TSUKIGIME_ACTOR', 'hanako');
  expect(readActor()).toBe('cli:hanako');
  vi.stubEnv('TSUKIGIME_ACTOR', '');
  expect(readActor()).toMatch(/^cli:./);
  const asking = listFiles().filter(
    (path) => path.startsWith('cli/') && readText(path).includes('userInfo('),
  );
  expect(asking).toEqual(['cli/record-access.ts']);
});
