import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFileGuard } from '../../activities/file-guard.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { chunkBytes, FileChunkError } from '../../db/file-chunks.ts';
import {
  FileRefusedError,
  FileTooLargeError,
  findFile,
  openFile,
  storeFile,
} from '../../db/queries/files.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { cardLikeNumber } from './card-like-number.ts';
import { fileKeys as keys, newFile, fileNow as now, pieces, sha256Of } from './new-file.ts';

const settings = merchantSettingsSchema.parse({});

let database: TestDatabase;
let db: Db;
let owner: Db;
let merchantId: number;
let otherMerchantId: number;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 8 });
  owner = openDatabase(database.ownerUrl, { maxConnections: 2 });
  const add = async (slug: string) =>
    (await createMerchant(db, { slug, name: slug, kind: 'sandbox', settings, actor: 'test', now }))
      .id;
  merchantId = await add('file-shop');
  otherMerchantId = await add('other-shop');
});

afterAll(async () => {
  await db.destroy();
  await owner.destroy();
  await database.drop();
});

async function readAll(sha256: string, withKeys = keys): Promise<Buffer> {
  const file = await openFile(db, merchantId, sha256, withKeys);
  if (file === undefined) throw new Error('not stored');
  const parts: Buffer[] = [];
  for await (const part of file.content) parts.push(part);
  return Buffer.concat(parts);
}

async function countRows(): Promise<{ files: number; chunks: number }> {
  const count = async (table: 'files' | 'file_chunks') =>
    Number(
      (
        await db
          .selectFrom(table)
          .select((eb) => eb.fn.countAll().as('n'))
          .executeTakeFirstOrThrow()
      ).n,
    );
  return { files: await count('files'), chunks: await count('file_chunks') };
}

test('any bytes in any pieces come back as they were', async () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(parts, async (given) => {
      const whole = Buffer.concat(given);
      const stored = await storeFile(db, merchantId, newFile(pieces(...given)));
      expect(stored).toMatchObject({ sha256: sha256Of(whole), bytes: whole.byteLength });
      expect(await readAll(stored.sha256)).toEqual(whole);
    }),
    { numRuns: 40 },
  );
});

test.each([
  ['a chunk less one byte', chunkBytes - 1, 1],
  ['exactly one chunk', chunkBytes, 1],
  ['one byte more', chunkBytes + 1, 2],
  ['exactly three chunks', 3 * chunkBytes, 3],
])('at the border of a chunk: %s', async (_name, bytes, chunks) => {
  const whole = randomBytes(bytes);
  const stored = await storeFile(
    db,
    merchantId,
    newFile(pieces(whole.subarray(0, 70_000), whole.subarray(70_000))),
  );
  const row = await db
    .selectFrom('files')
    .where('id', '=', stored.fileId)
    .select('chunks')
    .executeTakeFirstOrThrow();
  expect(row.chunks).toBe(chunks);
  expect((await readAll(stored.sha256)).equals(whole)).toBe(true);
});

test('what is stored shows nothing of the file, and compresses', async () => {
  const line = '11246,株式会社テスト,7988,定期配送中\r\n';
  const whole = Buffer.from(line.repeat(20_000));
  const { fileId } = await storeFile(db, merchantId, newFile(pieces(whole)));
  const rows = await db
    .selectFrom('file_chunks')
    .where('file_id', '=', fileId)
    .selectAll()
    .execute();
  for (const row of rows) {
    expect(row.data.includes('定期配送中')).toBe(false);
    expect(row.data.byteLength).toBeLessThan(whole.byteLength / 10);
    expect(row.iv.byteLength).toBe(12);
  }
  expect(new Set(rows.map((row) => row.iv.toString('hex'))).size).toBe(rows.length);
});

test('the same bytes again are the file that is there, of one merchant only', async () => {
  const bytes = randomBytes(1000);
  const first = await storeFile(db, merchantId, newFile(pieces(bytes)));
  const before = await countRows();
  const again = await storeFile(
    db,
    merchantId,
    newFile(pieces(bytes), { name: 'b.csv', kind: 'auth-result' }),
  );
  expect(again).toEqual({ ...first, alreadyStored: true });
  expect(await countRows()).toEqual(before);
  expect(await findFile(db, otherMerchantId, first.sha256)).toBeUndefined();
  const other = await storeFile(db, otherMerchantId, newFile(pieces(bytes)));
  expect(other.alreadyStored).toBe(false);
  expect(other.fileId).not.toBe(first.fileId);
});

test('ten uploads of the same bytes at once give one file', async () => {
  for (let round = 0; round < 10; round += 1) {
    const bytes = randomBytes(5000);
    const before = await countRows();
    const stored = await Promise.all(
      Array.from({ length: 10 }, () => storeFile(db, merchantId, newFile(pieces(bytes)))),
    );
    expect(new Set(stored.map((file) => file.fileId)).size).toBe(1);
    expect(stored.filter((file) => !file.alreadyStored)).toHaveLength(1);
    expect(await countRows()).toEqual({ files: before.files + 1, chunks: before.chunks + 1 });
  }
});

test('a card number leaves no row behind but the audit of its refusal', async () => {
  const cardNumber = cardLikeNumber();
  const text = `注文番号,備考\r\n1,なし\r\n2,${cardNumber}\r\n`;
  const before = await countRows();
  const refused = storeFile(
    db,
    merchantId,
    newFile(pieces(Buffer.from(text), Buffer.alloc(3 * chunkBytes, 'x')), {
      guard: createFileGuard('order-export', settings),
    }),
  );
  await expect(refused).rejects.toThrow(FileRefusedError);
  await expect(refused).rejects.toMatchObject({
    finding: { line: 3, columnNumber: 2, column: '備考' },
  });
  expect(await countRows()).toEqual(before);
  const entries = await db
    .selectFrom('audit_entries')
    .where('chain_id', '=', merchantId)
    .select('entry')
    .orderBy('n', 'desc')
    .limit(1)
    .execute();
  expect(entries[0]?.entry).toContain('"act":"file.refused"');
  expect(entries[0]?.entry).not.toContain(cardNumber);
});

