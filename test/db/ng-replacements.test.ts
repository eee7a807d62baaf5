import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { openCases } from '../../db/queries/ng-cases.ts';
import { listDueRetries, requestRetries, stopBlockedCases } from '../../db/queries/ng-due.ts';
import { countReplaced } from '../../db/queries/ng-replacements.ts';
import { haveReplaced, listRetryLines } from '../../db/queries/retry-file.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type CollectedMonth, insertCollectedMonth } from './collected-month.ts';
import { insertAttempt, insertEnding, insertEndingResult, insertOutcome } from './money-facts.ts';
import { AT, type Charge } from './money-record.ts';

let database: TestDatabase;
let db: Db;
let owner: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
  owner = openDatabase(database.ownerUrl);
});
afterAll(async () => {
  await db.destroy();
  await owner.destroy();
  await database.drop();
});

/** Makes the second order one that the customer placed after the first. */
async function follow(
  { cycleId }: CollectedMonth,
  [first, second]: readonly [string, string],
  cycleCount: number,
): Promise<void> {
  await sql`
    with ordered as (
      update orders set previous_order_number = ${first}, cycle_count = ${cycleCount}
       where cycle_id = ${cycleId} and order_number = ${second})
    update charges set previous_order_number = ${first}
     where cycle_id = ${cycleId} and order_number = ${second}`.execute(owner);
}

const endSecond = (month: CollectedMonth, charge: Charge) =>
  insertAttempt(db, month, { charge, n: 1, kind: 'given_up' });

test('no machine tries a declined order again while another in its place is billed', async () => {
  // A re-order of the first; the next delivery after the third; a re-order of the fifth, given up.
  const month = await insertCollectedMonth(db, [1000, 1001, 1002, 1003, 1004, 1005]);
  const { merchantId, charges } = month;
  await follow(month, ['order-1', 'order-2'], 2);
  await follow(month, ['order-3', 'order-4'], 3);
  await follow(month, ['order-5', 'order-6'], 2);
  for (const [index, charge] of charges.entries()) {
    if (index % 2 === 1) continue;
    await insertAttempt(db, month, { charge, n: 1 });
    await insertOutcome(db, month, { charge, n: 1, outcome: 'declined' });
  }
  await endSecond(month, charges[5] as Charge);
  expect(await openCases(db, merchantId, AT)).toBe(3);
  await sql`update ng_cases set next_step = 'retry', due_at = ${AT}
             where merchant_id = ${merchantId}`.execute(db);

  // It may come to be billed after the look at what is to be stopped.
  const dueRetries = () => listDueRetries(db, merchantId, { now: AT, afterId: 0, limit: 10 });
  expect(await dueRetries()).toHaveLength(2);
  expect(await stopBlockedCases(db, merchantId, AT)).toBe(1);
  expect(await stopBlockedCases(db, merchantId, AT)).toBe(0);
  const { rows } = await sql<{ order: string; next: string; why: string }>`
    select c.order_number as order, k.next_step as next, k.why
      from ng_cases k join charges c on c.id = k.charge_id
     where k.merchant_id = ${merchantId} order by c.position`.execute(db);
  expect(rows.map(({ order, next }) => [order, next])).toEqual([
    ['order-1', 'decide'],
    ['order-3', 'retry'],
    ['order-5', 'retry'],
  ]);
  expect(rows[0]?.why).toContain('再注文 order-2');
  expect(await dueRetries()).toHaveLength(2);
});

test('a retry that the plan asked for waits while another order in its place is billed', async () => {
  const month = await insertCollectedMonth(db, [1000, 1001]);
  const { merchantId, cycleId } = month;
  const [charge, other] = month.charges as [Charge, Charge];
  await insertAttempt(db, month, { charge, n: 1 });
  await insertOutcome(db, month, { charge, n: 1, outcome: 'declined' });
  await openCases(db, merchantId, AT);
  await sql`update ng_cases set next_step = 'retry', due_at = ${AT}
             where merchant_id = ${merchantId}`.execute(db);
  const due = await listDueRetries(db, merchantId, { now: AT, afterId: 0, limit: 10 });
  expect(await requestRetries(db, merchantId, due, null, AT)).toBe(1);
  const page = { cycleId, limit: 10 };
  const lines = await listRetryLines(db, merchantId, page);
  expect(lines).toMatchObject([{ orderNumber: 'order-1', n: 2 }]);
  expect(await haveReplaced(db, merchantId, lines)).toBe(false);

  await follow(month, ['order-1', 'order-2'], 2);
  expect(await listRetryLines(db, merchantId, page)).toEqual([]);
  expect(await haveReplaced(db, merchantId, lines)).toBe(true);
  expect(await countReplaced(db, merchantId)).toBe(0);

  // Paid, it ends the case.
  await insertAttempt(db, month, { charge: other, n: 1 });
  await insertOutcome(db, month, { charge: other, n: 1, outcome: 'ok' });
  await insertEnding(db, month, { charge: other, n: 1, k: 1, kind: 'capture' });
  await insertEndingResult(db, month, { charge: other, n: 1, k: 1, result: 'captured' });
  expect(await countReplaced(db, merchantId)).toBe(1);
});
