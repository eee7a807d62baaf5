import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { checkConservation } from '../../db/queries/conservation.ts';
import { listCollections } from '../../db/queries/order-export.ts';
import { listOrderChanges } from '../../db/queries/order-news.ts';
import { weighRun } from '../../db/queries/runs.ts';
import { findLatestCollection, summarizeSelection } from '../../db/queries/selection.ts';
import { collectRows, type ExportRow, planAll, selectRows } from './collect-exports.ts';
import { AT, insertCycle, insertMoneyRecord, type MoneyRecord } from './money-record.ts';
import { openOwnDatabase } from './own-database.ts';

const { pool, db } = await openOwnDatabase();
let record: MoneyRecord;
beforeEach(async () => {
  record = await insertMoneyRecord(db);
});

const of = (cycleId = record.cycleId) => ({ ...record, cycleId });
const collect = (rows: readonly ExportRow[], cycleId?: number) =>
  collectRows(pool, of(cycleId), rows);
const plan = (cycleId?: number, identityMonth?: string) => planAll(db, of(cycleId), identityMonth);
const select = (collectionId: number, cycleId?: number, identityMonth?: string) =>
  selectRows(db, of(cycleId), collectionId, identityMonth);

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
  expect(await plan()).toEqual({ planned: 1, taken: 0 });
  const december = await insertCycle(db, record.merchantId, '2026-12');
  const collection = await collect([{ number: 'a' }], december);
  expect(await select(collection, december)).toEqual([['a', 'already_billed']]);
  expect(await select(collection, december, '2026-12')).toEqual([['a', 'selected']]);
});

test('a change of the order identity in the middle of a month bills nothing twice', async () => {
  await select(await collect([{ number: 'a' }, { number: 'b' }]));
  expect((await plan()).planned).toBe(2);
  expect(await plan(record.cycleId, '2026-11')).toEqual({ planned: 0, taken: 0 });
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
  expect((await plan(record.cycleId, '2026-11')).planned).toBe(1);
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
  expect(await plan(december)).toEqual({ planned: 0, taken: 1 });
});

const changes = async (chargedOnly = false) =>
  (
    await listOrderChanges(db, record.merchantId, {
      cycleId: record.cycleId,
      chargedOnly,
      after: null,
      limit: 100,
    })
  ).map(({ collection, orderNumber, kind, charged, differences }) => [
    collection,
    orderNumber,
    kind,
    charged,
    ...differences.map(({ field, before, after }) => `${field} ${before} → ${after}`),
  ]);

const left = async () =>
  await weighRun(db, record.merchantId, { cycleId: record.cycleId, orderNumbers: null });

test('a newer export brings its news, cancels nothing and is told', async () => {
  await select(await collect([{ number: 'a' }, { number: 'b' }, { number: 'c' }]));
  const newer = await collect([
    { number: 'c', exclusion: 'cancelled' },
    { number: 'a' },
    { number: 'd', yen: 400 },
  ]);
  expect(await select(newer)).toEqual([
    ['a', 'selected'],
    ['c', 'cancelled'],
    ['b', 'selected'],
    ['d', 'selected'],
  ]);
  expect((await listCollections(db, record.merchantId, record.cycleId)).at(-1)).toMatchObject({
    records: 3,
    added: 1,
    changed: 1,
    unchanged: 1,
    gone: 1,
  });
  expect(await changes()).toEqual([
    [2, 'b', 'gone', false],
    [2, 'c', 'changed', false, 'exclusion null → cancelled'],
  ]);
  expect(await left()).toEqual({ rows: 3, yen: 600, refused: [] });
  await collect([{ number: 'b' }, { number: 'a' }]);
  expect(await changes()).toEqual([
    [3, 'b', 'back', false],
    [3, 'c', 'gone', false],
    [3, 'd', 'gone', false],
    [2, 'b', 'gone', false],
    [2, 'c', 'changed', false, 'exclusion null → cancelled'],
  ]);
});

