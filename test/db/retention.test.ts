import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { openFile, storeFile } from '../../db/queries/files.ts';
import { moveImport, registerImport } from '../../db/queries/imports.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { blankExpired } from '../../db/queries/retention.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

let database: TestDatabase;
let owner: Db;
let merchantId: number;
const keys = parseEncryptionKeys(inject('fileKeys'));
const old = '2025-01-10T00:00:00.000Z';
const recent = '2026-11-01T00:00:00.000Z';
const now = '2026-11-22T00:00:00.000Z';

beforeAll(async () => {
  database = await createTestDatabase();
  owner = openDatabase(database.ownerUrl);
  const merchant = await createMerchant(owner, {
    ...{ slug: 'shop', name: 'shop', kind: 'sandbox', actor: 'test', now: old },
    settings: merchantSettingsSchema.parse({}),
  });
  merchantId = merchant.id;
});
afterAll(async () => {
  await owner.destroy();
  await database.drop();
});

async function importedFile(name: string, ends: readonly string[]): Promise<string> {
  const { fileId, sha256 } = await storeFile(owner, merchantId, {
    ...{ name, kind: 'customer-import', direction: 'outbound', keys, now: old, actor: 'test' },
    source: (async function* () {
      yield Buffer.from(name);
    })(),
    maxBytes: 1000,
  });
  for (const [index, end] of ends.entries()) {
    const { number } = await registerImport(owner, merchantId, {
      ...{ kind: 'customers', fileId, fileName: name, requestKey: `${name}-${index}` },
      ...{ held: false, actor: 'test', now: old },
    });
    await moveImport(owner, merchantId, { number, from: 'running', to: 'done', now: end });
  }
  return sha256;
}

async function addCustomer(id: number, deletedAt: string | null): Promise<void> {
  await owner
    .insertInto('customers')
    .values({
      ...{ merchant_id: merchantId, customer_id: id, customer_number: `n-${id}`, name: '見本' },
      ...{ phone: '0985000000', import_id: 1, created_at: old, updated_at: old },
      deleted_at: deletedAt,
    })
    .execute();
}

test('what ended long enough ago is blanked; numbers, hashes and counts stay', async () => {
  const gone = await importedFile('gone.csv', [old]);
  const kept = await importedFile('kept.csv', [old, recent]);
  await addCustomer(1, old);
  await addCustomer(2, recent);
  await addCustomer(3, null);
  const of = { before: '2026-01-01T00:00:00.000Z', actor: 'test', now };
  const apply = () => owner.transaction().execute((trx) => blankExpired(trx, merchantId, of));
  expect(await apply()).toEqual({ customers: 1, cards: 0, files: 1 });
  expect(await apply()).toEqual({ customers: 0, cards: 0, files: 0 });

  const { rows } = await sql<{ name: string | null; number: string; phone: string | null }>`
    select name, phone, customer_number as number from customers order by customer_id`.execute(
    owner,
  );
  expect(rows).toEqual([
    { name: null, phone: null, number: 'n-1' },
    { name: '見本', phone: '0985000000', number: 'n-2' },
    { name: '見本', phone: '0985000000', number: 'n-3' },
  ]);
  expect(await openFile(owner, merchantId, gone, keys)).toMatchObject({ blanked: true, bytes: 8 });
  expect(await openFile(owner, merchantId, kept, keys)).toMatchObject({ blanked: false });
  const chunks = await sql<{ chunks: number }>`select count(*) as chunks from file_chunks`.execute(
    owner,
  );
  expect(chunks.rows).toEqual([{ chunks: 1 }]);
});

test('the application may not do it', async () => {
  const app = openDatabase(database.appUrl);
  const of = { before: now, actor: 'test', now };
  const applied = app.transaction().execute((trx) => blankExpired(trx, merchantId, of));
  await expect(applied).rejects.toMatchObject({ code: '42501' });
  await app.destroy();
});
