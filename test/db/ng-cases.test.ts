import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { listCharges } from '../../db/queries/charges.ts';
import { recordDecision } from '../../db/queries/decisions.ts';
import { closeCases, hasNgNews, markDeclinedAgain, openCases } from '../../db/queries/ng-cases.ts';
import { requestRetries } from '../../db/queries/ng-due.ts';
import { countReplaced } from '../../db/queries/ng-replacements.ts';
import {
  countCasesOfPeople,
  findPlanningVersion,
  replanUnbegun,
} from '../../db/queries/ng-replan.ts';
import { listRetryLines } from '../../db/queries/retry-file.ts';
import { readRetryUsage } from '../../db/queries/retry-usage.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
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
  // Why it was declined is still seen behind the slot that ended it.
  const shown = await listCharges(db, merchantId, {
    ...{ cycleId: record.cycleId, state: 'given_up', afterPosition: 0, limit: 10 },
  });
  expect(shown).toMatchObject([{ state: 'given_up', attempt: 3, responseDetail: '1G55' }]);
  // By its number it is found in its own state only, and no other with it.
  const orderNumber = shown[0]?.orderNumber;
  const named = { cycleId: record.cycleId, orderNumber, afterPosition: 0, limit: 10 };
  expect(await listCharges(db, merchantId, named)).toEqual(shown);
  expect(await listCharges(db, merchantId, { ...named, state: 'given_up' })).toEqual(shown);
  expect(await listCharges(db, merchantId, { ...named, state: 'declined' })).toEqual([]);

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

test('settings that planning follows from make unbegun plans anew, once; people keep theirs', async () => {
  const { merchantId } = record;
  const charges = (await insertCharges(db, record, 4)) as [Charge, Charge, Charge, Charge];
  for (const charge of charges) await decline(charge, 1);
  await openCases(db, merchantId, AT);
  const own = (await listCases()).filter(({ charge_id }) =>
    charges.some(({ chargeId }) => chargeId === charge_id),
  );
  const [planned, mailed, byPerson, handed] = own.map(({ id }) => id);
  const decisionId = await db.transaction().execute((trx) =>
    recordDecision(trx, merchantId, {
      ...{ key: 'k', workflowId: 'ng:x', act: 'ng-retry', body: {}, actor: 'hanako', now: AT },
    }),
  );
  await sql`
    update ng_cases set next_step = case when id = ${handed} then 'decide' else 'retry' end,
           class = 'limit_exceeded', due_at = case when id = ${handed} then null::timestamptz else ${AT} end
     where id = any(${own.map(({ id }) => id)}::bigint[])`.execute(db);
  await sql`
    insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at, decision_id)
    values (${planned}, ${merchantId}, 'planned', 1, 'plan', '', ${AT}, null),
           (${mailed}, ${merchantId}, 'contact', 1, 'plan', '', ${AT}, null),
           (${byPerson}, ${merchantId}, 'planned', 1, 'hanako', '', ${AT}, ${decisionId.id}),
           (${handed}, ${merchantId}, 'planned', 1, 'plan', '', ${AT}, null)`.execute(db);
  const replan = () =>
    db
      .transaction()
      .execute((trx) =>
        replanUnbegun(trx, merchantId, { decisionId: decisionId.id, version: 2, now: AT }),
      );
  expect(await replan()).toBe(1);
  const steps = new Map((await listCases()).map(({ id, next_step }) => [id, next_step]));
  expect([planned, mailed, byPerson, handed].map((id) => steps.get(id ?? 0))).toEqual([
    ...['plan', 'retry', 'retry', 'decide'],
  ]);
  expect(await countCasesOfPeople(db, merchantId)).toEqual(new Map([['2026-11', 1]]));
});

test('only what plans follow from counts as a newer version of the rules', async () => {
  const { merchantId } = record;
  const save = async (more: object) => {
    const current = await findSettings(db, merchantId);
    await saveSettings(db, merchantId, {
      seenVersion: current?.version ?? 0,
      settings: merchantSettingsSchema.parse({ ...current?.settings, ...more }),
      ...{ actor: 'test', reason: 'r', now: AT },
    });
  };
  await save({});
  expect(await findPlanningVersion(db, merchantId)).toBe(1);
  await save({ ng: { contact: { enabled: true } } });
  expect(await findPlanningVersion(db, merchantId)).toBe(1);
  await save({ ng: { contact: { enabled: true }, maxRetries: 1 } });
  await save({ operatorMail: { to: ['a@example.jp'] } });
  const { version } = (await findSettings(db, merchantId)) ?? { version: 0 };
  expect(await findPlanningVersion(db, merchantId)).toBe(version - 1);
  await save({ declines: { overrides: { G12: 'held' } } });
  expect(await findPlanningVersion(db, merchantId)).toBe(version + 1);
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
