import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { listAllowedHosts, setAllowedHost } from '../../db/queries/allowed-hosts.ts';
import { listAudit } from '../../db/queries/audit.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { listSecrets, readSecret, SecretError, writeSecret } from '../../db/queries/secrets.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

const now = '2026-11-22T00:00:00.000Z';
const actor = 'test';
const keys = [{ id: 'newest', bytes: randomBytes(32) }];

let database: TestDatabase;
let db: Db;
let shop: number;
let otherShop: number;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 8 });
  const settings = merchantSettingsSchema.parse({});
  const add = async (slug: string) =>
    (await createMerchant(db, { slug, name: slug, kind: 'sandbox', settings, actor, now })).id;
  shop = await add('secret-shop');
  otherShop = await add('other-shop');
});

afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const write = (name: string, value: string, withKeys = keys) =>
  writeSecret(db, shop, { name, value, now, actor }, withKeys);

describe('a secret', () => {
  test('comes back as it was, the newest of its versions, to its merchant alone', async () => {
    const first = `パスワード\n${randomBytes(8).toString('hex')}`;
    await write('sftp-password', first);
    expect(await readSecret(db, shop, 'sftp-password', keys)).toBe(first);
    expect(await write('sftp-password', 'the next one')).toMatchObject({ version: 2 });
    expect(await readSecret(db, shop, 'sftp-password', keys)).toBe('the next one');
    expect(await readSecret(db, otherShop, 'sftp-password', keys)).toBeNull();
    expect(await readSecret(db, shop, 'another', keys)).toBeNull();
  });

  test('is listed and audited without its value', async () => {
    const value = randomBytes(12).toString('hex');
    await write('listed', value);
    const listed = await listSecrets(db, shop);
    expect(listed).toContainEqual({ name: 'listed', version: 1, setAt: now, setBy: actor });
    const audit = await listAudit(db, shop, { limit: 500 });
    expect(audit.at(-1)?.entry).toContain('secret.set');
    expect(JSON.stringify([listed, audit])).not.toContain(value);
  });

  test('is not in the database in the clear', async () => {
    const value = randomBytes(12).toString('hex');
    await write('stored', value);
    const rows = await db.selectFrom('merchant_secrets').select('data').execute();
    expect(rows.some((row) => row.data.includes(value))).toBe(false);
  });

  test('set by many at once gets as many versions', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, (_, n) => write('raced', `v${n}`)));
    expect(made.map((secret) => secret.version).sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('does not open under another key, name or merchant', async () => {
    await write('moved', 'value');
    const stranger = [{ id: 'stranger', bytes: randomBytes(32) }];
    await expect(readSecret(db, shop, 'moved', stranger)).rejects.toThrow(/TSUKIGIME_FILE_KEYS/);
    const sealed = await db
      .selectFrom('merchant_secrets')
      .where('name', '=', 'moved')
      .selectAll()
      .executeTakeFirstOrThrow();
    const { set_at, set_by } = sealed;
    for (const place of [
      { merchant_id: shop, name: 'elsewhere' },
      { merchant_id: otherShop, name: 'moved' },
    ]) {
      await db
        .insertInto('merchant_secrets')
        .values({ ...sealed, ...place, set_at, set_by })
        .execute();
      await expect(readSecret(db, place.merchant_id, place.name, keys)).rejects.toThrow(
        SecretError,
      );
    }
  });

  test('opens under an old key that stands behind a new one', async () => {
    await write('rotated', 'old but good');
    const rotated = [{ id: 'next', bytes: randomBytes(32) }, ...keys];
    expect(await readSecret(db, shop, 'rotated', rotated)).toBe('old but good');
    await write('rotated', 'new', rotated);
    await expect(readSecret(db, shop, 'rotated', keys)).rejects.toThrow(SecretError);
  });
});

test('the newest decision about a host counts', async () => {
  const decide = (host: string, allowed: boolean) =>
    setAllowedHost(db, shop, { host, allowed, reason: 'VPN', now, actor });
  await decide('files.shop.example', true);
  await decide('10.0.0.5', true);
  await decide('files.shop.example', false);
  expect(await listAllowedHosts(db, shop)).toMatchObject([
    { host: '10.0.0.5', allowed: true },
    { host: 'files.shop.example', allowed: false },
  ]);
  expect(await listAllowedHosts(db, otherShop)).toEqual([]);
});
