import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { listChargesOfCustomer } from '../../db/queries/customer-charges.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertCharges, insertCycle, insertMoneyRecord, type MoneyRecord } from './money-record.ts';

let database: TestDatabase;
let db: Db;
let record: MoneyRecord;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.ownerUrl);
  record = await insertMoneyRecord(db);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

test('what a customer was billed stands newest month first, a page at a time, and nobody else', async () => {
  const older = { ...record, cycleId: await insertCycle(db, record.merchantId, '2026-10') };
  // Each of them bills one order of the customers 1 to 3.
  for (const month of [older, record, record]) await insertCharges(db, month, 3);
  const read = (after: { month: string; position: number } | null, limit: number) =>
    listChargesOfCustomer(db, record.merchantId, { customerNumber: '2', after, limit });
  const all = await read(null, 10);
  expect(all.map(({ month, state, amountYen }) => [month, state, amountYen])).toEqual([
    ['2026-11', 'planned', 1000],
    ['2026-11', 'planned', 1000],
    ['2026-10', 'planned', 1000],
  ]);
  const [first] = await read(null, 2);
  expect(first).toEqual(all[0]);
  expect(await read({ month: '2026-11', position: 2 }, 10)).toEqual(all.slice(2));
  const other = await insertMoneyRecord(db);
  const of = { customerNumber: '2', after: null, limit: 10 };
  expect(await listChargesOfCustomer(db, other.merchantId, of)).toEqual([]);
});
