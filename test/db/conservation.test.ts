import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CONSERVATION_REASONS } from '../../billing/open-rows.ts';
import { type Db, openDatabase, type Trx } from '../../db/database.ts';
import { claimAttempts, listPlannedLines } from '../../db/queries/auth-file.ts';
import { checkConservation } from '../../db/queries/conservation.ts';
import { insertExchange } from '../../db/queries/exchanges.ts';
import { insertFileLines } from '../../db/queries/file-lines.ts';
import { listOpenRows } from '../../db/queries/open-rows.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertCollectedMonth } from './collected-month.ts';
import { holdSums } from './large-month.ts';
import { AT, type MoneyRecord } from './money-record.ts';

let database: TestDatabase;
let db: Db;
let record: MoneyRecord;
/** A month of three orders: two of them sent for 300 yen and answered, one excluded. */
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.ownerUrl, { maxConnections: 3 });
  record = await insertCollectedMonth(db, [100, 200]);
  const { merchantId, cycleId, fileId } = record;
  const lines = await listPlannedLines(db, merchantId, {
    cycleId,
    limit: 10,
    askedAt: null,
  });
  const exchange = await insertExchange(db, merchantId, {
    cycleId,
    billingMonth: '2026-11',
    kind: 'auth',
    transport: 'portal',
    fileId,
    records: 2,
    amountYen: 300,
    now: AT,
  });
  await claimAttempts(db, merchantId, { exchangeId: exchange.id, now: AT }, lines);
  await insertFileLines(db, merchantId, exchange.id, lines);
  await sql`
    insert into result_files (exchange_id, round, merchant_id, file_id, findings, ingested_at)
    values (${exchange.id}, 1, ${merchantId}, ${fileId}, '[]', ${AT})`.execute(db);
  await sql`
    insert into result_lines (exchange_id, round, line_number, merchant_id, verdict)
    select exchange_id, 1, line_number, merchant_id, 'ok' from file_lines
     where exchange_id = ${exchange.id}`.execute(db);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const check = (on: Db | Trx) => checkConservation(on, record.merchantId, record.cycleId);

test('a month in which everything is accounted for', async () => {
  await db.transaction().execute(async (trx) => expect(await findBroken(trx)).toEqual([]));
  expect(await check(db)).toEqual({ rows: true, yen: true, broken: [] });
});

/** The rows that stand in the way, as they are listed to operators. */
async function findBroken(on: Trx): Promise<string[]> {
  const { merchantId, cycleId } = record;
  const page = { cycleId, reasons: CONSERVATION_REASONS, after: null, limit: 10 };
  return (await listOpenRows(on, merchantId, page)).map(({ reason, file, line, orderNumber }) =>
    [reason, ...(file === null ? [] : [`${file}:${line}`]), orderNumber]
      .filter((word) => word !== null)
      .join(' '),
  );
}

class RollBack extends Error {}

