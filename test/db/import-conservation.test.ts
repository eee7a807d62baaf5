import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createFileGuard } from '../../activities/file-guard.ts';
import { importStoredFile } from '../../activities/import-stored-file.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, databaseOver, openPool } from '../../db/database.ts';
import { storeFile } from '../../db/queries/files.ts';
import { listImportFailures, registerImport } from '../../db/queries/imports.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { cp932, streamOf } from '../byte-source.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { customerFile, customerLine } from '../workflows/file-imports.ts';

const keys = parseEncryptionKeys(inject('fileKeys'));
const settings = merchantSettingsSchema.parse({});
const now = '2026-11-22T00:00:00.000Z';
let database: TestDatabase;
let pool: ReturnType<typeof openPool>;
let db: Db;
let shops = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.appUrl, { maxConnections: 5 });
  db = databaseOver(pool);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function importFile(
  merchant: { id: number; slug: string },
  content: Uint8Array,
  key: string,
) {
  const { fileId } = await storeFile(db, merchant.id, {
    ...{ name: 'c.csv', kind: 'customer-import', direction: 'inbound', keys, now, actor: 'test' },
    guard: createFileGuard('customer-import', settings),
    source: streamOf(content, 1000),
    maxBytes: 1_000_000,
  });
  const { id, number } = await registerImport(db, merchant.id, {
    ...{ kind: 'customers', fileId, fileName: 'c.csv', requestKey: key, held: false },
    ...{ actor: 'test', now },
  });
  const workflows = { wakeMail: async () => {} };
  const facts = await importStoredFile(
    { db, pool, fileKeys: keys, workflows } as unknown as Parameters<typeof importStoredFile>[0],
    { merchant: merchant.slug, number, now },
  );
  return { id, ...facts };
}

/** A row by what is wrong with it; a doubled one repeats the number before. */
const fault = fc.constantFrom('none', 'phone', 'type', 'doubled', 'columns', 'bytes');

test('imported + failed = rows; the failed rows, mended, leave every row in and none doubled', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { minLength: 1, maxLength: 60 }),
      fc.boolean(),
      async (faults, sjis) => {
        shops += 1;
        const merchant = await createMerchant(db, {
          ...{ slug: `shop-${shops}`, name: 'shop', kind: 'sandbox', settings, actor: 'test', now },
        });
        const encode = (text: string) => (sjis ? cp932(text) : Buffer.from(text));
        const numbers = faults.map((kind, index) => (kind === 'doubled' ? index - 1 : index));
        const [head = ''] = customerFile([]).split('\r\n');
        const content = Buffer.concat([
          encode(`${head}\r\n`),
          ...faults.map((kind, index) => {
            const line = customerLine({
              顧客番号: `n${Math.max(numbers[index] ?? 0, 0)}`,
              電話番号: kind === 'phone' ? '' : '0985000000',
              顧客タイプ: kind === 'type' ? '4' : '1',
            });
            if (kind === 'columns') return encode(`${line},\r\n`);
            if (kind === 'bytes')
              return Buffer.concat([Buffer.from([0xff, 0x81]), encode(`${line}\r\n`)]);
            return encode(`${line}\r\n`);
          }),
        ]);
        const first = await importFile(merchant, content, 'first');
        expect(first.rows).toBe(faults.length);
        expect(first.imported + first.failed).toBe(faults.length);
        const failures = await listImportFailures(db, merchant.id, {
          ...{ importId: first.id, after: 0, limit: 1000 },
        });
        expect(failures).toHaveLength(first.failed);

        const mended = failures.map(({ record }) => customerLine({ 顧客番号: `mended${record}` }));
        if (mended.length > 0) {
          const second = await importFile(merchant, encode(customerFile(mended)), 'second');
          expect(second).toMatchObject({ imported: mended.length, failed: 0 });
        }
        const { rows } = await sql<{ customers: number; ids: number }>`
        select count(*) as customers, count(distinct customer_id) as ids from customers
         where merchant_id = ${merchant.id}`.execute(db);
        expect(rows).toEqual([{ customers: faults.length, ids: faults.length }]);
      },
    ),
    { numRuns: 25 },
  );
});

