import fc from 'fast-check';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Db, openDatabase, openPool } from '../../db/database.ts';
import { insertPlannedCharges, listPlannedLines } from '../../db/queries/auth-file.ts';
import {
  chooseCarryOverOrder,
  findUnfitForChoice,
  linkCarryOvers,
  returnMissedCarryOvers,
} from '../../db/queries/carry-over.ts';
import { checkConservation } from '../../db/queries/conservation.ts';
import { recordDecision } from '../../db/queries/decisions.ts';
import { closeCases, openCases } from '../../db/queries/ng-cases.ts';
import { stagePreview } from '../../db/queries/preview.ts';
import { closeRuns, openRun } from '../../db/queries/runs.ts';
import { insertSelection } from '../../db/queries/selection.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { collectRows, type ExportRow, planAll, selectRows } from './collect-exports.ts';
import { insertCards, refuseCards } from './locked-cards.ts';
import { AT, insertCycle, insertMoneyRecord, type MoneyRecord } from './money-record.ts';

/** Two months of a merchant: what the first could not collect is billed with the second, or goes back. */
let database: TestDatabase;
let db: Db;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
  pool = openPool(database.appUrl);
});
afterAll(async () => {
  await pool.end();
  await db.destroy();
  await database.drop();
});

/** Charges a month of these orders, as its activities do. @returns what was planned and shown */
async function billMonth(
  record: MoneyRecord,
  month: string,
  rows: readonly ExportRow[],
): Promise<{ cycleId: number; yen: number; sha256: string }> {
  const { merchantId, fileId } = record;
  const cycleId = await insertCycle(db, merchantId, month);
  const collectionId = await collectRows(pool, { merchantId, cycleId, fileId }, rows);
  const plan = { cycleId, identityMonth: '', month, settingsVersion: 1, now: AT };
  await insertSelection(db, merchantId, { ...plan, collectionId });
  return await db.transaction().execute(async (trx) => {
    await openRun(trx, merchantId, { cycleId, orderNumbers: null, decisionId: null, now: AT });
    const { yen, sha256 } = await stagePreview(trx, merchantId, plan);
    const { planned } = await insertPlannedCharges(trx, merchantId, plan);
    await closeRuns(trx, merchantId, { cycleId, charges: planned, now: AT });
    await linkCarryOvers(trx, merchantId, plan);
    await closeCases(trx, merchantId, AT);
    await returnMissedCarryOvers(trx, merchantId, { month, troubles: null, now: AT });
    return { cycleId, yen, sha256 };
  });
}

/** A first month whose orders were all declined and wait for the next one. */
async function declineMonth(rows: readonly ExportRow[]): Promise<MoneyRecord> {
  const record = await insertMoneyRecord(db);
  const { merchantId, cycleId } = record;
  await selectRows(db, record, await collectRows(pool, record, rows));
  await planAll(db, record);
  await declineAll(record, cycleId);
  await sql`update ng_cases set next_step = 'await_order' where merchant_id = ${merchantId}`.execute(
    db,
  );
  return record;
}

async function declineAll({ merchantId, fileId }: MoneyRecord, cycleId: number): Promise<void> {
  const lines = await listPlannedLines(db, merchantId, { cycleId, limit: 100, askedAt: null });
  const yen = lines.reduce((sum, line) => sum + line.yen, 0);
  const { rows } = await sql<{ id: number }>`
    insert into exchanges (merchant_id, cycle_id, billing_month, kind, number, transport, stage,
                           file_id, records, amount_yen, created_at)
    select ${merchantId}, ${cycleId}, billing_month, 'auth', 1, 'portal', 'awaiting_result',
           ${fileId}, ${lines.length}, ${yen}, ${AT} from cycles where id = ${cycleId}
    returning id`.execute(db);
  for (const [index, { chargeId, orderNumber, yen: amount }] of lines.entries()) {
    await sql`
      insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
      values (${chargeId}, 1, ${merchantId}, 'authorization', ${rows[0]?.id}, ${amount}, ${AT})`.execute(
      db,
    );
    await sql`
      insert into file_lines (exchange_id, line_number, merchant_id, charge_id, n, order_number, yen)
      values (${rows[0]?.id}, ${index + 1}, ${merchantId}, ${chargeId}, 1, ${orderNumber}, ${amount})`.execute(
      db,
    );
    await sql`
      insert into outcomes (charge_id, n, merchant_id, outcome, response_detail, recorded_at)
      values (${chargeId}, 1, ${merchantId}, 'declined', '1G55', ${AT})`.execute(db);
  }
  await openCases(db, merchantId, AT);
}

async function readCharges(cycleId: number): Promise<Record<string, [string, number]>> {
  const rows = await db
    .selectFrom('charge_states')
    .select(['order_number', 'state', 'amount_yen'])
    .where('cycle_id', '=', cycleId)
    .execute();
  return Object.fromEntries(rows.map((row) => [row.order_number, [row.state, row.amount_yen]]));
}

