import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { attempted, brokenRuleOf, captureRefused } from './broken-rules.ts';
import {
  insertAttempt,
  insertContradiction,
  insertEnding,
  insertEndingResult,
  insertOutcome,
  insertSettlement,
} from './money-facts.ts';
import {
  insertCharge,
  insertCharges,
  insertExchange,
  insertFileLine,
  insertMoneyRecord,
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

describe('an ending', () => {
  test.each([null, 'declined', 'not_sent'] as const)('needs ok, not %s', async (outcome) => {
    const charge = await attempted(db, record, outcome);
    for (const kind of ['capture', 'void', 'expired'] as const) {
      expect(await brokenRuleOf(insertEnding(db, record, { charge, n: 1, k: 1, kind }))).toBe(
        'ending_has_an_ok_authorization',
      );
    }
  });

  test('stays within its authorization, captures something, and expires in no file', async () => {
    const charge = await attempted(db, record, 'ok');
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
    const pending = await attempted(db, record, 'ok');
    await insertEnding(db, record, { charge: pending, n: 1, k: 1, kind: 'capture' });
    const again = { charge: pending, n: 1, k: 2, kind: 'void' } as const;
    expect(await brokenRuleOf(insertEnding(db, record, again))).toBe('ending_follows_a_failed_one');
    const refused = await captureRefused(db, record);
    await insertEnding(db, record, { charge: refused, n: 1, k: 2, kind: 'void' });
    expect(await readState(db, refused)).toMatchObject({ state: 'void_sent', k: 2 });
  });

  test.each([
    ['capture', 'voided'],
    ['void', 'captured'],
    ['expired', 'captured'],
    ['expired', 'not_sent'],
  ] as const)('%s is never %s', async (kind, result) => {
    const charge = await attempted(db, record, 'ok');
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
    const sent = await attempted(db, record, 'ok');
    expect(await brokenRuleOf(insertContradiction(db, other, { charge: sent, n: 1 }))).toBe(rule);
    expect(await brokenRuleOf(insertContradiction(db, record, { charge: sent, n: 1, k: 1 }))).toBe(
      rule,
    );
  });

  test('blocks attempts and endings until it is settled', async () => {
    const charge = await attempted(db, record, 'not_sent');
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
