import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { attempted, brokenRuleOf, captureRefused } from './broken-rules.ts';
import { insertAttempt, insertEnding, insertEndingResult, insertOutcome } from './money-facts.ts';
import {
  AT,
  insertCharge,
  insertCharges,
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
    ['unanswered', () => attempted(db, record, null)],
    ['authorized', () => attempted(db, record, 'ok')],
    ['authorized, its capture refused', () => captureRefused(db, record)],
    [
      'captured',
      async () => {
        const charge = await attempted(db, record, 'ok');
        await insertEnding(db, record, { charge, n: 1, k: 1, kind: 'capture' });
        await insertEndingResult(db, record, { charge, n: 1, k: 1, result: 'captured' });
        return charge;
      },
    ],
    [
      'being voided',
      async () => {
        const charge = await attempted(db, record, 'ok');
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
    const charge = await attempted(db, record, 'declined');
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
    const sent = await attempted(db, record, null);
    expect(
      await brokenRuleOf(insertOutcome(db, other, { charge: sent, n: 1, outcome: 'ok' })),
    ).toBe(rule);
  });

  test('is one', async () => {
    const charge = await attempted(db, record, 'not_sent');
    await expect(insertOutcome(db, record, { charge, n: 1, outcome: 'ok' })).rejects.toMatchObject({
      code: '23505',
    });
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
