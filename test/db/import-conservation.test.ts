import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createFileGuard } from '../../activities/file-guard.ts';
import { importStoredFile } from '../../activities/import-stored-file.ts';
import { type CardService, cardServices } from '../../billing/card-service.ts';
import { type ImportKind, importFileKinds } from '../../billing/file-import.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, databaseOver, openPool } from '../../db/database.ts';
import { storeFile } from '../../db/queries/files.ts';
import {
  listImportFailures,
  listImportWarnings,
  registerImport,
} from '../../db/queries/imports.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { checkImportFile, type ImportChecks } from '../../imports/import-check.ts';
import { createPostalLookup } from '../../imports/postal-codes.ts';
import { cp932, streamOf } from '../byte-source.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { customerFile, customerLine } from '../workflows/file-imports.ts';

const keys = parseEncryptionKeys(inject('fileKeys'));
const settings = merchantSettingsSchema.parse({ paymentMethods: { cardService: 'YAMATO' } });
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
  kind: ImportKind = 'customers',
) {
  const { fileId } = await storeFile(db, merchant.id, {
    ...{ name: 'c.csv', direction: 'inbound', keys, now, actor: 'test' },
    kind: importFileKinds[kind],
    guard: createFileGuard(importFileKinds[kind], settings),
    source: streamOf(content, 1000),
    maxBytes: 1_000_000,
  });
  const { id, number } = await registerImport(db, merchant.id, {
    ...{ kind, fileId, fileName: 'c.csv', requestKey: key, held: false },
    ...{ actor: 'test', now },
  });
  const workflows = { wakeMail: async () => {}, wakeCycle: async () => {} };
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

interface Verdict {
  readonly line: number;
  readonly columns: readonly (string | null)[];
  readonly texts: readonly string[];
}

/** What `tsukigime import check` says of a file; the customers that it cannot know exist. */
async function checkOffline(content: Uint8Array, service: CardService | null) {
  const checks: ImportChecks =
    service !== null
      ? { kind: 'cards', service, hasCustomer: null, month: now.slice(0, 7) }
      : {
          ...{ kind: 'customers', occupations: null, tags: null },
          findPrefectures: createPostalLookup(),
          genders: new Set(settings.imports.genders),
          tagSeparator: settings.imports.tagSeparator,
        };
  const errors: Verdict[] = [];
  const warnings: Verdict[] = [];
  let summary: unknown;
  const open = () => streamOf(content, 1000);
  for await (const event of checkImportFile(open, checks, 'utf-8')) {
    if (event.kind === 'summary') {
      summary = event.summary;
      continue;
    }
    const { line } = event.row;
    for (const [said, remarks] of [
      [errors, event.row.errors],
      [warnings, event.row.warnings],
    ] as const) {
      if (remarks.length === 0) continue;
      said.push({
        line,
        columns: remarks.map(({ column }) => column),
        texts: remarks.map(({ text }) => text),
      });
    }
  }
  return { errors, warnings, summary };
}

const cellsOf = (choices: Record<string, readonly string[]>) =>
  fc.record(
    Object.fromEntries(
      Object.entries(choices).map(([name, values]) => [name, fc.constantFrom(...values)]),
    ),
  ) as fc.Arbitrary<Record<string, string>>;
const customerRows = cellsOf({
  顧客番号: ['a', 'b', 'c', 'd', 'e', 'f', ''],
  顧客ID: ['', '', '', 'US-00000001', 'US-00000002', 'US-00000003', 'US-1'],
  電話番号: ['0985000000', '0985000000', '0985000000', ''],
  都道府県名: ['宮崎県', '宮崎県', '東京都', '江戸'],
  生年月日: ['', '1980-01-02', '昭和55年'],
}).map(customerLine);
/** Mostly of the merchant's own service. */
const cardRowsOf = (service: CardService) =>
  cellsOf({
    service: [service, service, service, ...cardServices],
    customer: ['US-00000001', 'US-00000002', 'US-00000003', ''],
    digits: ['111', '222', '1111'],
    brand: ['VISA'],
    holder: [''],
    sendId: ['', 'US-00000001-01', 'US-00000002-01', 'US-00000001-02', 'US-1'],
    sequence: ['', '0', '1'],
    expiry: ['3012', '2001', '1230', '0128'],
    key: ['k', 'k', ''],
  }).map((cells) => Object.values(cells).join(','));

test('the check without a record says what the import says, of every row and in its words', async () => {
  const compare = async (rows: readonly string[], service: CardService | null) => {
    const kind = service === null ? 'customers' : 'cards';
    shops += 1;
    const merchant = await createMerchant(db, {
      ...{ slug: `shop-${shops}`, name: 'shop', kind: 'sandbox', actor: 'test', now },
      settings: merchantSettingsSchema.parse({ paymentMethods: { cardService: service } }),
    });
    if (kind === 'cards') {
      const known = ['x', 'y', 'z'].map((number) => customerLine({ 顧客番号: number }));
      await importFile(merchant, Buffer.from(customerFile(known)), 'known');
    }
    const text = kind === 'cards' ? rows.join('\r\n') : customerFile(rows);
    const content = Buffer.from(text);
    const done = await importFile(merchant, content, 'compared', kind);
    const page = { importId: done.id, after: 0, limit: 1000 };
    const shown = (found: Awaited<ReturnType<typeof listImportFailures>>) =>
      found.map(({ line, columns, texts }) => ({ line, columns, texts }));
    const { errors, warnings, summary } = await checkOffline(content, service);
    expect(errors).toEqual(shown(await listImportFailures(db, merchant.id, page)));
    expect(warnings).toEqual(shown(await listImportWarnings(db, merchant.id, page)));
    const { rows: read, imported: good, failed, warned } = done;
    expect(summary).toMatchObject({ rows: read, good, failed, warned });
  };
  for (const service of [null, ...cardServices]) {
    const files = fc.array(service === null ? customerRows : cardRowsOf(service), {
      ...{ minLength: 1, maxLength: 40 },
    });
    await fc.assert(
      fc.asyncProperty(files, (rows) => compare(rows, service)),
      { numRuns: 12 },
    );
  }
});

test('a Yamato card with 連番物理 0 is the one without', async () => {
  const merchant = await createMerchant(db, {
    ...{ slug: 'yamato-zero', name: 'shop', kind: 'sandbox', settings, actor: 'test', now },
  });
  await importFile(merchant, Buffer.from(customerFile([customerLine({ 顧客番号: 'a' })])), 'a');
  for (const [n, sequence] of ['0', '', '0'].entries()) {
    const row = `YAMATO,US-00000001,111,VISA,,,${sequence},3012,key\r\n`;
    const done = await importFile(merchant, Buffer.from(row), `cards-${n}`, 'cards');
    expect(done).toMatchObject({ imported: 1, failed: 0 });
  }
  const { rows } = await sql`select from cards where merchant_id = ${merchant.id}`.execute(db);
  expect(rows).toHaveLength(1);
});
