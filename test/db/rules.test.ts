import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Db, openDatabase, readBrokenRule } from '../../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import {
  AT,
  type Charge,
  insertAttempt,
  insertCharge,
  insertCharges,
  insertContradiction,
  insertCycle,
  insertEnding,
  insertEndingResult,
  insertExchange,
  insertFileLine,
  insertMoneyRecord,
  insertOutcome,
  insertSettlement,
  insertVerdict,
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

async function brokenRuleOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    return readBrokenRule(error) ?? String(error);
  }
  return 'none: the fact was accepted';
}

/** A charge with attempt 1 and its outcome. */
async function attempted(outcome: 'ok' | 'declined' | 'not_sent' | null): Promise<Charge> {
  const charge = await insertCharge(db, record);
  await insertAttempt(db, record, { charge, n: 1 });
  if (outcome !== null) await insertOutcome(db, record, { charge, n: 1, outcome });
  return charge;
}

async function captureRefused(): Promise<Charge> {
  const charge = await attempted('ok');
  await insertEnding(db, record, { charge, n: 1, k: 1, kind: 'capture' });
  await insertEndingResult(db, record, { charge, n: 1, k: 1, result: 'refused' });
  return charge;
}

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
    expect(await brokenRuleOf(insertItem(await attempted(null), origin, 1000))).toBe(
      'items_are_complete_before_the_first_attempt',
    );
  });

  test('of another charge needs that one carried over, all its yen, and takes it once', async () => {
    const charge = await insertCharge(db, record);
    const origin = await attempted('declined');
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

describe('an attempt', () => {
  test('has a charge of its merchant', async () => {
    const charge = await insertCharge(db, record);
    expect(await brokenRuleOf(insertAttempt(db, other, { charge, n: 1, kind: 'cancelled' }))).toBe(
      'attempt_has_a_charge_of_its_merchant',
    );
    expect(await brokenRuleOf(insertAttempt(db, other, { charge, n: 1 }))).toBe(
      'authorization_amount_is_the_sum_of_the_items',
    );
  });

  test.each([999, 1001])('claims the sum of the items and not %i', async (yen) => {
    const charge = await insertCharge(db, record, 1000);
    expect(await brokenRuleOf(insertAttempt(db, record, { charge, n: 1, yen }))).toBe(
      'authorization_amount_is_the_sum_of_the_items',
    );
  });

  test.each([
    ['unanswered', () => attempted(null)],
    ['authorized', () => attempted('ok')],
    ['authorized, its capture refused', captureRefused],
    [
      'captured',
      async () => {
        const charge = await attempted('ok');
        await insertEnding(db, record, { charge, n: 1, k: 1, kind: 'capture' });
        await insertEndingResult(db, record, { charge, n: 1, k: 1, result: 'captured' });
        return charge;
      },
    ],
    [
      'being voided',
      async () => {
        const charge = await attempted('ok');
        await insertEnding(db, record, { charge, n: 1, k: 1, kind: 'void' });
        return charge;
      },
    ],
  ])('does not follow one that is %s', async (_what, prepare) => {
    const charge = await prepare();
    for (const kind of ['authorization', 'carried_over', 'cancelled', 'given_up'] as const) {
      expect(await brokenRuleOf(insertAttempt(db, record, { charge, n: 2, kind }))).toBe(
        'attempt_follows_a_finished_one',
      );
    }
  });

  test('leaves no gap', async () => {
    const charge = await attempted('declined');
    expect(await brokenRuleOf(insertAttempt(db, record, { charge, n: 3 }))).toBe(
      'attempt_follows_a_finished_one',
    );
  });

  test('is refused, with all rows of its statement, when one row of many is wrong', async () => {
    const charges = await insertCharges(db, record, 50);
    const rows = charges.map(({ chargeId }, i) => ({
      charge_id: chargeId,
      n: 1,
      merchant_id: record.merchantId,
      kind: 'authorization' as const,
      exchange_id: 1,
      amount_yen: i === 37 ? 1 : 1000,
      claimed_at: AT,
    }));
    const act = db.insertInto('attempts').values(rows).execute();
    await expect(act).rejects.toMatchObject({
      code: 'TK001',
      table: 'attempts',
      message: `attempts: authorization_amount_is_the_sum_of_the_items (first offending: charge ${charges[37]!.chargeId}, n 1)`,
      hint: 'Insert the charge and its items first and claim exactly their sum.',
    });
    expect(await readState(db, charges[0]!)).toMatchObject({ state: 'planned' });
  });

  test('is held by its rules when it comes by COPY', async () => {
    const [good, bad] = await insertCharges(db, record, 2);
    const client = new pg.Client({ connectionString: database.appUrl });
    await client.connect();
    const copy = (...yen: number[]) =>
      pipeline(
        Readable.from(
          yen.map(
            (amount, i) =>
              `${[good, bad][i]!.chargeId},1,${record.merchantId},authorization,1,${amount},,${AT}\n`,
          ),
        ),
        client.query(copyFrom('copy attempts from stdin (format csv)')),
      );
    expect(await brokenRuleOf(copy(1000, 5))).toBe('authorization_amount_is_the_sum_of_the_items');
    await copy(1000, 1000);
    await client.end();
    expect(await readState(db, bad!)).toMatchObject({ state: 'sent' });
  });
});

describe('an outcome', () => {
  test('has an authorization of its merchant', async () => {
    const charge = await insertCharge(db, record);
    const rule = 'outcome_has_an_authorization';
    expect(await brokenRuleOf(insertOutcome(db, record, { charge, n: 1, outcome: 'ok' }))).toBe(
      rule,
    );
    await insertAttempt(db, record, { charge, n: 1, kind: 'cancelled' });
    expect(await brokenRuleOf(insertOutcome(db, record, { charge, n: 1, outcome: 'ok' }))).toBe(
      rule,
    );
    const sent = await attempted(null);
    expect(
      await brokenRuleOf(insertOutcome(db, other, { charge: sent, n: 1, outcome: 'ok' })),
    ).toBe(rule);
  });

  test('is one', async () => {
    const charge = await attempted('not_sent');
    await expect(insertOutcome(db, record, { charge, n: 1, outcome: 'ok' })).rejects.toMatchObject({
      code: '23505',
    });
  });
});

describe('an ending', () => {
  test.each([null, 'declined', 'not_sent'] as const)('needs ok, not %s', async (outcome) => {
    const charge = await attempted(outcome);
    for (const kind of ['capture', 'void', 'expired'] as const) {
      expect(await brokenRuleOf(insertEnding(db, record, { charge, n: 1, k: 1, kind }))).toBe(
        'ending_has_an_ok_authorization',
      );
    }
  });

  test('stays within its authorization, captures something, and expires in no file', async () => {
    const charge = await attempted('ok');
    const end = (
      kind: 'capture' | 'void' | 'expired',
      more: { yen?: number; exchangeId?: number },
    ) => brokenRuleOf(insertEnding(db, record, { charge, n: 1, k: 1, kind, ...more }));
    expect(await end('capture', { yen: 1001 })).toBe('ending_amount_is_within_the_authorization');
    expect(await end('capture', { yen: 0 })).toBe('ending_amount_is_within_the_authorization');
    expect(await end('expired', { exchangeId: 1 })).toBe('expired_is_in_no_file');
    await insertEnding(db, record, { charge, n: 1, k: 1, kind: 'capture', yen: 1 });
  });

  test('follows only one that was refused or not sent', async () => {
    const pending = await attempted('ok');
    await insertEnding(db, record, { charge: pending, n: 1, k: 1, kind: 'capture' });
    const again = { charge: pending, n: 1, k: 2, kind: 'void' } as const;
    expect(await brokenRuleOf(insertEnding(db, record, again))).toBe('ending_follows_a_failed_one');
    const refused = await captureRefused();
    await insertEnding(db, record, { charge: refused, n: 1, k: 2, kind: 'void' });
    expect(await readState(db, refused)).toMatchObject({ state: 'void_sent', k: 2 });
  });

  test.each([
    ['capture', 'voided'],
    ['void', 'captured'],
    ['expired', 'captured'],
    ['expired', 'not_sent'],
  ] as const)('%s is never %s', async (kind, result) => {
    const charge = await attempted('ok');
    await insertEnding(db, record, { charge, n: 1, k: 1, kind });
    expect(await brokenRuleOf(insertEndingResult(db, record, { charge, n: 1, k: 1, result }))).toBe(
      'result_fits_its_ending',
    );
  });
});

describe('a contradiction', () => {
  test('names a slot that exists', async () => {
    const charge = await insertCharge(db, record);
    const rule = 'contradiction_has_its_slot';
    expect(await brokenRuleOf(insertContradiction(db, record, { charge, n: 1 }))).toBe(rule);
    const sent = await attempted('ok');
    expect(await brokenRuleOf(insertContradiction(db, other, { charge: sent, n: 1 }))).toBe(rule);
    expect(await brokenRuleOf(insertContradiction(db, record, { charge: sent, n: 1, k: 1 }))).toBe(
      rule,
    );
  });

  test('blocks attempts and endings until it is settled', async () => {
    const charge = await attempted('not_sent');
    const id = await insertContradiction(db, record, { charge, n: 1 });
    expect(await readState(db, charge)).toMatchObject({ state: 'quarantined' });
    expect(await brokenRuleOf(insertAttempt(db, record, { charge, n: 2 }))).toBe(
      'no_open_contradiction',
    );
    expect(await brokenRuleOf(insertSettlement(db, other, id))).toBe(
      'settlement_stays_with_its_merchant',
    );
    await insertSettlement(db, record, id);
    await insertAttempt(db, record, { charge, n: 2 });
    await insertOutcome(db, record, { charge, n: 2, outcome: 'ok' });
    await insertContradiction(db, record, { charge, n: 2, received: 'declined' });
    expect(
      await brokenRuleOf(insertEnding(db, record, { charge, n: 2, k: 1, kind: 'capture' })),
    ).toBe('no_open_contradiction');
  });
});

describe('a file line', () => {
  test('stands on a claim of its exchange with its yen', async () => {
    const exchangeId = await insertExchange(db, record);
    const charge = await insertCharge(db, record);
    await insertAttempt(db, record, { charge, n: 1, exchangeId });
    const line = { exchangeId, lineNumber: 1, charge, n: 1 };
    const foreign = { ...line, exchangeId: await insertExchange(db, record) };
    const dearer = { ...line, charge: { ...charge, yen: 1001 } };
    for (const wrong of [foreign, dearer, { ...line, k: 1 }]) {
      expect(await brokenRuleOf(insertFileLine(db, record, wrong))).toBe('line_has_its_claim');
    }
    await insertFileLine(db, record, line);
    await expect(insertFileLine(db, record, { ...line, lineNumber: 2 })).rejects.toMatchObject({
      code: '23505',
    });
  });

  test('has verdicts only where it was sent', async () => {
    const exchangeId = await insertExchange(db, record);
    const verdict = { exchangeId, round: 1, lineNumber: 1, verdict: 'ok' } as const;
    expect(await brokenRuleOf(insertVerdict(db, record, verdict))).toBe('verdict_has_a_sent_line');
  });
});

test('money is recorded under READ COMMITTED alone', async () => {
  const charge = await insertCharge(db, record);
  for (const level of ['repeatable read', 'serializable'] as const) {
    const act = db
      .transaction()
      .setIsolationLevel(level)
      .execute((trx) => insertAttempt(trx, record, { charge, n: 1 }));
    await expect(act).rejects.toMatchObject({ code: 'TK002' });
  }
});

test('a result of another round speaks for the line it names', async () => {
  const exchangeId = await insertExchange(db, record);
  const charges = await insertCharges(db, record, 2);
  for (const [i, charge] of charges.entries()) {
    await insertAttempt(db, record, { charge, n: 1, exchangeId });
    await insertFileLine(db, record, { exchangeId, lineNumber: i + 1, charge, n: 1 });
  }
  await insertVerdict(db, record, { exchangeId, round: 1, lineNumber: 1, verdict: 'quarantined' });
  await insertVerdict(db, record, { exchangeId, round: 2, lineNumber: 2, verdict: 'unknown' });
  expect(await readState(db, charges[0]!)).toMatchObject({ state: 'quarantined' });
  expect(await readState(db, charges[1]!)).toMatchObject({ state: 'unknown' });
});

test('what is read can go straight into JSON', async () => {
  const { rows } = await sql<Record<string, unknown>>`
    select 9007199254740991::bigint as big, sum(x) as total, avg(x) as mean,
      date '2026-11-01' as day, timestamptz '2026-11-01 09:00+09' as instant,
      timestamptz '2026-11-01 00:00:00.123456+00' as micro, array[1, 2]::bigint[] as ids
    from (values (1::bigint), (2)) v (x)`.execute(db);
  expect(rows).toEqual([
    {
      big: 9007199254740991,
      total: 3,
      mean: 1.5,
      day: '2026-11-01',
      instant: '2026-11-01T00:00:00.000Z',
      micro: '2026-11-01T00:00:00.123Z',
      ids: [1, 2],
    },
  ]);
  await expect(sql`select 9007199254740993::bigint`.execute(db)).rejects.toThrow(RangeError);
});
