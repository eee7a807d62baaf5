import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, lockMerchant, type Trx } from '../../db/database.ts';
import {
  findUnholdable,
  insertHolds,
  listHolds,
  listMonthsOfOrders,
  releaseHolds,
  type SeenHold,
} from '../../db/queries/holds.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { brokenRuleOf } from './broken-rules.ts';
import { insertAttempt, insertEnding, insertOutcome } from './money-facts.ts';
import {
  AT,
  type Charge,
  insertCharge,
  insertCharges,
  insertCycle,
  insertMoneyRecord,
  type MoneyRecord,
} from './money-record.ts';
import { closeTrack, inTransaction, openTrack, ROUNDS, race, type Track } from './race.ts';

let database: TestDatabase;
let track: Track;
let db: Db;
let record: MoneyRecord;
let decisionId: number;

beforeAll(async () => {
  database = await createTestDatabase();
  track = openTrack(database);
  db = track.left;
  record = await insertMoneyRecord(db);
  const { rows } = await sql<{ id: number }>`
    insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, reason, decided_at)
    values (${record.merchantId}, 'hold-of-test', 'w', 'hold-orders', '{}', 'test', '確認中', ${AT})
    returning id`.execute(db);
  decisionId = rows[0]?.id ?? 0;
});
afterAll(async () => {
  await closeTrack(track);
  await database.drop();
});

async function orderOf(charge: Charge): Promise<string> {
  const row = await db
    .selectFrom('charges')
    .select('order_number')
    .where('id', '=', charge.chargeId)
    .executeTakeFirstOrThrow();
  return row.order_number;
}

const hold = (orderNumbers: readonly string[], trx: Db = db) =>
  insertHolds(trx, record.merchantId, {
    cycleId: record.cycleId,
    orderNumbers,
    decisionId,
    now: AT,
  });
const release = (orderNumbers: readonly string[], seen?: readonly SeenHold[]) =>
  releaseHolds(db, record.merchantId, { orderNumbers, seen, decisionId, now: AT });
const allReleased = { absent: [], replaced: [] };

test('the months that an order belongs to are those of its charges and of its holds', async () => {
  const later = { ...record, cycleId: await insertCycle(db, record.merchantId, '2026-12') };
  const orderNumber = await orderOf(await insertCharge(db, later));
  const months = () => listMonthsOfOrders(db, record.merchantId, [orderNumber]);
  expect(await months()).toEqual(['2026-12']);
  await hold([orderNumber]);
  expect(await months()).toEqual(['2026-11', '2026-12']);
  await release([orderNumber]);
  expect(await months()).toEqual(['2026-11', '2026-12']);
});

test('a held order enters no authorization file until it is released, whatever code claims', async () => {
  const charge = await insertCharge(db, record);
  const order = await orderOf(charge);
  await hold([order]);
  // Twice on hold is once on hold.
  await hold([order, order]);
  expect(await brokenRuleOf(insertAttempt(db, record, { charge, n: 1 }))).toBe(
    'held_order_is_in_no_file',
  );
  // To end it without billing is no file.
  expect(await release([order, 'absent'])).toEqual({ ...allReleased, absent: ['absent'] });
  expect(await release([order])).toEqual({ ...allReleased, absent: [order] });
  await insertAttempt(db, record, { charge, n: 1 });
  const { rows } = await sql<{ holds: number }>`select count(*)::int as holds from order_holds
    where order_number = ${order}`.execute(db);
  expect(rows[0]?.holds).toBe(1);
});

test('who says which hold he saw ends that one, and no newer one in its place', async () => {
  const orders = await Promise.all((await insertCharges(db, record, 2)).map(orderOf));
  const [first = '', second = ''] = orders;
  const saw = (n: number) => [{ orderNumber: first, n }];
  await hold(orders);
  await release([first]);
  expect(await release([first], saw(1))).toEqual({ ...allReleased, absent: [first] });
  await hold([first]);
  expect(await release([first], saw(1))).toEqual({ ...allReleased, replaced: [first] });
  // What was seen of others, or not at all, keeps nobody back.
  expect(await release([second], saw(1))).toEqual(allReleased);
  expect(await release([first], [...saw(2), ...saw(2)])).toEqual(allReleased);
  expect(await release([first])).toEqual({ ...allReleased, absent: [first] });
});

test('a held authorization is not captured; it may be voided, expire or be given up', async () => {
  const [captured, expired, ended] = await insertCharges(db, record, 3);
  if (captured === undefined || expired === undefined || ended === undefined) throw new Error('');
  for (const charge of [captured, expired]) {
    await insertAttempt(db, record, { charge, n: 1 });
    await insertOutcome(db, record, { charge, n: 1, outcome: 'ok' });
  }
  await hold([await orderOf(captured), await orderOf(expired), await orderOf(ended)]);
  const capture = { charge: captured, n: 1, k: 1, kind: 'capture' } as const;
  expect(await brokenRuleOf(insertEnding(db, record, capture))).toBe('held_order_is_in_no_file');
  await insertEnding(db, record, { ...capture, kind: 'void' });
  await insertEnding(db, record, { ...capture, charge: expired, kind: 'expired' });
  await insertAttempt(db, record, { charge: ended, n: 1, kind: 'given_up' });
});

test('another merchant with the same order number is not held', async () => {
  const other = await insertMoneyRecord(db);
  const charge = await insertCharge(db, other);
  await hold([await orderOf(charge)]);
  await insertAttempt(db, other, { charge, n: 1 });
});

test('the list says who holds what and why, a page at a time', async () => {
  const page = { cycleId: record.cycleId, afterOrder: '', limit: 2 };
  const first = await listHolds(db, record.merchantId, page);
  expect(first).toHaveLength(2);
  expect(first[0]).toMatchObject({ heldBy: 'test', reason: '確認中', month: '2026-11' });
  const last = first.at(-1)?.orderNumber ?? '';
  const [next] = await listHolds(db, record.merchantId, { ...page, afterOrder: last });
  expect(next?.orderNumber.localeCompare(last)).not.toBe(0);
});

test('hold ∥ claim: an order is held or in a file, never both', async () => {
  const charges = await insertCharges(db, record, ROUNDS);
  const held = new Set<number>();
  for (const [round, charge] of charges.entries()) {
    const order = await orderOf(charge);
    const holds = async (trx: Trx) => {
      await lockMerchant(trx, record.merchantId);
      const of = { cycleId: record.cycleId, orderNumbers: [order] };
      if ((await findUnholdable(trx, record.merchantId, of)).length > 0)
        throw new Error('in a file');
      await hold([order], trx);
    };
    const endings = await race(
      track,
      round,
      inTransaction(holds),
      inTransaction((trx) => insertAttempt(trx, record, { charge, n: 1 })),
    );
    expect([
      ['won', 'held_order_is_in_no_file'],
      ['Error: in a file', 'won'],
    ]).toContainEqual(endings);
    if (endings[0] === 'won') held.add(round);
  }
  // Both happened, or the race was none.
  expect(held.size).toBeGreaterThan(0);
  expect(held.size).toBeLessThan(ROUNDS);
});