test('our own long numbers pass in their columns', async () => {
  const orderNumber = cardLikeNumber();
  const stored = await storeFile(
    db,
    merchantId,
    newFile(pieces(Buffer.from(`注文番号,備考\r\n${orderNumber},なし\r\n`)), {
      guard: createFileGuard('order-export', settings),
    }),
  );
  expect(stored.alreadyStored).toBe(false);
  const result = `1,020,M1\r\n3,,${orderNumber},,300,,,10,,,,1,,2,,0,${orderNumber},,,20261122000000\r\n4,1\r\n`;
  await storeFile(
    db,
    merchantId,
    newFile(pieces(Buffer.from(result)), { guard: createFileGuard('auth-result', settings) }),
  );
});

test('an upload that breaks off or grows too long leaves nothing', async () => {
  const before = await countRows();
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield randomBytes(2 * chunkBytes);
    throw new Error('the line is cut');
  }
  await expect(storeFile(db, merchantId, newFile(broken()))).rejects.toThrow('the line is cut');
  await expect(
    storeFile(db, merchantId, newFile(pieces(randomBytes(2000)), { maxBytes: 1999 })),
  ).rejects.toThrow(FileTooLargeError);
  expect(await countRows()).toEqual(before);
});

test('joins the transaction of its caller and leaves it usable', async () => {
  const bytes = randomBytes(300);
  const outbound = (source: AsyncIterable<Uint8Array>) =>
    newFile(source, { direction: 'outbound', kind: 'auth-file' });
  const seen = await db.transaction().execute(async (trx) => {
    const first = await storeFile(trx, merchantId, outbound(pieces(bytes)));
    const again = await storeFile(trx, merchantId, outbound(pieces(bytes)));
    return [first, again];
  });
  expect(seen.map((file) => file.alreadyStored)).toEqual([false, true]);
  const rolledBack = db.transaction().execute(async (trx) => {
    await storeFile(trx, merchantId, outbound(pieces(Buffer.from('taken back'))));
    throw new Error('changed my mind');
  });
  await expect(rolledBack).rejects.toThrow('changed my mind');
  expect(await findFile(db, merchantId, sha256Of(Buffer.from('taken back')))).toBeUndefined();
});

test('a changed, moved, cut or foreign chunk is named and not handed out', async () => {
  const whole = randomBytes(3 * chunkBytes);
  const { fileId, sha256 } = await storeFile(db, merchantId, newFile(pieces(whole)));
  const chunk = (n: number) =>
    owner.selectFrom('file_chunks').where('file_id', '=', fileId).where('n', '=', n);
  const keep = await chunk(2).selectAll().executeTakeFirstOrThrow();
  // As the owner: the application role may not change a chunk at all.
  const write = async ({ iv, data }: { iv: Buffer; data: Buffer }) =>
    await sql`update file_chunks set iv = ${iv}, data = ${data}
              where file_id = ${fileId} and n = 2`.execute(owner);

  const flipped = Buffer.from(keep.data);
  flipped[100] = (flipped[100] ?? 0) ^ 1;
  await write({ iv: keep.iv, data: flipped });
  await expect(readAll(sha256)).rejects.toThrow(`File ${fileId}, chunk 2`);

  const first = await chunk(1).selectAll().executeTakeFirstOrThrow();
  await write(first);
  await expect(readAll(sha256)).rejects.toMatchObject({ n: 2, problem: 'altered' });

  await write(keep);
  expect((await readAll(sha256)).equals(whole)).toBe(true);

  await owner.deleteFrom('file_chunks').where('file_id', '=', fileId).where('n', '=', 3).execute();
  await expect(readAll(sha256)).rejects.toMatchObject({ n: 3, problem: 'missing' });

  // Cut short together with its row: chunk 2 was never sealed as a last one.
  await sql`update files set chunks = 2 where id = ${fileId}`.execute(owner);
  await expect(readAll(sha256)).rejects.toMatchObject({ n: 2, problem: 'altered' });
});

test('keys rotate: the newest seals, older ones open, a lost one is named', async () => {
  const bytes = randomBytes(100);
  const { sha256 } = await storeFile(db, merchantId, newFile(pieces(bytes)));
  const rotated = [{ id: 'next', bytes: randomBytes(32) }, ...keys];
  expect(await readAll(sha256, rotated)).toEqual(bytes);
  const lost = readAll(sha256, rotated.slice(0, 1));
  await expect(lost).rejects.toThrow(FileChunkError);
  await expect(lost).rejects.toThrow('key "newest"');
  const wrong = [{ id: 'newest', bytes: randomBytes(32) }];
  await expect(readAll(sha256, wrong)).rejects.toMatchObject({ problem: 'altered' });
});

test('a long file passes in bounded memory', async () => {
  const block = randomBytes(512 * 1024);
  const blocks = 200;
  async function* long(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < blocks; i += 1) yield block;
  }
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  const stored = await storeFile(db, merchantId, newFile(long()));
  const file = await openFile(db, merchantId, stored.sha256, keys);
  let bytes = 0;
  for await (const part of file?.content ?? []) bytes += part.byteLength;
  clearInterval(watch);
  expect(bytes).toBe(blocks * block.byteLength);
  // The file has 100 MB: held whole even once, it would show.
  expect(peak - before).toBeLessThan(80 * 1024 * 1024);
});
