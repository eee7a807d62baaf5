import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { attempted, brokenRuleOf } from './broken-rules.ts';
import { insertAttempt } from './money-facts.ts';
import {
  AT,
  type Charge,
  insertCharge,
  insertCharges,
  insertCycle,
  insertMoneyRecord,
  type MoneyRecord,
  readState,
} from './money-record.ts';

let database: TestDatabase;
let db: Db;
let record: MoneyRecord;
let other: MoneyRecord;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
  record = await insertMoneyRecord(db);
  other = await insertMoneyRecord(db);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

function insertItem(charge: Charge, origin: Charge, yen: number, of = record): Promise<unknown> {
  return db
    .insertInto('charge_items')
    .values({
      charge_id: charge.chargeId,
      origin_charge_id: origin.chargeId,
      merchant_id: of.merchantId,
      yen,
    })
    .execute();
}

describe('a charge', () => {
  test('belongs to a cycle of its merchant', async () => {
    const stolen = { ...record, cycleId: other.cycleId };
    expect(await brokenRuleOf(insertCharge(db, stolen))).toBe('charge_has_a_cycle_of_its_merchant');
  });

  test('takes an order number once, whatever the month', async () => {
    const charge = await insertCharge(db, record);
    const { order_number } = await readState(db, charge);
    const december = await insertCycle(db, record.merchantId, '2026-12');
    const again = db
      .insertInto('charges')
      .values({
        merchant_id: record.merchantId,
        cycle_id: december,
        order_number,
        customer_number: '1',
        previous_order_number: '1',
        position: 1,
        created_at: AT,
      })
      .execute();
    await expect(again).rejects.toMatchObject({ code: '23505' });
  });
});

describe('the month in the identity of a charge', () => {
  const insertSame = (cycleId: number, month: string, of: MoneyRecord) =>
    db
      .insertInto('charges')
      .values({
        merchant_id: of.merchantId,
        cycle_id: cycleId,
        order_number: 'the-same',
        identity_month: month,
        customer_number: '1',
        previous_order_number: '1',
        position: 1,
        created_at: AT,
      })
      .execute();

  test('opens no second charge of an order, unless the merchant set it so', async () => {
    const merchant = await insertMoneyRecord(db);
    const december = await insertCycle(db, merchant.merchantId, '2026-12');
    await insertSame(merchant.cycleId, '', merchant);
    const rule = 'identity_month_is_as_the_merchant_set';
    expect(await brokenRuleOf(insertSame(december, '2026-12', merchant))).toBe(rule);
    const setTo = (version: number, orderIdentity: string) =>
      db
        .insertInto('merchant_settings')
        .values({
          merchant_id: merchant.merchantId,
          version,
          settings: JSON.stringify({ orderIdentity }),
          actor: 'test',
          recorded_at: AT,
        })
        .execute();
    await setTo(1, 'per-month');
    expect(await brokenRuleOf(insertSame(december, '2026-11', merchant))).toBe(rule);
    await setTo(2, 'per-order');
    expect(await brokenRuleOf(insertSame(december, '2026-12', merchant))).toBe(rule);
    await setTo(3, 'per-month');
    await insertSame(december, '2026-12', merchant);
  });
});

let bare = 0;

