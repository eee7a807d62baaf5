import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import {
  countNgCases,
  listNgCases,
  listNgCasesById,
  type NgCaseFilter,
  type NgCaseView,
} from '../../db/queries/ng-worklist.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { AT, insertCharges, insertCycle, insertMoneyRecord } from './money-record.ts';

let database: TestDatabase;
let db: Db;
let merchantId: number;
/** Every case, in the order of the worklist. */
let cases: NgCaseView[];

/** Three months with thirteen charges each: of every third one the first case is closed, others follow. */
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
  const record = await insertMoneyRecord(db);
  merchantId = record.merchantId;
  // The months in another order than they are shown in.
  for (const month of ['2026-11', '2026-12', '2026-10']) {
    const cycleId = month === '2026-11' ? record.cycleId : await insertCycle(db, merchantId, month);
    for (const { chargeId } of (await insertCharges(db, { ...record, cycleId }, 13)).reverse()) {
      await sql`
        insert into ng_cases (merchant_id, cycle_id, charge_id, opened_n, n, amount_yen, class,
                              next_step, due_at, opened_at, outcome, closed_at)
        select ${merchantId}, ${cycleId}, ${chargeId}, n, n, 1000,
               case when ${chargeId} % 2 = 0 then 'limit_exceeded' else 'card_expired' end,
               case when closed then 'none' when ${chargeId} % 5 = 0 then 'contact' else 'retry' end,
               case when closed then null else ${AT}::timestamptz + n * interval '1 day' end, ${AT},
               case when closed then 'paid' end, case when closed then ${AT}::timestamptz end
          from (values (1, ${chargeId} % 3 = 0), (2, ${chargeId} % 9 = 0), (3, false)) u (n, closed)
         where n = 1 or (n = 2 and ${chargeId} % 3 = 0) or (n = 3 and ${chargeId} % 9 = 0)`.execute(
        db,
      );
    }
  }
  const byId = await listNgCasesById(db, merchantId, { ...whatever, afterId: 0, limit: 1000 });
  const place = ({ month, orderNumber }: NgCaseView) => `${month}/${orderNumber}`;
  cases = byId.toSorted((a, b) =>
    place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : b.id - a.id,
  );
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const whatever: NgCaseFilter = {
  month: null,
  class: null,
  nextStep: null,
  dueBefore: null,
  state: 'all',
};
const dueBefore = '2026-11-24T00:00:00.000Z';

test('a case has the number of its charge, whatever it was inserted with', async () => {
  expect(cases.length).toBeGreaterThan(45);
  const { rows } = await sql<{ wrong: number }>`
    select count(*)::int as wrong from ng_cases k join charges c on c.id = k.charge_id
     where k.order_number <> c.order_number`.execute(db);
  expect(rows).toEqual([{ wrong: 0 }]);
});

test.each<[string, Partial<NgCaseFilter>, (of: NgCaseView) => boolean]>([
  ['all', {}, () => true],
  ['open ones', { state: 'open' }, (of) => of.closedAt === null],
  ['closed ones', { state: 'closed' }, (of) => of.closedAt !== null],
  ['a month', { month: '2026-11' }, (of) => of.month === '2026-11'],
  ['a class', { class: 'card_expired' }, (of) => of.class === 'card_expired'],
  ['a next step', { nextStep: 'contact' }, (of) => of.nextStep === 'contact'],
  ['what is due', { dueBefore }, (of) => of.dueAt !== null && of.dueAt < dueBefore],
  [
    'all of it together',
    { state: 'open', month: '2026-12', class: 'limit_exceeded', nextStep: 'retry', dueBefore },
    (of) =>
      of.month === '2026-12' &&
      of.class === 'limit_exceeded' &&
      of.nextStep === 'retry' &&
      of.dueAt !== null &&
      of.dueAt < dueBefore,
  ],
  ['nothing', { month: '2027-01' }, () => false],
])('the pages of %s are the list, with the latest episode of an order', async (_, filter, is) => {
  const chosen = cases.filter(is);
  const expected = chosen.filter(
    ({ month, orderNumber }, index) =>
      month !== chosen[index - 1]?.month || orderNumber !== chosen[index - 1]?.orderNumber,
  );
  for (const limit of [1, 4, 13, 100]) {
    const found: NgCaseView[] = [];
    for (;;) {
      const page = await listNgCases(db, merchantId, {
        ...{ ...whatever, ...filter },
        after: found.at(-1) ?? null,
        limit,
      });
      found.push(...page);
      if (page.length < limit) break;
    }
    expect(found).toEqual(expected);
  }
  const counts = await countNgCases(db, merchantId, { ...whatever, ...filter });
  expect(counts.reduce((sum, { rows }) => sum + rows, 0)).toBe(chosen.length);
});

test('another merchant has none of them', async () => {
  const other = await insertMoneyRecord(db);
  expect(await listNgCases(db, other.merchantId, { ...whatever, after: null, limit: 9 })).toEqual(
    [],
  );
});
