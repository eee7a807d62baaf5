import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../db/database.ts';
import { listPlannedLines } from '../../db/queries/auth-file.ts';
import {
  listFilesOfLocked,
  listLockedCharges,
  lockRefusedCards,
  releaseReplacedLocks,
} from '../../db/queries/card-locks.ts';
import { readCycleFacts } from '../../db/queries/cycle-facts.ts';
import { readAdmission } from '../../db/queries/exchange-admission.ts';
import { insertSend } from '../../db/queries/exchanges.ts';
import { stopBlockedCases } from '../../db/queries/ng-due.ts';
import { listRetryLines } from '../../db/queries/retry-file.ts';
import { insertSelection, summarizeSelection } from '../../db/queries/selection.ts';
import { brokenRuleOf } from './broken-rules.ts';
import { collectRows, planAll, selectRows } from './collect-exports.ts';
import { insertCards, refuseCards } from './locked-cards.ts';
import { insertAttempt, insertOutcome } from './money-facts.ts';
import {
  AT,
  insertExchange,
  insertFileLine,
  insertMoneyRecord,
  type MoneyRecord,
} from './money-record.ts';
import { openOwnDatabase } from './own-database.ts';

const { database, pool, db } = await openOwnDatabase();
const owner = openDatabase(database.ownerUrl, { maxConnections: 1 });
afterAll(() => owner.destroy());
let record: MoneyRecord;
let cards: Map<string, number>;

beforeEach(async () => {
  record = await insertMoneyRecord(db);
  cards = await insertCards(db, record, ['a', 'b', 'c']);
});

const cardOf = (customer: string) => cards.get(customer) ?? 0;
const orders = [
  { number: 'A1', customer: 'a' },
  { number: 'B1', customer: 'b' },
  { number: 'X1', customer: 'unknown' },
];
const lock = (...customers: string[]) => refuseCards(db, record, customers.map(cardOf));
const facts = () => readCycleFacts(db, record.merchantId, '2026-11', AT);
const lines = async () => {
  const page = { cycleId: record.cycleId, limit: 100, askedAt: null };
  return (await listPlannedLines(db, record.merchantId, page)).map((line) => line.orderNumber);
};
async function selectAgain(collectionId: number): Promise<(string | null)[][]> {
  return await selectRows(db, record, collectionId);
}

async function setSettings(settings: object): Promise<void> {
  await sql`
    insert into merchant_settings (merchant_id, version, settings, actor, recorded_at)
    select ${record.merchantId}, coalesce(max(version), 0) + 1, ${JSON.stringify(settings)}, 'test',
           ${AT} from merchant_settings where merchant_id = ${record.merchantId}`.execute(db);
}

async function replaceCard(customer: string, digits: string, expiry: string): Promise<number> {
  await sql`update cards set last_digits = ${digits}, expiry = ${expiry}
             where id = ${cardOf(customer)}`.execute(db);
  return await db
    .transaction()
    .execute((trx) => releaseReplacedLocks(trx, record.merchantId, { importId: 1, now: AT }));
}