test('an ID near the end of all numbers, given by a file, does not use the numbers up', async () => {
  const merchant = await createMerchant(db, {
    ...{ slug: 'far-ids', name: 'shop', kind: 'sandbox', settings, actor: 'test', now },
  });
  const run = (key: string, lines: readonly string[]) =>
    importFile(merchant, Buffer.from(customerFile(lines)), key);
  const far = { 顧客番号: 'far', 顧客ID: 'US-99999999' };
  await run('given', [customerLine(far), customerLine({ 顧客番号: 'a' })]);
  // The same customer without its ID, as a cart exports it, beside new ones.
  const again = [customerLine({ 顧客番号: 'far' }), customerLine({ 顧客番号: 'b' })];
  expect(await run('again', again)).toMatchObject({ imported: 2, failed: 0 });
  expect(await run('later', [customerLine({ 顧客番号: 'c' })])).toMatchObject({ imported: 1 });
  const { rows } = await sql<{ n: string; id: number }>`
    select customer_number as n, customer_id as id from customers
     where merchant_id = ${merchant.id} order by customer_number`.execute(db);
  expect(rows.map(({ n, id }) => [n, id])).toEqual([
    ['a', 1],
    ['b', 2],
    ['c', 3],
    ['far', 99_999_999],
  ]);
});

test('an ID that a later row gives is kept for that row, also when it was counted already', async () => {
  const merchant = await createMerchant(db, {
    ...{ slug: 'given-late', name: 'shop', kind: 'sandbox', settings, actor: 'test', now },
  });
  const lines = [
    customerLine({ 顧客番号: 'a' }),
    customerLine({ 顧客番号: 'b' }),
    customerLine({ 顧客番号: 'given', 顧客ID: 'US-00000002' }),
    customerLine({ 顧客番号: 'c' }),
    // Doubled behind a customer who was written at once, and behind one who failed.
    customerLine({ 顧客番号: 'a', 氏名: '別人' }),
    customerLine({ 顧客番号: 'd', 電話番号: '' }),
    customerLine({ 顧客番号: 'd' }),
  ];
  const done = await importFile(merchant, Buffer.from(customerFile(lines)), 'given-late');
  expect(done).toMatchObject({ rows: 7, imported: 4, failed: 3 });
  const failures = await listImportFailures(db, merchant.id, {
    ...{ importId: done.id, after: 0, limit: 10 },
  });
  const doubled = '【顧客番号】がファイル内で重複しています';
  expect(failures.map(({ record, texts }) => [record, texts])).toEqual([
    [5, [doubled]],
    [6, ['【電話番号】は必須です']],
    [7, [doubled]],
  ]);
  const { rows } = await sql<{ n: string; id: number }>`
    select customer_number as n, customer_id as id from customers
     where merchant_id = ${merchant.id} order by customer_id`.execute(db);
  expect(rows.map(({ n, id }) => [n, id])).toEqual([
    ['a', 1],
    ['given', 2],
    ['b', 3],
    ['c', 4],
  ]);
});

test('keys of any length are told in the file of failures and stop no import', async () => {
  const merchant = await createMerchant(db, {
    ...{ slug: 'long-keys', name: 'shop', kind: 'sandbox', settings, actor: 'test', now },
  });
  // Beyond what an index of Postgres takes, and not to be compressed to fit.
  const long = randomBytes(6000).toString('base64');
  const lines = [long, long.slice(0, 100)].map((number) => customerLine({ 顧客番号: number }));
  const done = await importFile(merchant, Buffer.from(customerFile(lines)), 'long');
  expect(done).toMatchObject({ stage: 'done', imported: 1, failed: 1 });
});