/** Charges without items, one after the other by their IDs, each of the cycle that it names. */
async function insertBare(...cycles: readonly Pick<MoneyRecord, 'merchantId' | 'cycleId'>[]) {
  const charges: Charge[] = [];
  for (const { merchantId, cycleId } of cycles) {
    bare += 1;
    const { id } = await db
      .insertInto('charges')
      .values({
        merchant_id: merchantId,
        cycle_id: cycleId,
        order_number: `bare-${bare}`,
        customer_number: '1',
        previous_order_number: '1',
        position: 1,
        created_at: AT,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    charges.push({ chargeId: id, yen: 100 * charges.length + 100 });
  }
  return charges;
}
const insertItems = (charges: readonly Charge[], of: MoneyRecord) =>
  db
    .insertInto('charge_items')
    .values(
      charges.map(({ chargeId, yen }) => ({
        charge_id: chargeId,
        origin_charge_id: chargeId,
        merchant_id: of.merchantId,
        yen,
      })),
    )
    .execute();

describe('items of a whole range of charges', () => {
  const readTallies = async (of: MoneyRecord) => {
    const { rows } = await sql`
      select cycle_id, rows, yen from charge_tallies
       where merchant_id = ${of.merchantId} and fact = 'item' order by id`.execute(db);
    return rows;
  };

  test('are each of a charge that is there and of their merchant', async () => {
    const rule = 'item_has_a_charge_of_its_merchant';
    const between = await insertBare(record, other, record);
    expect(await brokenRuleOf(insertItems(between, record))).toBe(rule);
    const [first] = await insertBare(record);
    const beyond = { chargeId: (first?.chargeId ?? 0) + 1, yen: 1 };
    expect(await brokenRuleOf(insertItems([first!, beyond], record))).toBe(rule);
  });

  test('are tallied by the month of their charges', async () => {
    const own = await insertMoneyRecord(db);
    await insertItems(await insertBare(own, own, own), own);
    expect(await readTallies(own)).toEqual([{ cycle_id: own.cycleId, rows: 3, yen: 600 }]);
    const december = await insertCycle(db, own.merchantId, '2026-12');
    const later = { ...own, cycleId: december };
    await insertItems(await insertBare(own, later, later), own);
    const [a, , c] = await insertBare(own, other, own);
    await insertItems([a!, c!], own);
    expect(await readTallies(own)).toEqual([
      { cycle_id: own.cycleId, rows: 3, yen: 600 },
      { cycle_id: own.cycleId, rows: 1, yen: 100 },
      { cycle_id: december, rows: 2, yen: 500 },
      { cycle_id: own.cycleId, rows: 2, yen: 400 },
    ]);
  });
});

test('a shipment names the export or the decision of its merchant that told it', async () => {
  const rule = 'shipment_names_who_told_it';
  const charge = await insertCharge(db, record);
  const tell = (by: { decision_id: number } | { collection_id: number }) =>
    db
      .insertInto('shipments')
      .values({
        charge_id: charge.chargeId,
        merchant_id: record.merchantId,
        shipped_on: '2026-11-20',
        recorded_at: AT,
        ...by,
      })
      .execute();
  const decide = async ({ merchantId }: MoneyRecord) =>
    await db
      .insertInto('decisions')
      .values({
        merchant_id: merchantId,
        idempotency_key: 'shipped',
        workflow_id: 'test',
        act: 'record-shipments',
        body: '{}',
        actor: 'shop',
        decided_at: AT,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
  const { id: theirs } = await decide(other);
  for (const by of [{ decision_id: theirs }, { decision_id: -1 }, { collection_id: -1 }]) {
    expect(await brokenRuleOf(tell(by))).toBe(rule);
  }
  const { id } = await decide(record);
  await tell({ decision_id: id });
});

describe('an item', () => {
  test('belongs to a charge of its merchant', async () => {
    const [charge, origin] = await insertCharges(db, record, 2);
    expect(await brokenRuleOf(insertItem(charge!, origin!, 1, other))).toBe(
      'item_has_a_charge_of_its_merchant',
    );
  });

  test('is not added once an attempt is claimed', async () => {
    const origin = await insertCharge(db, record);
    await insertAttempt(db, record, { charge: origin, n: 1, kind: 'carried_over' });
    expect(await brokenRuleOf(insertItem(await attempted(db, record, null), origin, 1000))).toBe(
      'items_are_complete_before_the_first_attempt',
    );
  });

  test('of another charge needs that one carried over, all its yen, and takes it once', async () => {
    const charge = await insertCharge(db, record);
    const origin = await attempted(db, record, 'declined');
    expect(await brokenRuleOf(insertItem(charge, origin, 1000))).toBe('origin_was_carried_over');
    await insertAttempt(db, record, { charge: origin, n: 2, kind: 'carried_over' });
    expect(await brokenRuleOf(insertItem(charge, origin, 999))).toBe('carried_yen_are_conserved');
    await insertItem(charge, origin, 1000);
    await expect(insertItem(await insertCharge(db, record), origin, 1000)).rejects.toMatchObject({
      constraint: 'charge_items_origin_taken_once',
    });
    expect(await readState(db, charge)).toMatchObject({ amount_yen: 2000 });
    expect(await readState(db, origin)).toMatchObject({ state: 'carried_over', amount_yen: 1000 });
  });

  test('passes on what its charge had taken over itself', async () => {
    const [first, second, third] = await insertCharges(db, record, 3);
    await insertAttempt(db, record, { charge: first!, n: 1, kind: 'carried_over' });
    await insertItem(second!, first!, 1000);
    await insertAttempt(db, record, { charge: second!, n: 1, kind: 'carried_over' });
    await insertItem(third!, second!, 2000);
    await insertAttempt(db, record, { charge: third!, n: 1, yen: 3000 });
    expect(await readState(db, third!)).toMatchObject({ state: 'sent', amount_yen: 3000 });
  });

  test('does not lift a charge over what one authorization holds', async () => {
    const origin = await insertCharge(db, record, 1);
    await insertAttempt(db, record, { charge: origin, n: 1, kind: 'carried_over' });
    const charge = await insertCharge(db, record, 9_999_999);
    expect(await brokenRuleOf(insertItem(charge, origin, 1))).toBe('items_fit_one_authorization');
  });
});