test('what is charged is billed as it was; a newer export tells the difference', async () => {
  await select(await collect([{ number: 'a' }, { number: 'b' }]));
  expect(await plan()).toEqual({ planned: 2, taken: 0 });
  const newer = await collect([
    { number: 'a', yen: 900, exclusion: 'cancelled' },
    { number: 'b' },
    { number: 'c' },
  ]);
  expect(await select(newer)).toEqual([
    ['a', 'selected'],
    ['b', 'selected'],
    ['c', 'selected'],
  ]);
  expect(await changes(true)).toEqual([
    [2, 'a', 'changed', true, 'amount_yen 100 → 900', 'exclusion null → cancelled'],
  ]);
  expect(await left()).toEqual({ rows: 1, yen: 100, refused: [] });
  expect(await summarizeSelection(db, record.merchantId, record.cycleId)).toMatchObject({
    orders: 3,
    selected: 3,
    amountYen: 300,
  });
  expect(await checkConservation(db, record.merchantId, record.cycleId)).toMatchObject({
    broken: [],
  });
});

test('an order that a newer export cannot be read of is not billed, one without number stands as often as it comes', async () => {
  const broken = { number: null, quarantined: 'row_broken' };
  await select(await collect([{ number: 'a' }, { number: 'b' }, broken]));
  const newer = await collect([{ number: 'a', quarantined: 'amount' }, { number: 'b' }, broken]);
  expect(await select(newer)).toEqual([
    ['a', 'amount'],
    ['b', 'selected'],
    [null, 'row_broken'],
  ]);
  const partial = await collect([{ number: 'b' }, broken]);
  expect(await select(partial)).toEqual([
    ['a', 'amount'],
    ['b', 'selected'],
    [null, 'row_broken'],
  ]);
  const third = await collect([{ number: 'a' }, { number: 'b' }, broken, broken]);
  expect(await changes()).toContainEqual([4, 'a', 'readable', false]);
  expect(await select(third)).toEqual([
    ['a', 'selected'],
    ['b', 'selected'],
    [null, 'row_broken'],
    [null, 'row_broken'],
  ]);
  expect(await checkConservation(db, record.merchantId, record.cycleId)).toMatchObject({
    broken: [],
  });
});

test('a row that a newer export replaced before it was judged is accounted for', async () => {
  await collect([{ number: 'a' }, { number: 'b', quarantined: 'amount' }, { number: 'c' }]);
  const newer = await collect([{ number: 'a', yen: 200 }, { number: 'b' }, { number: 'c' }]);
  expect(await select(newer)).toEqual([
    ['a', 'selected'],
    ['b', 'selected'],
    ['c', 'selected'],
  ]);
  expect(await checkConservation(db, record.merchantId, record.cycleId)).toMatchObject({
    broken: [],
  });
});

test('an order on hold shows so, and is billed again once it is released', async () => {
  const collection = await collect([{ number: 'a' }, { number: 'b' }]);
  await select(collection);
  const { rows } = await sql<{ id: number }>`
    insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, decided_at)
    values (${record.merchantId}, ${`hold-${record.cycleId}`}, 'test', 'hold', '{}', 'test', ${AT})
    returning id`.execute(db);
  const decisionId = rows[0]?.id ?? 0;
  await sql`
    insert into order_holds (merchant_id, order_number, n, cycle_id, decision_id, held_at)
    values (${record.merchantId}, 'a', 1, ${record.cycleId}, ${decisionId}, ${AT})`.execute(db);
  expect(await plan()).toEqual({ planned: 0, taken: 1 });
  expect(await select(collection)).toEqual([
    ['a', 'on_hold'],
    ['b', 'selected'],
  ]);
  await sql`
    insert into order_hold_releases (merchant_id, order_number, n, decision_id, released_at)
    values (${record.merchantId}, 'a', 1, ${decisionId}, ${AT})`.execute(db);
  expect(await select(collection)).toEqual([
    ['a', 'selected'],
    ['b', 'selected'],
  ]);
});