const readCases = async (merchantId: number) => {
  const { rows } = await sql<{ order: string; step: string; outcome: string | null; why: string }>`
    select c.order_number as order, k.next_step as step, k.outcome, k.why
      from ng_cases k join charges c on c.id = k.charge_id
     where k.merchant_id = ${merchantId} order by 1`.execute(db);
  return Object.fromEntries(rows.map(({ order, ...rest }) => [order, rest]));
};

const sound = { rows: true, yen: true, broken: [] };

describe('the next order of a carried charge', () => {
  test('is the one that names it, and both are billed in one sum that was approved', async () => {
    const record = await declineMonth([
      { number: 'A1', yen: 1000, customer: 'a' },
      { number: 'B1', yen: 2000, customer: 'b' },
    ]);
    const next = [
      { number: 'A2', yen: 300, customer: 'a', previous: 'A1', count: 3 },
      // A second subscription of the same customer is none of it.
      { number: 'AX', yen: 40, customer: 'a', previous: 'other', count: 9 },
      // Its number changed, and it is the customer's only one.
      { number: 'B2', yen: 500, customer: 'b', previous: 'new', count: 3 },
    ];
    const { cycleId, yen } = await billMonth(record, '2026-12', next);
    expect(yen).toBe(1300 + 40 + 2500);
    expect(await readCharges(cycleId)).toEqual({
      A2: ['planned', 1300],
      AX: ['planned', 40],
      B2: ['planned', 2500],
    });
    expect(await readCharges(record.cycleId)).toEqual({
      A1: ['carried_over', 1000],
      B1: ['carried_over', 2000],
    });
    expect(await readCases(record.merchantId)).toMatchObject({
      A1: { step: 'none', outcome: 'carried_over' },
      B1: { outcome: 'carried_over' },
    });
    const page = { cycleId, limit: 9, askedAt: null };
    const lines = await listPlannedLines(db, record.merchantId, page);
    expect(lines.map((line) => [line.orderNumber, line.yen])).toContainEqual(['A2', 1300]);
    for (const of of [record.cycleId, cycleId]) {
      expect(await checkConservation(db, record.merchantId, of)).toEqual(sound);
    }

    // Declined as well: one case for both, which may be carried on as a whole.
    await declineAll(record, cycleId);
    await sql`update ng_cases set next_step = 'await_order'
               where merchant_id = ${record.merchantId} and closed_at is null`.execute(db);
    const last = [{ number: 'A3', yen: 300, customer: 'a', previous: 'A2', count: 4 }];
    const third = await billMonth(record, '2027-01', last);
    expect(await readCharges(third.cycleId)).toEqual({ A3: ['planned', 1600] });
    expect(await checkConservation(db, record.merchantId, cycleId)).toEqual(sound);
    expect(await readCases(record.merchantId)).toMatchObject({
      A2: { outcome: 'carried_over' },
      B2: { step: 'decide', why: expect.stringContaining('2027-01') },
    });
  });

  test('is never guessed: a person is asked, and told why', async () => {
    const record = await declineMonth([
      { number: 'GONE', customer: 'gone' },
      { number: 'TWO', customer: 'two' },
      { number: 'AGAIN', customer: 'again', count: 2 },
      { number: 'BIG', customer: 'big', yen: 9_000_000 },
      { number: 'SUB1', customer: 'subs' },
      { number: 'SUB2', customer: 'subs' },
    ]);
    const { cycleId } = await billMonth(record, '2026-12', [
      { number: 'T1', customer: 'two', previous: 'TWO', count: 3 },
      { number: 'T2', customer: 'two', previous: 'TWO', count: 3 },
      // The same delivery ordered anew: it takes the place of the declined one.
      { number: 'R1', customer: 'again', previous: 'AGAIN', count: 2 },
      { number: 'R2', customer: 'again', previous: 'AGAIN', count: 3 },
      { number: 'BIG2', customer: 'big', previous: 'BIG', yen: 1_000_000, count: 3 },
      // The customer's only order follows the other subscription.
      { number: 'S2', customer: 'subs', previous: 'SUB2', count: 3 },
    ]);
    const cases = await readCases(record.merchantId);
    expect(cases.GONE?.why).toContain('次の注文がない');
    expect(cases.TWO?.why).toContain('T1、T2');
    expect(cases.AGAIN?.why).toContain('再注文 R1');
    expect(cases.BIG?.why).toContain('9,999,999 円');
    expect(cases.SUB1?.step).toBe('decide');
    expect(cases.SUB2).toMatchObject({ outcome: 'carried_over' });
    expect((await readCharges(cycleId)).S2).toEqual(['planned', 200]);
    expect((await readCharges(record.cycleId)).TWO).toEqual(['declined', 100]);
  });

  test('takes nothing over while a refresh has its card locked: no yen of either is billed', async () => {
    const record = await declineMonth([{ number: 'L1', yen: 1000, customer: 'locked' }]);
    const cards = await insertCards(db, record, ['locked']);
    await refuseCards(db, record, [...cards.values()]);
    const next = [
      { number: 'L2', yen: 300, customer: 'locked', previous: 'L1', count: 3 },
      { number: 'F2', yen: 70, customer: 'free', count: 3 },
    ];
    const { cycleId, yen } = await billMonth(record, '2026-12', next);
    expect(yen).toBe(70);
    expect(await readCharges(cycleId)).toEqual({ F2: ['planned', 70] });
    expect(await readCharges(record.cycleId)).toEqual({ L1: ['declined', 1000] });
    expect(await readCases(record.merchantId)).toMatchObject({
      L1: { step: 'decide', why: expect.stringContaining('カード利用停止中') },
    });
    for (const of of [record.cycleId, cycleId]) {
      expect(await checkConservation(db, record.merchantId, of)).toEqual(sound);
    }
  });

  test('is the one that a person named', async () => {
    const record = await declineMonth([{ number: 'C1', customer: 'c' }]);
    const { merchantId } = record;
    const [open] = await db
      .selectFrom('ng_cases')
      .select('id')
      .where('merchant_id', '=', merchantId)
      .execute();
    await db.transaction().execute(async (trx) => {
      const decision = { key: 'k', workflowId: 'ng:x', act: 'ng-carry-over', body: {} };
      const { id } = await recordDecision(trx, merchantId, { ...decision, actor: 't', now: AT });
      const chosen = { caseIds: [open?.id ?? 0], toOrderNumber: 'C3', decisionId: id, now: AT };
      await chooseCarryOverOrder(trx, merchantId, chosen);
    });
    const { cycleId } = await billMonth(record, '2026-12', [
      { number: 'C2', customer: 'c', previous: 'C1', count: 3 },
      { number: 'C3', customer: 'c', previous: 'x', count: 7 },
    ]);
    expect(await readCharges(cycleId)).toEqual({ C2: ['planned', 100], C3: ['planned', 200] });
    const unfit = (customerNumber: string, toOrderNumber: string) =>
      findUnfitForChoice(db, merchantId, {
        cases: [{ month: '2026-11', orderNumber: 'C1', customerNumber }],
        toOrderNumber,
      });
    expect(await unfit('c', 'C3')).toMatchObject([{ why: expect.stringContaining('作成済み') }]);
    expect(await unfit('d', 'C3')).toMatchObject([{ why: expect.stringContaining('別の顧客') }]);
    expect(await unfit('c', 'C1')).toMatchObject([{ why: expect.stringContaining('翌月以降') }]);
    expect(await unfit('c', 'NOT-YET')).toEqual([]);
  });
});

