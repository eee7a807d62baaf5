import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Db, openDatabase, readBrokenRule } from '../../db/database.ts';
import { settleNamedContradictions } from '../../db/queries/desk-settlements.ts';
import { listDeskItems } from '../../db/queries/reconciliation-desk.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertAttempt, insertContradiction, insertEnding, insertOutcome } from './money-facts.ts';
import { AT, insertCharge, insertCharges, insertMoneyRecord, readState } from './money-record.ts';

let database: TestDatabase;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

describe('contradictions', () => {
  test('are listed with what was recorded and received until they are settled once', async () => {
    const record = await insertMoneyRecord(db);
    const other = await insertMoneyRecord(db);
    const charge = await insertCharge(db, record);
    await insertAttempt(db, record, { charge, n: 1 });
    await insertOutcome(db, record, { charge, n: 1, outcome: 'not_sent' });
    const id = await insertContradiction(db, record, { charge, n: 1 });
    const { order_number: orderNumber } = await readState(db, charge);
    const listOpen = (merchantId: number) =>
      listDeskItems(db, merchantId, { filter: {}, after: null, limit: 10 });
    expect(await listOpen(record.merchantId)).toMatchObject([
      {
        ...{ contradictionId: id, orderNumber, chargeId: charge.chargeId, slot: 'authorization' },
        ...{ kind: 'contradiction', recorded: 'not_sent', received: 'ok', open: true },
      },
    ]);
    expect(await listOpen(other.merchantId)).toEqual([]);

    const { id: decisionId } = await db
      .insertInto('decisions')
      .values({
        ...{ merchant_id: record.merchantId, idempotency_key: 'k', workflow_id: 'w' },
        ...{ act: 'contradiction.settled', body: '{}', actor: 'operator', decided_at: AT },
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const foreign = db.insertInto('contradiction_settlements').values({
      ...{ contradiction_id: id, merchant_id: other.merchantId, decision_id: decisionId },
      settled_at: AT,
    });
    expect(await foreign.execute().catch(readBrokenRule)).toBe(
      'settlement_stays_with_its_merchant',
    );
    const settle = (merchantId: number) =>
      db.transaction().execute((trx) =>
        settleNamedContradictions(trx, merchantId, {
          ...{ contradictionIds: [id], decisionId, now: AT },
        }),
      );
    expect(await settle(other.merchantId)).toBe(0);
    expect(await settle(record.merchantId)).toBe(1);
    expect(await listOpen(record.merchantId)).toEqual([]);
    expect((await readState(db, charge)).state).toBe('planned');
    await expect(settle(record.merchantId)).rejects.toMatchObject({ code: '23505' });
  });
});

describe('a cycle of many charges', () => {
  // Measured on 2 cores: a million charges beside a million of last month, 4 s for the counts and
  // 7 s with the sums. What this would catch is a plan that turned quadratic, and that is minutes.
  test('tells its states, rows and yen in seconds', async () => {
    const record = await insertMoneyRecord(db);
    const { merchantId } = record;
    const count = 20_000;
    const charges = await insertCharges(db, record, count);
    const first = charges[0]!.chargeId;
    const facts = [
      sql`insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
        select id, 1, ${merchantId}, 'authorization', 1, 1000, ${AT} from charges
        where cycle_id = ${record.cycleId} and position > 100`,
      sql`insert into outcomes (charge_id, n, merchant_id, outcome, capture_before, recorded_at)
        select charge_id, 1, ${merchantId}, case charge_id % 10 when 0 then 'declined' else 'ok' end,
          case charge_id % 10 when 0 then null else ${AT}::timestamptz end, ${AT} from attempts
        where merchant_id = ${merchantId} and charge_id >= ${first + 200}`,
      sql`insert into endings (charge_id, n, k, merchant_id, kind, amount_yen, claimed_at)
        select charge_id, 1, 1, ${merchantId}, 'capture', 900, ${AT} from outcomes
        where merchant_id = ${merchantId} and outcome = 'ok' and charge_id >= ${first + 300}`,
      sql`insert into ending_results (charge_id, n, k, merchant_id, result, recorded_at)
        select charge_id, 1, 1, ${merchantId}, 'captured', ${AT} from endings
        where merchant_id = ${merchantId} and charge_id >= ${first + 400}`,
      sql`insert into attempts (charge_id, n, merchant_id, kind, amount_yen, claimed_at)
        select charge_id, 2, ${merchantId}, 'cancelled', 0, ${AT} from outcomes
        where merchant_id = ${merchantId} and outcome = 'declined'`,
    ];
    const { rows } = await db.connection().execute(async (connection) => {
      await sql`set statement_timeout = '20s'`.execute(connection);
      for (const fact of facts) await fact.execute(connection);
      return await sql<{ state: string; charges: number; yen: number; captured: number }>`
        select state, count(*) as charges, sum(amount_yen) as yen, sum(captured_yen) as captured
        from charge_states where cycle_id = ${record.cycleId} group by state
        order by state`.execute(connection);
    });
    const states = Object.fromEntries(rows.map(({ state, ...sums }) => [state, sums]));
    const answered = count - 200;
    expect(states).toEqual({
      planned: { charges: 100, yen: 100_000, captured: 0 },
      sent: { charges: 100, yen: 100_000, captured: 0 },
      authorized: { charges: 90, yen: 90_000, captured: 0 },
      cancelled: { charges: answered / 10, yen: answered * 100, captured: 0 },
      capture_sent: { charges: 90, yen: 90_000, captured: 0 },
      captured: {
        charges: (count - 400) * 0.9,
        yen: (count - 400) * 900,
        captured: (count - 400) * 810,
      },
    });
  });

  test('tells the latest attempt and nothing of the one before', async () => {
    const record = await insertMoneyRecord(db);
    const charge = await insertCharge(db, record);
    await insertAttempt(db, record, { charge, n: 1 });
    await insertOutcome(db, record, { charge, n: 1, outcome: 'ok' });
    await insertEnding(db, record, { charge, n: 1, k: 1, kind: 'expired' });
    expect(await readState(db, charge)).toMatchObject({ state: 'expired', n: 1, k: 1 });
    await insertAttempt(db, record, { charge, n: 2 });
    expect(await readState(db, charge)).toMatchObject({ state: 'sent', n: 2, k: null });
    await insertOutcome(db, record, { charge, n: 2, outcome: 'declined' });
    expect(await readState(db, charge)).toMatchObject({
      ...{ state: 'declined', n: 2, k: null, response_code: '1G03', capture_before: null },
      captured_yen: 0,
    });
  });
});
