import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { businessDateOf } from '../../billing/business-date.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import {
  type Config,
  formatEncryptionKeys,
  inheritedEnvironment,
  parseEncryptionKeys,
  readConfig,
} from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { recordAuditHeads } from '../../db/queries/audit-heads.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { createUser } from '../../db/queries/users.ts';
import type { Finding } from '../../stack/inspection.ts';
import { inspectProduction } from '../../stack/production-check.ts';
import { judgeTransport } from '../../stack/production-network.ts';
import { checkTransport } from '../../stack/production-record.ts';
import { checkProductionSettings } from '../../stack/production-settings.ts';
import { readOrMakeSecrets } from '../../stack/secrets.ts';
import { runCommand } from '../cli/run-command.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { temporaryDir } from './temporary-dir.ts';

let database: TestDatabase;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 1 });
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const key = (id: string) => formatEncryptionKeys([{ id, bytes: new Uint8Array(randomBytes(32)) }]);

/** What a production environment says, on the servers of this test run. */
function production(changes: Record<string, string> = {}): Config {
  return readConfig({
    ...inheritedEnvironment(),
    TSUKIGIME_DATA_DIR: temporaryDir(),
    TSUKIGIME_DATABASE_URL_APP: database.appUrl,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: inject('temporalNamespace'),
    TSUKIGIME_PAYLOAD_KEYS: key('p'),
    TSUKIGIME_FILE_KEYS: key('f'),
    SMTP_URL: 'smtps://mail.shop.example',
    SMTP_FROM: 'billing@shop.example',
    TSUKIGIME_CONSOLE_URL: 'https://billing.shop.example',
    API_TRUSTED_PROXIES: '1',
    ...changes,
  });
}

/** What concerns this machine or what else a test run is: it fits no production. */
// The servers of tests give no thought to power cuts.
const notOurs = ['Durability', 'Disk', 'Console', 'Worker', 'Mail server', 'Schedules'];

const shop = (now: string) => ({
  ...{ name: 'Shop', actor: 'test', now },
  settings: merchantSettingsSchema.parse({ paygent: { merchantId: '12345' } }),
});

const named = (findings: readonly Finding[], part: string) =>
  findings.find((finding) => finding.part === part);

test('an empty record says all that is missing, a filled one nothing', async () => {
  const before = await inspectProduction(production());
  expect(named(before, 'Merchants')).toMatchObject({ ok: false, text: 'none' });
  expect(named(before, 'Administrators')).toMatchObject({ ok: false });

  const now = new Date().toISOString();
  await createMerchant(db, { slug: 'real-shop', kind: 'real', ...shop(now) });
  await createUser(db, {
    ...{ login: 'hanako', name: 'Hanako', password: randomBytes(12).toString('hex'), now },
    cost: { costLog2: 4, blockSize: 1, rounds: 1 },
    grants: [{ merchantId: null, role: 'admin', rights: [] }],
    ...{ actor: 'test', reason: null },
  });
  expect(named(await inspectProduction(production()), 'Audit heads')).toMatchObject({
    ok: false,
    text: expect.stringContaining('of no merchant, real-shop'),
  });
  await recordAuditHeads(db, { day: businessDateOf(now), now, publish: () => {} });
  const after = await inspectProduction(production());
  expect(after.filter(({ ok, part }) => !ok && !notOurs.includes(part))).toEqual([]);
  expect(after.map(({ part }) => part)).toEqual(
    expect.arrayContaining([
      ...['Postgres transport', 'Temporal transport', 'Application role', 'Retention'],
      ...['Search attributes', 'Backups', 'Cookies', 'Administrators'],
    ]),
  );

  await createMerchant(db, { slug: 'play-shop', kind: 'sandbox', ...shop(now) });
  expect(named(await inspectProduction(production()), 'Merchants')).toMatchObject({
    ok: false,
    text: expect.stringContaining('play-shop'),
  });
});

test('settings of a trial are found, each with what to do', () => {
  const dataDir = temporaryDir();
  const made = readOrMakeSecrets(dataDir);
  const one = key('one');
  const broken: Record<string, Record<string, string>> = {
    Servers: { TEMPORAL_ADDRESS: '' },
    TSUKIGIME_PAYLOAD_KEYS: { TSUKIGIME_PAYLOAD_KEYS: '' },
    TSUKIGIME_FILE_KEYS: {
      TSUKIGIME_DATA_DIR: dataDir,
      TSUKIGIME_FILE_KEYS: formatEncryptionKeys(made.fileKeys),
    },
    Keys: { TSUKIGIME_PAYLOAD_KEYS: one, TSUKIGIME_FILE_KEYS: one },
    'Mail settings': { SMTP_FROM: '' },
    'Sandbox mail': { TSUKIGIME_SANDBOX_SMTP_URL: 'smtp://127.0.0.1:2525' },
    'Console address': { TSUKIGIME_CONSOLE_URL: 'http://billing.shop.example' },
    Cookies: { API_TRUSTED_PROXIES: '0' },
  };
  for (const [part, change] of Object.entries(broken)) {
    const config = production(change);
    const problems = checkProductionSettings(config).filter(({ ok }) => !ok);
    expect(problems.map((finding) => finding.part)).toEqual([part]);
    expect(problems[0]?.remedy).not.toBe('');
    const secrets = [config.payloadKeys, config.fileKeys].flatMap((keys = []) => [...keys]);
    for (const { bytes } of secrets) {
      expect(JSON.stringify(problems)).not.toContain(Buffer.from(bytes).toString('base64'));
    }
  }
  const flat = formatEncryptionKeys([{ id: 'flat', bytes: new Uint8Array(32).fill(7) }]);
  expect(parseEncryptionKeys(flat)).toHaveLength(1);
  expect(
    named(
      checkProductionSettings(production({ TSUKIGIME_FILE_KEYS: flat })),
      'TSUKIGIME_FILE_KEYS',
    ),
  ).toMatchObject({ ok: false });
});

test('what leaves the machine is to be encrypted', () => {
  const judge = (distance: 'machine' | 'attached' | 'remote', encrypted = false) =>
    judgeTransport('Postgres transport', { distance, encrypted }, 'Use TLS.').ok;
  expect([judge('machine'), judge('attached'), judge('remote'), judge('remote', true)]).toEqual([
    ...[true, true, false, true],
  ]);
});

test('TLS with whoever answers is no TLS', async () => {
  const judge = async (parameters: string) =>
    (await checkTransport(`postgres://tsukigime_app@192.0.2.1/tsukigime${parameters}`, true)).ok;
  expect(await judge('?sslmode=verify-full')).toBe(true);
  for (const open of ['?sslmode=no-verify', '?uselibpqcompat=true&sslmode=require']) {
    expect(await judge(open), open).toBe(false);
  }
});

test('the command says it line by line, and ends with 1 while anything is missing', async () => {
  const servers = { databaseUrl: database.appUrl };
  const { code, out } = await runCommand(servers, 'up', '--production-check');
  expect(code).toBe(1);
  expect(out).toMatch(/^PROBLEM {2}Mail settings: SMTP_URL and SMTP_FROM not set.*\n +→ Set them/m);
  expect(out).toMatch(/^OK {7}Application role: /m);
});
