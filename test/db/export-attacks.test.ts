import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Db, databaseOver, openPool } from '../../db/database.ts';
import { checkConservation } from '../../db/queries/conservation.ts';
import { summarizeSelection } from '../../db/queries/selection.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { collectRows, type ExportRow, planAll, selectRows } from './collect-exports.ts';
import { insertMoneyRecord, type MoneyRecord } from './money-record.ts';

/** Newer exports that come faster than they are judged, or that contradict themselves. */
let database: TestDatabase;
let pool: Pool;
let db: Db;
let record: MoneyRecord;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.appUrl, { maxConnections: 3 });
  db = databaseOver(pool);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});
beforeEach(async () => {
  record = await insertMoneyRecord(db);
});

const collect = (rows: readonly ExportRow[]) => collectRows(pool, record, rows);
const select = (collectionId: number) => selectRows(db, record, collectionId);
const broken = async () => (await checkConservation(db, record.merchantId, record.cycleId)).broken;

test('two newer exports before the next selection: only the newest version of an order holds', async () => {
  await select(await collect([{ number: 'a' }, { number: 'b' }, { number: 'c' }]));
  await collect([{ number: 'a', yen: 200 }, { number: 'b', yen: 200 }, { number: 'c' }]);
  expect(await broken()).toEqual([]);
  const third = await collect([
    { number: 'a', yen: 300 },
    { number: 'b', exclusion: 'cancelled' },
    { number: 'c' },
  ]);
  expect(await broken()).toEqual([]);
  expect(await select(third)).toEqual([
    ['a', 'selected'],
    ['b', 'cancelled'],
    ['c', 'selected'],
  ]);
  expect(await summarizeSelection(db, record.merchantId, record.cycleId)).toMatchObject({
    orders: 3,
    selected: 2,
    amountYen: 400,
  });
  expect(await planAll(db, record)).toEqual({ planned: 2, taken: 0 });
  expect(await broken()).toEqual([]);
});

test.each([
  ['readable the second time', { number: 'a' }],
  ['unreadable both times', { number: 'a', quarantined: 'amount' }],
])('a number that a newer export doubles stays blocked: %s', async (_, other) => {
  const unreadable = { number: 'a', quarantined: 'amount' };
  await select(await collect([unreadable, { number: 'b' }]));
  const doubled = await select(await collect([unreadable, other, { number: 'b' }]));
  expect(doubled.filter(([number, verdict]) => number === 'a' && verdict === 'selected')).toEqual(
    [],
  );
  const clean = await select(await collect([{ number: 'a', yen: 700 }, { number: 'b' }]));
  expect(clean.filter(([number]) => number === 'a').map(([, verdict]) => verdict)).not.toContain(
    'selected',
  );
  expect(await planAll(db, record)).toEqual({ planned: 1, taken: 0 });
  expect(await broken()).toEqual([]);
});