test.each<[string, boolean, boolean, string, string[]]>([
  [
    'delete from selection_rows where record = 3',
    true,
    false,
    '取込件数と判定件数(3 / 2)',
    ['unjudged order-3'],
  ],
  [
    "update selection_rows set verdict = 'excluded', reason = 'cancelled' where record = 2",
    true,
    true,
    '選定件数と請求件数(1 / 2)',
    ['charge_without_selection order-2'],
  ],
  [
    'update selection_rows set amount_yen = 101 where record = 1',
    false,
    true,
    '選定金額と請求金額(301 / 300)',
    ['charge_amount_differs order-1'],
  ],
  [
    'update charge_items set yen = yen - 1',
    false,
    true,
    '選定金額と請求金額(300 / 298)',
    ['charge_amount_differs order-1', 'charge_amount_differs order-2'],
  ],
  [
    "delete from charges where order_number = 'order-1'",
    true,
    false,
    '請求の実行件数と請求件数(2 / 1)',
    ['selected_without_charge order-1'],
  ],
  ['update order_collections set unchanged = 1', true, false, '取込件数と判定件数(3 / 4)', []],
  [
    'update exchanges set records = 3',
    true,
    false,
    'auth-1 の件数と明細(3 / 2)',
    ['line_missing auth-1:4'],
  ],
  ['update exchanges set amount_yen = 299', false, true, 'auth-1 の金額と明細(299 / 300)', []],
  [
    'update file_lines set yen = 99 where yen = 100',
    false,
    true,
    'auth-1 の金額と明細(300 / 299)',
    ['line_amount_differs auth-1:2 order-1'],
  ],
  [
    'delete from file_lines where line_number = 2',
    true,
    true,
    'auth-1 の件数と明細(2 / 1)',
    ['line_missing auth-1:2'],
  ],
  [
    'delete from result_lines where line_number = 2',
    true,
    true,
    'auth-1 の明細と結果件数(2 / 1)',
    ['line_without_verdict auth-1:2 order-1'],
  ],
])('%s is noticed and named', async (spoil, rowsBroken, yenBroken, sentence, named) => {
  const spoiled = db.transaction().execute(async (trx) => {
    await sql.raw(spoil).execute(trx);
    const { rows, yen, broken } = await check(trx);
    expect(broken).toContain(sentence);
    expect({ rows, yen }).toEqual({ rows: !rowsBroken, yen: !yenBroken });
    expect(await findBroken(trx)).toEqual(named);
    throw new RollBack();
  });
  await expect(spoiled).rejects.toThrow(RollBack);
});

const newerExport = `
  insert into orders select (jsonb_populate_record(o, '{"collection_id": 999999, "version": 2}')).*
    from orders o where record = 3`;
const otherFile = `
  insert into exchanges select (jsonb_populate_record(e, '{"id": 999999, "number": 2, "cycle_id": null}')).*
    from exchanges e where number = 1`;

test.each<[string, string[], string[]]>([
  [
    'a line is measured by its own claim',
    ['update attempts set amount_yen = 99 where amount_yen = 100'],
    ['line_amount_differs auth-1:2 order-1'],
  ],
  ['whichever file that names', [otherFile, 'update attempts set exchange_id = 999999'], []],
  [
    'and the amount there counts',
    [otherFile, 'update attempts set exchange_id = 999999, amount_yen = 99 where amount_yen = 100'],
    ['line_amount_differs auth-1:2 order-1'],
  ],
  [
    'a row that a newer export replaced needs no verdict',
    [newerExport, 'delete from selection_rows where record = 3'],
    [],
  ],
])('%s', async (_, spoils, named) => {
  const spoiled = db.transaction().execute(async (trx) => {
    for (const spoil of spoils) await sql.raw(spoil).execute(trx);
    expect(await findBroken(trx)).toEqual(named);
    throw new RollBack();
  });
  await expect(spoiled).rejects.toThrow(RollBack);
});

test('a charge that is made while the month is added up is added up whole', async () => {
  const sums = await holdSums(database.ownerUrl);
  const checked = check(db);
  const waits = sql<{ n: number }>`
    select count(*)::int as n from pg_locks
     where not granted and relation = 'quarantined_orders'::regclass`;
  await expect.poll(async () => (await waits.execute(db)).rows[0]?.n).toBe(1);
  const added = '{"id": 999999, "record": 4, "position": 4, "order_number": "order-4"}';
  await db.transaction().execute(async (trx) => {
    for (const [table, own] of [
      ['orders', added],
      ['selection_rows', added],
      ['charges', added],
      ['charge_items', '{"charge_id": 999999, "origin_charge_id": 999999}'],
    ] as const) {
      const key = table === 'charge_items' ? 'charge_id' : table === 'charges' ? 'id' : 'record';
      await sql`
        insert into ${sql.ref(table)} select (jsonb_populate_record(t, ${own}::jsonb)).*
          from ${sql.ref(table)} t order by t.${sql.ref(key)} limit 1`.execute(trx);
    }
    await sql`update order_collections set records = records + 1`.execute(trx);
    await sql`update run_plans set charges = charges + 1`.execute(trx);
  });
  await sums.release();
  expect(await checked).toEqual({ rows: true, yen: true, broken: [] });
});