describe('an order of a customer with a locked card', () => {
  test('is excluded at the next selection, and selected again once the card is replaced', async () => {
    const collection = await collectRows(pool, record, orders);
    expect(await selectAgain(collection)).toEqual([
      ['A1', 'selected'],
      ['B1', 'selected'],
      ['X1', 'selected'],
    ]);
    expect((await lock('a')).locked).toBe(1);
    expect((await facts()).unselected).toBe(true);
    expect(await selectAgain(collection)).toEqual([
      ['A1', 'card_locked'],
      ['B1', 'selected'],
      ['X1', 'selected'],
    ]);
    expect((await facts()).unselected).toBe(false);
    expect(await summarizeSelection(db, record.merchantId, record.cycleId)).toMatchObject({
      selected: 2,
      excluded: { card_locked: 1 },
    });

    // The same data once more, or older, is no other card.
    expect(await replaceCard('a', '111', '2027-01')).toBe(0);
    expect(await replaceCard('a', '0111', '2026-12')).toBe(0);
    expect(await replaceCard('a', '111', '2030-01')).toBe(1);
    expect((await facts()).unselected).toBe(true);
    expect(await selectAgain(collection)).toContainEqual(['A1', 'selected']);
    expect((await facts()).unselected).toBe(false);
  });

  test('stays locked when an old card file brings back what was there before', async () => {
    await lock('a');
    expect(await replaceCard('a', '222', '2030-01')).toBe(1);
    await lock('a');
    expect(await replaceCard('a', '111', '2027-01')).toBe(0);
    expect(await replaceCard('a', '333', '2030-01')).toBe(1);
  });

  test('is not charged when the lock came after its selection', async () => {
    await selectAgain(await collectRows(pool, record, orders));
    await lock('a');
    expect(await planAll(db, record)).toEqual({ planned: 0, taken: 1 });
  });

  test('stays out of files once it is charged, whoever claims it', async () => {
    await selectAgain(await collectRows(pool, record, orders));
    expect(await planAll(db, record)).toEqual({ planned: 3, taken: 0 });
    expect(await lines()).toEqual(['A1', 'B1', 'X1']);
    await lock('a');
    expect(await lines()).toEqual(['B1', 'X1']);
    expect(await facts()).toMatchObject({ locked: 1, held: 0 });

    const charge = await db
      .selectFrom('charges')
      .where('order_number', '=', 'A1')
      .where('merchant_id', '=', record.merchantId)
      .select('id')
      .executeTakeFirstOrThrow();
    expect(await listLockedCharges(db, record.merchantId, [charge.id])).toEqual([charge.id]);
    const claim = insertAttempt(db, record, { charge: { chargeId: charge.id, yen: 100 }, n: 1 });
    expect(await brokenRuleOf(claim)).toBe('locked_card_is_in_no_file');
    await replaceCard('a', '222', '2027-01');
    expect(await lines()).toEqual(['A1', 'B1', 'X1']);
  });

  test('is not asked again where it was declined before: its case goes to people', async () => {
    await selectAgain(await collectRows(pool, record, orders));
    await planAll(db, record);
    const { merchantId, cycleId } = record;
    const exchangeId = await insertExchange(db, record);
    const charges = await db
      .selectFrom('charges')
      .where('merchant_id', '=', merchantId)
      .orderBy('id')
      .select(['id as chargeId', 'order_number as orderNumber'])
      .execute();
    for (const { chargeId } of charges) {
      await insertAttempt(db, record, { charge: { chargeId, yen: 100 }, n: 1, exchangeId });
      const charge = { chargeId, yen: 100 };
      await insertOutcome(db, record, { charge, n: 1, outcome: 'declined' });
      await sql`
        insert into authorization_requests (charge_id, n, merchant_id, kind, requested_at)
        values (${chargeId}, 1, ${merchantId}, 'retry', ${AT})`.execute(db);
      await sql`
        insert into ng_cases (merchant_id, cycle_id, charge_id, opened_n, n, amount_yen, opened_at,
                              next_step, due_at)
        values (${merchantId}, ${cycleId}, ${chargeId}, 1, 1, 100, ${AT}, 'retry',
                ${AT})`.execute(db);
    }
    const listed = async () =>
      (await listRetryLines(db, merchantId, { cycleId, limit: 9 })).map((one) => one.orderNumber);
    expect(await listed()).toEqual(['A1', 'B1', 'X1']);
    await lock('a');
    expect(await listed()).toEqual(['B1', 'X1']);
    expect(await stopBlockedCases(db, merchantId, AT)).toBe(1);
    const stopped = db.selectFrom('ng_cases').where('next_step', '=', 'decide');
    expect(await stopped.select(['charge_id', 'why']).execute()).toEqual([
      { charge_id: charges[0]?.chargeId, why: expect.stringContaining('使用不可') },
    ]);
    expect(await replaceCard('a', '222', '2030-01')).toBe(1);
    expect(await listed()).toEqual(['A1', 'B1', 'X1']);
  });

  test('stays locked when its card or the customer is deleted, until another card comes', async () => {
    const collection = await collectRows(pool, record, orders);
    await lock('a');
    await sql`update cards set deleted_at = ${AT} where id = ${cardOf('a')}`.execute(db);
    await sql`update customers set deleted_at = ${AT}
               where merchant_id = ${record.merchantId} and customer_number = 'a'`.execute(db);
    expect(await selectAgain(collection)).toContainEqual(['A1', 'card_locked']);
    const later = '2026-11-23T00:00:00.000Z';
    const register = (sequence: string, digits: string, expiry: string) =>
      sql`
        insert into cards (merchant_id, customer_id, service, identity, last_digits, brand, sequence,
                           expiry, import_id, created_at, updated_at)
        select merchant_id, customer_id, service, identity || ${sequence}::text, ${digits}, brand,
               ${sequence}, ${expiry}, import_id, ${later}, ${later}
          from cards where id = ${cardOf('a')}`.execute(db);
    expect(await replaceCard('a', '222', '2030-01')).toBe(0);
    // The refused card once more, under another 連番.
    await register('1', '111', '2027-01');
    expect(await replaceCard('a', '222', '2030-01')).toBe(0);
    await register('2', '333', '2030-01');
    expect(await replaceCard('a', '222', '2030-01')).toBe(1);
    expect(await selectAgain(collection)).toContainEqual(['A1', 'selected']);
  });
});

