import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { closeCases, hasNgNews, markDeclinedAgain, openCases } from '../../db/queries/ng-cases.ts';
import { requestRetries } from '../../db/queries/ng-due.ts';
import { countReplaced } from '../../db/queries/ng-replacements.ts';
import { listRetryLines } from '../../db/queries/retry-file.ts';
import { readRetryUsage } from '../../db/queries/retry-usage.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import {
  AT,
  type Charge,
  insertCharges,
  insertMoneyRecord,
  type MoneyRecord,
} from './money-record.ts';

/** Cases against the facts: opened and closed from them alone, however often. */
let database: TestDatabase;
let db: Db;
let record: MoneyRecord;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
  record = await insertMoneyRecord(db);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

async function decline({ chargeId, yen }: Charge, n: number): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    insert into exchanges (merchant_id, cycle_id, billing_month, kind, number, transport, stage,
                           file_id, records, amount_yen, created_at)
    select ${record.merchantId}, ${record.cycleId}, '2026-11', 'auth',
           (select count(*) + 1 from exchanges), 'portal', 'reconciled', ${record.fileId}, 1, ${yen},
           ${AT}
    returning id`.execute(db);
  await sql`
    insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
    values (${chargeId}, ${n}, ${record.merchantId}, 'authorization', ${rows[0]?.id}, ${yen}, ${AT})`.execute(
    db,
  );
  await sql`
    insert into outcomes (charge_id, n, merchant_id, outcome, response_detail, recorded_at)
    values (${chargeId}, ${n}, ${record.merchantId}, 'declined', '1G55', ${AT})`.execute(db);
}

const listCases = async () =>
  await db
    .selectFrom('ng_cases')
    .select(['id', 'charge_id', 'opened_n', 'n', 'next_step', 'outcome', 'revision'])
    .orderBy('id')
    .execute();

test('a case follows its charge from the first decline to its end, and begins again after it', async () => {
  const { merchantId } = record;
  const charges = await insertCharges(db, record, 3);
  const [first, second] = charges as [Charge, Charge, Charge];
  expect(await hasNgNews(db, merchantId)).toBe(false);
  await decline(first, 1);
  await decline(second, 1);
  expect(await hasNgNews(db, merchantId)).toBe(true);
  expect(await openCases(db, merchantId, AT)).toBe(2);
  expect(await openCases(db, merchantId, AT)).toBe(0);
  expect(await hasNgNews(db, merchantId)).toBe(false);

  // Twenty ask at once for the same attempt: one of them has it.
  const cases = await listCases();
  const one = { id: cases[0]?.id ?? 0, revision: cases[0]?.revision ?? 0 };
  const asked = await Promise.all(
    Array.from({ length: 20 }, () =>
      db.transaction().execute(async (trx) => {
        await sql`select lock_merchant(${merchantId})`.execute(trx);
        return await requestRetries(trx, merchantId, [one], null, AT);
      }),
    ),
  );
  expect(asked.reduce((sum, count) => sum + count, 0)).toBe(1);
  const page = { cycleId: record.cycleId, limit: 10 };
  expect(await listRetryLines(db, merchantId, page)).toMatchObject([
    { chargeId: first.chargeId, n: 2, yen: 1000 },
  ]);
  const customers = await sql<{ customer: string }>`
    select customer_number as customer from charges where id = ${first.chargeId}`.execute(db);
  const customer = customers.rows[0]?.customer ?? '';
  const usage = async () =>
    (await readRetryUsage(db, merchantId, { customerNumbers: [customer], now: AT })).get(customer);
  expect(await usage()).toMatchObject({ brand: null, usage: { reattempts: [], pending: 1 } });

  await decline(first, 2);
  expect(await hasNgNews(db, merchantId)).toBe(true);
  expect(await markDeclinedAgain(db, merchantId, AT)).toBe(1);
  expect(await listCases()).toMatchObject([{ n: 2, next_step: 'plan' }, { n: 1 }]);
  expect(await listRetryLines(db, merchantId, page)).toEqual([]);
  expect((await usage())?.usage).toMatchObject({ pending: 0 });
  expect((await usage())?.usage.declines).toHaveLength(2);
  expect((await usage())?.usage.reattempts).toHaveLength(1);

  await sql`
    insert into attempts (charge_id, n, merchant_id, kind, amount_yen, claimed_at)
    values (${first.chargeId}, 3, ${merchantId}, 'given_up', 0, ${AT})`.execute(db);
  expect(await closeCases(db, merchantId, AT)).toEqual(['2026-11']);
  expect(await closeCases(db, merchantId, AT)).toEqual([]);
  expect(await listCases()).toMatchObject([{ outcome: 'given_up', next_step: 'none' }, {}]);

  // Opened again and declined again: another episode.
  await sql`
    insert into attempts (charge_id, n, merchant_id, kind, amount_yen, claimed_at)
    values (${first.chargeId}, 4, ${merchantId}, 'released', 0, ${AT})`.execute(db);
  expect(await hasNgNews(db, merchantId)).toBe(false);
  await decline(first, 5);
  expect(await openCases(db, merchantId, AT)).toBe(1);
  expect(await listCases()).toMatchObject([{}, {}, { opened_n: 5, outcome: null }]);
  expect(await countReplaced(db, merchantId)).toBe(0);
});

test('two episodes of one charge never stand side by side', async () => {
  const [open] = (await listCases()).filter(({ outcome }) => outcome === null);
  await expect(
    sql`insert into ng_cases (merchant_id, cycle_id, charge_id, opened_n, n, amount_yen, opened_at)
        values (${record.merchantId}, ${record.cycleId}, ${open?.charge_id}, 90, 90, 1, ${AT})`.execute(
      db,
    ),
  ).rejects.toMatchObject({ constraint: 'ng_cases_open' });
});
