import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase, type Trx } from '../../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { attempted, brokenRuleOf } from './broken-rules.ts';
import {
  insertAttempt,
  insertContradiction,
  insertEnding,
  insertEndingResult,
  insertOutcome,
} from './money-facts.ts';
import {
  AT,
  type Charge,
  insertCharge,
  insertCharges,
  insertCycle,
  insertExchange,
  insertMoneyRecord,
  insertVerdict,
  type MoneyRecord,
  readState,
} from './money-record.ts';
import { closeTrack, inTransaction, openTrack, prepareSent, race, type Track } from './race.ts';

/** Nothing in a closed month changes, whatever code runs: the database holds it. */
let database: TestDatabase;
let db: Db;
let track: Track;
let record: MoneyRecord;
const month: Record<'planned' | 'sent' | 'authorized' | 'capturing', Charge> = {} as never;
let exchangeId: number;
let openCharge: Charge;
let carried: Charge;

const close = (on: Db | Trx, cycleId: number) =>
  sql`update cycles set stage = 'closed', closed_at = ${AT} where id = ${cycleId}`.execute(on);

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 3 });
  track = openTrack(database);
  record = await insertMoneyRecord(db);
  month.planned = await insertCharge(db, record);
  // A charge of another month among them: the range of the closed ones is only a first look.
  const other = { ...record, cycleId: await insertCycle(db, record.merchantId, '2026-12') };
  openCharge = await insertCharge(db, other);
  carried = await insertCharge(db, other);
  await insertAttempt(db, other, { charge: carried, n: 1, kind: 'carried_over' });
  month.sent = await attempted(db, record, null);
  month.authorized = await attempted(db, record, 'ok');
  month.capturing = await attempted(db, record, 'ok');
  await insertEnding(db, record, { charge: month.capturing, n: 1, k: 1, kind: 'capture' });
  exchangeId = await insertExchange(db, record);
  await close(db, record.cycleId);
});
afterAll(async () => {
  await closeTrack(track);
  await db.destroy();
  await database.drop();
});

test.each<[string, () => Promise<unknown>]>([
  ['a charge', () => insertCharge(db, record)],
  [
    'an item',
    () =>
      sql`insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
          values (${month.planned.chargeId}, ${carried.chargeId}, ${record.merchantId}, 1000)`.execute(
        db,
      ),
  ],
  ['an attempt', () => insertAttempt(db, record, { charge: month.planned, n: 1 })],
  [
    'a given-up charge',
    () => insertAttempt(db, record, { charge: month.planned, n: 1, kind: 'given_up' }),
  ],
  ['an outcome', () => insertOutcome(db, record, { charge: month.sent, n: 1, outcome: 'ok' })],
  [
    'an ending',
    () => insertEnding(db, record, { charge: month.authorized, n: 1, k: 1, kind: 'void' }),
  ],
  [
    'the result of an ending',
    () =>
      insertEndingResult(db, record, { charge: month.capturing, n: 1, k: 1, result: 'captured' }),
  ],
  ['a contradiction', () => insertContradiction(db, record, { charge: month.authorized, n: 1 })],
  [
    'a result file',
    () => insertVerdict(db, record, { exchangeId, round: 1, lineNumber: 2, verdict: 'ok' }),
  ],
])('%s is refused', async (_what, act) => {
  expect(await brokenRuleOf(act())).toBe('closed_month_does_not_change');
});

test('one row of a closed month has the whole statement refused; other months go on', async () => {
  const both = sql`
    insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
    select id, 1, ${record.merchantId}, 'authorization', 1, 1000, ${AT}
      from unnest(${[openCharge.chargeId, month.planned.chargeId]}::bigint[]) id`;
  expect(await brokenRuleOf(both.execute(db))).toBe('closed_month_does_not_change');
  await insertAttempt(db, record, { charge: openCharge, n: 1 });
  await insertOutcome(db, record, { charge: openCharge, n: 1, outcome: 'ok' });
  expect((await readState(db, openCharge)).state).toBe('authorized');
});

test('it stays closed', async () => {
  for (const change of ["stage = 'capturing'", 'closed_at = now()']) {
    const update = sql`update cycles set ${sql.raw(change)} where id = ${record.cycleId}`;
    expect(await brokenRuleOf(update.execute(db))).toBe('closed_month_stays_closed');
  }
  await sql`update cycles set attention = false where id = ${record.cycleId}`.execute(db);
});

test('only the database says that a month is closed', async () => {
  const forged = sql`insert into closed_months (cycle_id, merchant_id) values (1, 1)`;
  await expect(forged.execute(db)).rejects.toThrow('permission denied');
});

test('a correction follows a closed month only', async () => {
  const correct = async (cycleId: number, n: number) => {
    const { id } = await db
      .insertInto('decisions')
      .values({
        merchant_id: record.merchantId,
        idempotency_key: `correction-${cycleId}-${n}`,
        ...{ workflow_id: 'test', act: 'record-correction', body: '{}', actor: 'operator' },
        decided_at: AT,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await db
      .insertInto('corrections')
      .values({
        ...{ merchant_id: record.merchantId, cycle_id: cycleId, n, kind: 'refund', yen: 100 },
        ...{ reason: '返金', decision_id: id, recorded_at: AT },
      })
      .execute();
  };
  await correct(record.cycleId, 1);
  const open = await insertCycle(db, record.merchantId, '2027-01');
  expect(await brokenRuleOf(correct(open, 1))).toBe('correction_follows_a_closed_month');
});

test('an outcome ∥ the month closes: none comes in after it', async () => {
  let refused = 0;
  for (let round = 0; round < 30; round += 1) {
    const own = await insertMoneyRecord(db);
    const [charge] = await prepareSent(db, own, 1);
    if (charge === undefined) throw new Error('no charge');
    let closedAfter = '';
    const [recorded, closed] = await race(
      track,
      round,
      inTransaction((trx) => insertOutcome(trx, own, { charge, n: 1, outcome: 'declined' })),
      inTransaction(async (trx) => {
        await sql`select lock_merchant(${own.merchantId})`.execute(trx);
        closedAfter = (await readState(trx, charge)).state;
        await close(trx, own.cycleId);
      }),
    );
    expect(closed).toBe('won');
    const state = (await readState(db, charge)).state;
    // Whatever the month saw when it closed is what it holds for ever.
    expect(state, `round ${round}`).toBe(closedAfter);
    expect(recorded).toBe(state === 'declined' ? 'won' : 'closed_month_does_not_change');
    if (recorded !== 'won') refused += 1;
  }
  expect(refused).toBeGreaterThan(0);
});

test('which charges a closed month may hold is kept when it closes', async () => {
  const own = await insertMoneyRecord(db);
  await insertCharges(db, own, 10);
  await close(db, own.cycleId);
  const next = { ...own, cycleId: await insertCycle(db, own.merchantId, '2026-12') };
  await insertCharges(db, next, 10);
  const { rows } = await sql<{ first: number; last: number; charges: number }>`
    select first_charge_id as first, last_charge_id as last,
           (select count(*) from charges where id between first_charge_id and last_charge_id
               and cycle_id = ${own.cycleId})::int as charges
      from closed_months where cycle_id = ${own.cycleId}`.execute(db);
  expect(rows).toMatchObject([{ charges: 10 }]);
  expect((rows[0]?.last ?? 0) - (rows[0]?.first ?? 0)).toBe(9);
});
