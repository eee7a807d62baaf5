import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { openPool } from '../../db/database.ts';
import { checkConservation } from '../../db/queries/conservation.ts';
import { readCycleFacts } from '../../db/queries/cycle-facts.ts';
import { insertHolds, releaseHolds } from '../../db/queries/holds.ts';
import { summarizeSelection } from '../../db/queries/selection.ts';
import { recordKnownShipments } from '../../db/queries/shipments.ts';
import { collectRows, type ExportRow, planAll, selectRows } from './collect-exports.ts';
import { AT, insertCycle, insertMoneyRecord, type MoneyRecord } from './money-record.ts';
import { openOwnDatabase } from './own-database.ts';

/** Newer exports that come faster than they are judged, or that contradict themselves. */
const { database, pool, db } = await openOwnDatabase();
let record: MoneyRecord;
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

test('a hold and its end show in the verdicts, whatever instants they carry', async () => {
  const { merchantId, cycleId } = record;
  const collection = await collect([{ number: 'a' }, { number: 'b' }]);
  await select(collection);
  const { rows } = await sql<{ id: number }>`
    insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, decided_at)
    values (${merchantId}, 'hold', 'test', 'hold', '{}', 'test', ${AT}) returning id`.execute(db);
  // Said before the selection, written after it: the act waited for the merchant's lock.
  const said = { decisionId: rows[0]?.id ?? 0, orderNumbers: ['a'], now: '2026-11-21T00:00:00Z' };
  const differs = async () => (await readCycleFacts(db, merchantId, '2026-11', AT)).unselected;
  expect(await differs()).toBe(false);
  await insertHolds(db, merchantId, { ...said, cycleId });
  expect(await differs()).toBe(true);
  expect(await select(collection)).toContainEqual(['a', 'on_hold']);
  expect(await differs()).toBe(false);
  await releaseHolds(db, merchantId, said);
  expect(await differs()).toBe(true);
  expect(await select(collection)).toContainEqual(['a', 'selected']);
  expect(await differs()).toBe(false);
});

test("a shipment that the next month's export told before the order was billed is known", async () => {
  const { merchantId, cycleId } = record;
  await select(await collect([{ number: 'a' }, { number: 'b' }]));
  const december = await insertCycle(db, merchantId, '2026-12');
  const later = await collectRows(pool, { ...record, cycleId: december }, [
    { number: 'a' },
    { number: 'b' },
  ]);
  const owner = openPool(database.ownerUrl, { maxConnections: 1 });
  await owner.query(
    "update orders set shipment = 'shipped', shipped_on = '2026-11-21' where collection_id = $1 and order_number = 'a'",
    [later],
  );
  await owner.end();
  await planAll(db, record);
  await db
    .transaction()
    .execute((trx) => recordKnownShipments(trx, merchantId, { cycleId, now: AT }));
  const { rows } = await sql`
    select c.order_number, s.shipped_on, s.collection_id from shipments s
      join charges c on c.id = s.charge_id where s.merchant_id = ${merchantId}`.execute(db);
  expect(rows).toEqual([{ order_number: 'a', shipped_on: '2026-11-21', collection_id: later }]);
});