test('whatever two months look like, no yen of them is lost or billed twice', async () => {
  const customers = ['p', 'q', 'r', 's'];
  const order = fc.record({
    customer: fc.constantFrom(...customers),
    yen: fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.constant(6_000_000)),
    follows: fc.option(fc.nat(5), { nil: null }),
    count: fc.constantFrom(2, 3),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(order, { minLength: 1, maxLength: 6 }),
      fc.array(order, { minLength: 1, maxLength: 6 }),
      async (first, second) => {
        const numbered = (list: typeof first, name: string, before: typeof first) =>
          list.map(({ customer, yen, follows, count }, index) => ({
            ...{ number: `${name}${index}`, customer, yen, count },
            previous: follows !== null && follows < before.length ? `M${follows}` : 'x',
          }));
        const record = await declineMonth(numbered(first, 'M', []));
        const { cycleId, yen } = await billMonth(record, '2026-12', numbered(second, 'N', first));
        const charges = await readCharges(cycleId);
        const sum = (list: readonly number[]) => list.reduce((total, one) => total + one, 0);
        const carried = Object.values(await readCharges(record.cycleId)).filter(
          ([state]) => state === 'carried_over',
        );
        const own = sum(second.map((one) => one.yen));
        const billed = sum(Object.values(charges).map(([, amount]) => amount));
        expect(billed).toBe(own + sum(carried.map(([, amount]) => amount)));
        // What was shown and approved is what is billed.
        expect(yen).toBe(billed);
        expect(Math.max(...Object.values(charges).map(([, amount]) => amount))).toBeLessThan(1e7);
        for (const of of [record.cycleId, cycleId]) {
          expect(await checkConservation(db, record.merchantId, of)).toEqual(sound);
        }
        const open = Object.values(await readCases(record.merchantId)).filter(
          ({ outcome }) => outcome === null,
        );
        expect(open).toHaveLength(first.length - carried.length);
        expect(open.every(({ step }) => step === 'decide')).toBe(true);
      },
    ),
    { numRuns: 25 },
  );
});
