import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { insertPlannedCharges } from '../../db/queries/auth-file.ts';
import {
  findLatestCollection,
  insertSelection,
  listSelectionRows,
  summarizeSelection,
} from '../../db/queries/selection.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { AT, insertCycle, insertMoneyRecord, type MoneyRecord } from './money-record.ts';

let database: TestDatabase;
let db: Db;
let record: MoneyRecord;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.ownerUrl, { maxConnections: 3 });
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});
beforeEach(async () => {
  record = await insertMoneyRecord(db);
});

interface Row {
  readonly number: string | null;
  readonly yen?: number;
  readonly exclusion?: string;
  readonly quarantined?: string;
}

/** An export as it was read; its own settings version keeps it apart from the one before. */
async function collect(rows: readonly Row[], cycleId = record.cycleId): Promise<number> {
  const { rows: collections } = await sql<{ id: number; n: number }>`
    insert into order_collections (merchant_id, cycle_id, n, file_id, settings_version, encoding,
                                   records, quarantined, collected_at)
    select ${record.merchantId}, ${cycleId}, count(*) + 1, ${record.fileId}, count(*) + 1, 'utf-8',
           ${rows.length}, 0, ${AT}
      from order_collections where cycle_id = ${cycleId} returning id, n`.execute(db);
  const collectionId = collections[0]?.id ?? 0;
  for (const [index, { number, yen = 100, exclusion, quarantined }] of rows.entries()) {
    const place = { collection_id: collectionId, record: index + 1, line: index + 2 };
    if (quarantined !== undefined || number === null) {
      await db
        .insertInto('quarantined_orders')
        .values({
          ...place,
          merchant_id: record.merchantId,
          order_number: number,
          reason_code: quarantined ?? 'row_broken',
          reason_ja: '読めません',
          reason_en: 'unreadable',
        })
        .execute();
      continue;
    }
    await sql`
      insert into orders (collection_id, record, line, merchant_id, order_number, customer_number,
                          payment_method, cycle_count, previous_order_number, amount_yen, shipment,
                          status, customer_name, email, phone, exclusion)
      values (${collectionId}, ${place.record}, ${place.line}, ${record.merchantId}, ${number}, '9',
              'クレジットカード', 2, '1', ${yen}, 'unknown', '新規受付', '', '', '',
              ${exclusion ?? null})`.execute(db);
  }
  return collectionId;
}

async function select(collectionId: number, cycleId = record.cycleId, identityMonth = '') {
  await insertSelection(db, record.merchantId, { cycleId, collectionId, identityMonth, now: AT });
  const rows = await listSelectionRows(db, record.merchantId, {
    cycleId,
    afterRecord: 0,
    limit: 100,
  });
  return rows.map(({ orderNumber, verdict, reason }) => [orderNumber, reason ?? verdict]);
}

test('every record ends in one verdict: excluded, doubled, unreadable or selected', async () => {
  const collection = await collect([
    { number: 'a' },
    { number: 'b', exclusion: 'first_order' },
    { number: 'c' },
    { number: 'c', exclusion: 'cancelled' },
    { number: 'd' },
    { number: 'd', quarantined: 'amount' },
    { number: null, quarantined: 'row_broken' },
  ]);
  expect(await select(collection)).toEqual([
    ['a', 'selected'],
    ['b', 'first_order'],
    ['c', 'order_number_doubled'],
    ['c', 'order_number_doubled'],
    ['d', 'order_number_doubled'],
    ['d', 'amount'],
    [null, 'row_broken'],
  ]);
  expect(await summarizeSelection(db, record.merchantId, record.cycleId)).toEqual({
    n: 1,
    orders: 7,
    selected: 1,
    amountYen: 100,
    excluded: { first_order: 1 },
    quarantined: 5,
  });
});

test('a number that was doubled once is blocked for the month, not for the next', async () => {
  await collect([{ number: 'a' }, { number: 'a' }, { number: 'b' }]);
  const clean = await collect([{ number: 'a' }, { number: 'b' }]);
  expect(await select(clean)).toEqual([
    ['a', 'order_number_doubled'],
    ['b', 'selected'],
  ]);
  const december = await insertCycle(db, record.merchantId, '2026-12');
  expect(await select(await collect([{ number: 'a' }], december), december)).toEqual([
    ['a', 'selected'],
  ]);
});

test('an export without a row is a selection of nothing', async () => {
  const collection = await collect([]);
  const latest = await findLatestCollection(db, record.merchantId, record.cycleId);
  expect(latest).toEqual({ collectionId: collection, collectedAt: AT, selectionId: null });
  expect(await select(collection)).toEqual([]);
  expect(await summarizeSelection(db, record.merchantId, record.cycleId)).toMatchObject({
    orders: 0,
    selected: 0,
    excluded: {},
  });
});

test("an order of another month is already billed; per month it is this month's again", async () => {
  await select(await collect([{ number: 'a' }]));
  const plan = { cycleId: record.cycleId, identityMonth: '', now: AT };
  expect(await insertPlannedCharges(db, record.merchantId, plan)).toEqual({ planned: 1, taken: 0 });
  const december = await insertCycle(db, record.merchantId, '2026-12');
  const collection = await collect([{ number: 'a' }], december);
  expect(await select(collection, december)).toEqual([['a', 'already_billed']]);
  expect(await select(collection, december, '2026-12')).toEqual([['a', 'selected']]);
});

test('a change of the order identity in the middle of a month bills nothing twice', async () => {
  await select(await collect([{ number: 'a' }, { number: 'b' }]));
  const plan = { cycleId: record.cycleId, identityMonth: '', now: AT };
  expect((await insertPlannedCharges(db, record.merchantId, plan)).planned).toBe(2);
  const changed = { ...plan, identityMonth: '2026-11' };
  expect(await insertPlannedCharges(db, record.merchantId, changed)).toEqual({
    planned: 0,
    taken: 0,
  });
  const again = sql`
    insert into charges (merchant_id, cycle_id, order_number, identity_month, customer_number,
                         previous_order_number, position, created_at)
    select merchant_id, cycle_id, order_number, '2026-11', '9', '1', position, created_at
      from charges where cycle_id = ${record.cycleId}`.execute(db);
  await expect(again).rejects.toThrow('charges_once_a_cycle');
});

test('back from the month in the key, what was billed under it is billed already', async () => {
  await sql`
    insert into merchant_settings (merchant_id, version, settings, actor, recorded_at)
    select ${record.merchantId}, coalesce(max(version), 0) + 1, '{"orderIdentity":"per-month"}',
           'test', ${AT}
      from merchant_settings where merchant_id = ${record.merchantId}`.execute(db);
  await select(await collect([{ number: 'a' }]), record.cycleId, '2026-11');
  const november = { cycleId: record.cycleId, identityMonth: '2026-11', now: AT };
  expect((await insertPlannedCharges(db, record.merchantId, november)).planned).toBe(1);
  const december = await insertCycle(db, record.merchantId, '2026-12');
  const collection = await collect([{ number: 'a' }, { number: 'b' }], december);
  expect(await select(collection, december)).toEqual([
    ['a', 'already_billed'],
    ['b', 'selected'],
  ]);
  // Selected before the change, claimed after it: found at the claim.
  expect(await select(collection, december, '2026-12')).toEqual([
    ['a', 'selected'],
    ['b', 'selected'],
  ]);
  const claim = { cycleId: december, identityMonth: '', now: AT };
  expect(await insertPlannedCharges(db, record.merchantId, claim)).toEqual({
    planned: 0,
    taken: 1,
  });
});
