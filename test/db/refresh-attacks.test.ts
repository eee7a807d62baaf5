import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, databaseOver, openPool } from '../../db/database.ts';
import { FileRefusedError } from '../../db/queries/files.ts';
import { lockCustomers } from '../../db/queries/imports.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { cardLikeNumber } from './card-like-number.ts';
import { openRefreshShop, type RefreshShop, resultLine, said } from './refresh-shop.ts';

/** Results as they must not be, and what happens to cards between a request and its result. */

const keys = parseEncryptionKeys(inject('fileKeys'));
let database: TestDatabase;
let pool: ReturnType<typeof openPool>;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.appUrl, { maxConnections: 4 });
  db = databaseOver(pool);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function askedShop(cards = 2): Promise<RefreshShop> {
  const shop = await openRefreshShop(
    pool,
    keys,
    Array.from({ length: cards }, () => ({})),
  );
  await shop.ask({ first: true });
  return shop;
}

async function locksOf({ merchantId }: RefreshShop): Promise<string[]> {
  const { rows } = await sql<{ said: string }>`
    select customer_number || ' ' || verdict as said from open_card_locks
     where merchant_id = ${merchantId} order by number`.execute(db);
  return rows.map((row) => row.said);
}

describe('files that are none', () => {
  const rows = [said(1, 1), said(2, 0)].join('');
  const columns = (count: number) =>
    [1, 2].map((n) => resultLine({ 0: 'US-00010000', 2: `202611-${n}`, 6: '1' }, count)).join('');

  test.each([
    ['empty', ''],
    ['blank lines alone', '\r\n\r\n'],
    ['twelve columns', columns(12)],
    ['fourteen columns', columns(14)],
    ['of another month', rows.replaceAll('202611-', '202610-')],
    ['of another shop', rows.replaceAll('US-000', 'ZZ-000')],
    ['without 自由項目', rows.replaceAll(/202611-\d/g, '')],
    ['cut in its last row', rows.slice(0, -9)],
    ['verdicts nobody knows', [said(1, 4), said(2, '')].join('')],
  ])('%s: refused as a whole', async (_name, bytes) => {
    const shop = await askedShop();
    expect(await shop.answer(bytes)).toMatchObject({ kind: 'refused' });
    expect(await locksOf(shop)).toEqual([]);
    expect(await shop.faces()).toEqual(['234 2026-11', '234 2026-11']);
  });

  test.each([
    ['UTF-8 with its mark', Buffer.from(`\uFEFF${rows}`)],
    ['CR alone between rows', Buffer.from(rows.replaceAll('\r\n', '\r'))],
    ['no line break at the end', Buffer.from(rows.trimEnd())],
  ])('%s: read all the same', async (_name, bytes) => {
    const shop = await askedShop();
    expect(await shop.answer(bytes)).toMatchObject({ counts: { merged: 2, missing: 0 } });
    expect(await locksOf(shop)).toEqual(['c10000 1']);
  });

  test('CR alone, and a last row of too few columns: that row is quarantined, the others count', async () => {
    const shop = await askedShop();
    const bytes = `${said(1, 1)}${resultLine({ 0: 'x' }, 3)}`.replaceAll('\r\n', '\r');
    const merge = await shop.answer(bytes);
    expect(merge).toMatchObject({ counts: { merged: 1, quarantined: 1, missing: 1 } });
  });

  test('a card number where a mask should be: not stored, nothing taken', async () => {
    const shop = await askedShop();
    const bytes = [said(1, 1), said(2, 0, { 7: cardLikeNumber() })].join('');
    await expect(shop.answer(bytes)).rejects.toThrow(FileRefusedError);
    expect(await locksOf(shop)).toEqual([]);
  });
});

describe('a card that was deleted between request and result', () => {
  const remove = (shop: RefreshShop, card: number) =>
    sql`update cards set deleted_at = ${'2026-11-20T00:00:00.000Z'} where id = ${shop.cardIds[card]}`.execute(
      db,
    );

  test('is locked all the same when it is refused: it may come back by an import', async () => {
    const shop = await askedShop();
    await remove(shop, 0);
    await remove(shop, 1);
    expect(await shop.answer([said(1, 2), said(2, 0)].join(''))).toMatchObject({
      counts: { cardGone: 2, missing: 0 },
    });
    expect(await locksOf(shop)).toEqual(['c10000 2']);
  });

  test.each([
    ['is not, when another card of the customer came in its place', '999', '2030-01', []],
    ['is, when the same card came back under another 連番', '234', '2026-11', ['c10000 2']],
  ])('%s', async (_name, digits, expiry, locks) => {
    const shop = await askedShop();
    await remove(shop, 0);
    await sql`
      insert into cards (merchant_id, customer_id, service, identity, last_digits, brand, sequence,
                         expiry, import_id, created_at, updated_at)
      values (${shop.merchantId}, 10000, 'GMO', 'other', ${digits}, 'VISA', '1', ${expiry}, 1,
              ${'2026-11-20T00:00:00.000Z'}, ${'2026-11-20T00:00:00.000Z'})`.execute(db);
    await shop.answer([said(1, 2), said(2, 0)].join(''));
    expect(await locksOf(shop)).toEqual(locks);
  });
});

describe('a result that is taken in', () => {
  const bytes = [said(1, 1), said(2, 0, { 8: '3012' })].join('');
  const merged = { lines: 2, merged: 2, news: 2, missing: 0 };

  test('by two at once, or again: one takes it, and the other sees that it was', async () => {
    const shop = await askedShop();
    const merges = await Promise.all([shop.answer(bytes), shop.answer(bytes)]);
    expect(merges.map(({ kind }) => kind).sort()).toEqual(['known', 'merged']);
    expect(await shop.answer(bytes)).toEqual({ kind: 'known', n: 1 });
    expect(await locksOf(shop)).toEqual(['c10000 1']);
    expect(await shop.faces()).toEqual(['234 2026-11', '234 2030-12']);
  });

  test('by hand, while another file of the month is fetched: both count, whichever is first', async () => {
    const shop = await askedShop();
    await Promise.all([shop.answer(said(1, 1)), shop.answer(said(2, 0, { 8: '3012' }))]);
    expect(await shop.answer(bytes)).toMatchObject({
      ...{ kind: 'merged', n: 3, counts: { ...merged, news: 0, renewed: 1, invalid: 1 } },
    });
    expect(await locksOf(shop)).toEqual(['c10000 1']);
  });

  test('by a worker that dies in the middle: nothing of it stands, and the next takes it whole', async () => {
    const shop = await askedShop();
    const client = await pool.connect();
    // It waits for the customers, its rows staged, when its connection is ended.
    await db.transaction().execute(async (trx) => {
      await lockCustomers(trx, shop.merchantId);
      const dying = shop.answer(bytes).catch((error: unknown) => error);
      const waiting = async () =>
        (
          await client.query<{ pid: number }>(
            `select pid from pg_stat_activity
              where datname = current_database() and wait_event_type = 'Lock'`,
          )
        ).rows;
      await expect.poll(async () => (await waiting()).length).toBe(1);
      await client.query('select pg_terminate_backend($1)', [(await waiting())[0]?.pid]);
      expect(await dying).toBeInstanceOf(Error);
    });
    client.release();
    expect(await locksOf(shop)).toEqual([]);
    expect(await shop.faces()).toEqual(['234 2026-11', '234 2026-11']);
    expect(await shop.answer(bytes)).toMatchObject({ kind: 'merged', n: 1, counts: merged });
    expect(await locksOf(shop)).toEqual(['c10000 1']);
  });
});