describe('which cards an order charges', () => {
  test('its 支払方法 says, where the settings do', async () => {
    const collection = await collectRows(pool, record, orders);
    await lock('a');
    await setSettings({ cardLocks: { methodServices: { クレジットカード: ['ZEUS'] } } });
    expect(await selectAgain(collection)).toContainEqual(['A1', 'selected']);
    await setSettings({ cardLocks: { methodServices: { クレジットカード: ['ZEUS', 'GMO'] } } });
    expect(await selectAgain(collection)).toContainEqual(['A1', 'card_locked']);
    await setSettings({ cardLocks: { methodServices: { 代金引換: [] } } });
    expect(await selectAgain(collection)).toContainEqual(['A1', 'card_locked']);
  });
});

test('a result locks a card once; the next lock of a card that was let go has the next number', async () => {
  const { refreshId } = await lock('a', 'b');
  const again = await db
    .transaction()
    .execute((trx) => lockRefusedCards(trx, record.merchantId, { refreshId, n: 1, now: AT }));
  expect(again.locked).toBe(0);
  expect((await lock('a')).locked).toBe(0);
  await replaceCard('a', '222', '2027-01');
  expect((await lock('a', 'c')).locked).toBe(2);
  const { rows } = await sql<{ number: number; n: number; customer: string }>`
    select number, n, customer_number as customer from card_locks
     where merchant_id = ${record.merchantId} order by number`.execute(db);
  expect(rows).toEqual([
    { number: 1, n: 1, customer: 'a' },
    { number: 2, n: 1, customer: 'b' },
    { number: 3, n: 2, customer: 'a' },
    { number: 4, n: 1, customer: 'c' },
  ]);
});

test('files that were built before the lock and have not left are named', async () => {
  await selectAgain(await collectRows(pool, record, orders));
  await planAll(db, record);
  const [line] = await listPlannedLines(db, record.merchantId, {
    ...{ cycleId: record.cycleId, limit: 1, askedAt: null },
  });
  const charge = { chargeId: line?.chargeId ?? 0, yen: 100 };
  const exchangeId = await insertExchange(db, record, 'auth', 'built');
  await insertAttempt(db, record, { charge, n: 1, exchangeId });
  await insertFileLine(db, record, { exchangeId, lineNumber: 1, charge, n: 1 });
  expect(await listFilesOfLocked(db, record.merchantId)).toEqual([]);
  await lock('a');
  const orderNumbers = [`order-${charge.chargeId}`];
  expect(await listFilesOfLocked(db, record.merchantId)).toMatchObject([
    { kind: 'auth', opened: false, orderNumbers },
  ]);
  const { waiting } = await readAdmission(db, record.merchantId);
  expect(waiting).toMatchObject([{ id: exchangeId, lockedLines: 1 }]);

  // An operator has it in hand, and may not have uploaded it yet.
  await insertSend(db, record.merchantId, { exchangeId, now: AT });
  await sql`update exchanges set stage = 'handing_over' where id = ${exchangeId}`.execute(db);
  expect(await listFilesOfLocked(db, record.merchantId)).toMatchObject([
    { opened: true, orderNumbers },
  ]);
  // A machine that is sending it cannot be stopped.
  await sql`update exchanges set transport = 'sftp' where id = ${exchangeId}`.execute(owner);
  expect(await listFilesOfLocked(db, record.merchantId)).toEqual([]);
});

test('a merchant without locks selects as before', async () => {
  const collectionId = await collectRows(pool, record, orders);
  const of = { cycleId: record.cycleId, collectionId, identityMonth: '', now: AT };
  await insertSelection(db, record.merchantId, of);
  const other = await insertMoneyRecord(db);
  const others = await insertCards(db, other, ['a']);
  await refuseCards(db, other, [...others.values()]);
  expect((await facts()).unselected).toBe(false);
  expect(await selectAgain(collectionId)).toContainEqual(['A1', 'selected']);
});
