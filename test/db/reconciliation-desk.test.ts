import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { openStraysOf } from '../../db/desk-items.ts';
import { settleStrays } from '../../db/queries/desk-settlements.ts';
import {
  countDeskItems,
  countWaiting,
  findDeskItems,
  listDeskItems,
} from '../../db/queries/reconciliation-desk.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertAttempt, insertOutcome } from './money-facts.ts';
import {
  AT,
  type Charge,
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

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

/** A file of one line, and its results as rounds. */
async function insertSent(
  record: MoneyRecord,
  charge: Charge,
  verdicts: readonly ('ok' | 'quarantined')[],
) {
  const exchangeId = await insertExchange(db, record);
  await insertAttempt(db, record, { charge, n: 1, exchangeId });
  await insertFileLine(db, record, { exchangeId, lineNumber: 2, charge, n: 1 });
  for (const [at, verdict] of verdicts.entries()) {
    await insertVerdict(db, record, { exchangeId, round: at + 1, lineNumber: 2, verdict });
  }
  return exchangeId;
}

async function insertStray(
  record: MoneyRecord,
  stray: {
    exchangeId: number;
    round: number;
    resultLine: number;
    order?: string | null;
    yen?: number;
  },
) {
  await db
    .insertInto('result_strays')
    .values({
      exchange_id: stray.exchangeId,
      round: stray.round,
      result_line: stray.resultLine,
      merchant_id: record.merchantId,
      order_number: stray.order === undefined ? '077777' : stray.order,
      yen: stray.yen ?? 500,
      reasons: '[]',
    })
    .execute();
}

async function settle(record: MoneyRecord, exchangeId: number, round: number, resultLine: number) {
  const { id: decisionId } = await db
    .insertInto('decisions')
    .values({
      ...{
        merchant_id: record.merchantId,
        idempotency_key: `${exchangeId}-${round}-${resultLine}`,
      },
      ...{ workflow_id: 'w', act: 'decide-at-desk', body: '{}', actor: 'operator', decided_at: AT },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const strays = [{ exchangeId, round, resultLine, action: 'acknowledge' }];
  return await db
    .transaction()
    .execute((trx) => settleStrays(trx, record.merchantId, { strays, decisionId, now: AT }));
}

const listOpen = (record: MoneyRecord) =>
  listDeskItems(db, record.merchantId, { filter: {}, after: null, limit: 100 });

async function countStrays({ merchantId, cycleId }: MoneyRecord): Promise<number> {
  const { rows } = await sql<{
    n: number;
  }>`select ${openStraysOf(merchantId, cycleId)} as n`.execute(db);
  return rows[0]?.n ?? -1;
}

test('a stray that was decided stays decided when a further result says it again', async () => {
  const record = await insertMoneyRecord(db);
  const [charge] = await insertCharges(db, record, 1);
  const exchangeId = await insertSent(record, charge!, ['quarantined', 'quarantined']);
  // Twice the same order and amount may be two charges: each is looked at of its own.
  await insertStray(record, { exchangeId, round: 1, resultLine: 3 });
  expect(await countStrays(record)).toBe(0);
  await insertStray(record, { exchangeId, round: 2, resultLine: 7 });
  await insertStray(record, { exchangeId, round: 2, resultLine: 9 });
  expect(await countStrays(record)).toBe(2);
  expect(await settle(record, exchangeId, 1, 3)).toBe(1);
  const open = (await listOpen(record)).filter(({ kind }) => kind === 'stray');
  expect(open.map(({ resultLine, occurrence }) => [resultLine, occurrence])).toEqual([[9, 2]]);
  await expect(settle(record, exchangeId, 2, 7)).rejects.toMatchObject({ code: '23505' });
  expect(await settle(record, exchangeId, 2, 9)).toBe(1);
  expect(await countStrays(record)).toBe(0);
});

test('a stray without a readable order or amount is settled like any other', async () => {
  const record = await insertMoneyRecord(db);
  const [charge] = await insertCharges(db, record, 1);
  const exchangeId = await insertSent(record, charge!, ['ok']);
  await insertStray(record, { exchangeId, round: 1, resultLine: 4, order: null });
  expect(await countStrays(record)).toBe(1);
  expect(await settle(record, exchangeId, 1, 4)).toBe(1);
  expect(await countStrays(record)).toBe(0);
});

test('a stray tells whether we know its order, and from which files', async () => {
  const record = await insertMoneyRecord(db);
  const [sent, planned] = await insertCharges(db, record, 2);
  const exchangeId = await insertSent(record, sent!, ['ok']);
  const other = await insertExchange(db, record);
  await insertVerdict(db, record, { exchangeId, round: 2, lineNumber: 2, verdict: 'ok' });
  const orderOf = async (charge: Charge) => (await readState(db, charge)).order_number;
  await insertStray(record, { exchangeId, round: 2, resultLine: 3 });
  await insertStray(record, { exchangeId, round: 2, resultLine: 4, order: await orderOf(sent!) });
  await insertStray(record, {
    exchangeId,
    round: 2,
    resultLine: 5,
    order: await orderOf(planned!),
  });
  const known = (await listOpen(record)).map(({ knownIn }) => knownIn?.length ?? null);
  expect(known).toEqual([null, 1, 0]);
  expect(await countWaiting(db, record.merchantId, null)).toEqual({ files: 1, rows: 1, yen: 0 });
  expect(other).not.toBe(exchangeId);
});

test('lines are items while their latest result leaves them open, of open months alone', async () => {
  const record = await insertMoneyRecord(db);
  const stranger = await insertMoneyRecord(db);
  const charges = await insertCharges(db, record, 3);
  await insertSent(record, charges[0]!, ['quarantined']);
  await insertSent(record, charges[1]!, ['quarantined', 'ok']);
  await insertSent(record, charges[2]!, ['quarantined']);
  await insertOutcome(db, record, { charge: charges[2]!, n: 1, outcome: 'ok' });
  const [item, ...others] = await listOpen(record);
  expect([item?.kind, item?.amountYen, others.length]).toEqual(['quarantined', 1000, 0]);
  expect(await countDeskItems(db, record.merchantId, {})).toEqual({
    quarantined: { rows: 1, yen: 1000 },
  });
  expect(await listOpen(stranger)).toEqual([]);
  expect((await findDeskItems(db, stranger.merchantId, [item!.item])).size).toBe(0);

  await db
    .updateTable('cycles')
    .set({ stage: 'closed', closed_at: AT })
    .where('id', '=', record.cycleId)
    .execute();
  expect(await listOpen(record)).toEqual([]);
  expect((await findDeskItems(db, record.merchantId, [item!.item])).get(item!.item)?.open).toBe(
    false,
  );
});

test('a few named lines among many are found by their keys', async () => {
  const record = await insertMoneyRecord(db);
  const exchangeId = await insertExchange(db, record);
  const charges = await insertCharges(db, record, 5_000);
  const { merchantId } = record;
  const [first] = charges;
  for (const facts of [
    sql`insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
        select id, 1, ${merchantId}, 'authorization', ${exchangeId}, 1000, ${AT} from charges
         where cycle_id = ${record.cycleId}`,
    sql`insert into file_lines (exchange_id, line_number, merchant_id, charge_id, n, order_number, yen)
        select ${exchangeId}, position + 1, ${merchantId}, id, 1, order_number, 1000 from charges
         where cycle_id = ${record.cycleId}`,
  ]) {
    await facts.execute(db);
  }
  await insertVerdict(db, record, { exchangeId, round: 1, lineNumber: 2, verdict: 'quarantined' });
  await sql`insert into result_lines (exchange_id, round, line_number, merchant_id, verdict)
    select ${exchangeId}, 1, line_number, ${merchantId}, 'quarantined' from file_lines
     where exchange_id = ${exchangeId} and line_number > 2`.execute(db);
  const page = { filter: {}, after: null, limit: 5_000 };
  const items = await listDeskItems(db, merchantId, page);
  expect(items.length).toBe(5_000);
  const found = await findDeskItems(
    db,
    merchantId,
    items.map(({ item }) => item),
  );
  expect(found.size).toBe(5_000);
  expect([...found.values()].every(({ open }) => open)).toBe(true);
  expect(found.get(items[0]!.item)?.chargeId).toBe(first?.chargeId);
});
