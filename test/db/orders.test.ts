import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrderPlace, OrderSearch } from '../../billing/order-search.ts';
import { type Db, databaseOver, openPool } from '../../db/database.ts';
import { countOrders, listOrders } from '../../db/queries/orders.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertCollection, insertOrders } from './collected-orders.ts';
import { AT, insertCycle, insertMoneyRecord, type MoneyRecord } from './money-record.ts';

let database: TestDatabase;
let db: Db;
let pool: ReturnType<typeof openPool>;
/** The statements that went to the server, to be explained. */
const statements: { text: string; values: unknown[] }[] = [];
let record: MoneyRecord;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.ownerUrl, { maxConnections: 2 });
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    client.query = ((text: unknown, values: unknown, ...more: unknown[]) => {
      if (typeof text === 'string') statements.push({ text, values: values as unknown[] });
      return query(text, values, ...more);
    }) as typeof client.query;
  });
  db = databaseOver(pool);
  record = await insertMoneyRecord(db);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const of = (cycleId: number) => ({ ...record, cycleId });
const page = (
  cycleId: number,
  search: OrderSearch = {},
  after: OrderPlace | null = null,
  limit = 100,
) => listOrders(db, record.merchantId, { cycleId, search, after, limit });
const numbersOf = async (cycleId: number, search: OrderSearch) =>
  (await page(cycleId, search)).map(({ orderNumber }) => orderNumber);

describe('a month of a few orders', () => {
  let cycleId: number;
  beforeAll(async () => {
    cycleId = await insertCycle(db, record.merchantId, '2026-01');
    await insertOrders(db, of(cycleId), { count: 25, broken: 2 });
  });

  test('stands newest first, and what has no time of order last', async () => {
    const rows = await page(cycleId);
    expect(rows.map(({ record: n }) => n)).toEqual(
      Array.from({ length: 25 }, (_, i) => 25 - i).concat([27, 26]),
    );
    expect(rows[0]).toMatchObject({
      orderNumber: '25',
      orderedAt: '2026-09-30T15:12:00.000Z',
      verdict: 'selected',
      reason: null,
      gone: false,
      billedIn: null,
    });
    expect(rows.at(-1)).toMatchObject({ verdict: 'quarantined', column: '購入金額', value: 'x' });
  });

  test('shows the day of shipment that was told of its charge, by whatever way', async () => {
    const { merchantId } = record;
    await sql`
      with charge as (
        insert into charges (merchant_id, cycle_id, order_number, customer_number,
                             previous_order_number, position, created_at)
        values (${merchantId}, ${cycleId}, '24', '9000024', '1', 24, ${AT}) returning id
      ), item as (
        insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
        select id, id, ${merchantId}, 1024 from charge
      ), decision as (
        insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, decided_at)
        values (${merchantId}, 'shipped', 'w', 'record-shipments', '{}', 'shop', ${AT}) returning id
      )
      insert into shipments (charge_id, merchant_id, shipped_on, decision_id, recorded_at)
      select charge.id, ${merchantId}, '2026-10-03', decision.id, ${AT} from charge, decision`.execute(
      db,
    );
    const told = (await page(cycleId)).find(({ orderNumber }) => orderNumber === '24');
    expect(told).toMatchObject({ shipment: 'shipped', shippedOn: '2026-10-03' });
    const untold = (await page(cycleId)).find(({ orderNumber }) => orderNumber === '23');
    expect(untold).toMatchObject({ shipment: 'unknown', shippedOn: null });
  });

  test.each([1, 2, 3, 7, 27, 28])('is the same in pages of %i', async (limit) => {
    const whole = await page(cycleId);
    const rows = [];
    let after: OrderPlace | null = null;
    for (;;) {
      const next: Awaited<ReturnType<typeof page>> = await page(cycleId, {}, after, limit);
      rows.push(...next);
      const last = next.at(-1);
      if (last === undefined) break;
      after = last;
    }
    expect(rows).toEqual(whole);
  });

  test('is counted in rows and yen', async () => {
    expect(await countOrders(db, record.merchantId, { cycleId, search: {} })).toEqual({
      rows: 27,
      yen: 25 * 1000 + (25 * 26) / 2,
      byVerdict: {
        selected: { rows: 23, yen: 23_000 + (25 * 26) / 2 - 30 },
        excluded: { rows: 2, yen: 2030 },
        quarantined: { rows: 2, yen: 0 },
      },
    });
  });

  test.each<[string, OrderSearch, string[]]>([
    ['numbers as numbers', { orderNumberFrom: '9', orderNumberTo: '11' }, ['11', '10', '9']],
    ['one bound', { orderNumberFrom: '0024' }, ['25', '24']],
    ['one number, however many zeros', { orderNumberFrom: '0025', orderNumberTo: '0025' }, ['25']],
    ['text as text', { orderNumberFrom: '3', orderNumberTo: '3x' }, ['3']],
    ['a part of the name, whatever its width and spaces', { customerName: '月極花子２５' }, ['25']],
    ['a part of the mail, whatever its case', { email: 'hanako24@' }, ['24']],
    ['a phone without hyphens', { phone: '00000000023' }, ['23']],
    ['a phone with others', { phone: '0000−0023' }, ['23']],
    ['a day in Japan', { orderedFrom: '2026-10-02' }, []],
    ['an amount', { amountFromYen: 1024, amountToYen: 1024 }, ['24']],
    ['a reason', { reason: 'first_order' }, ['20', '10']],
    ['a verdict and a number', { verdict: 'excluded', orderNumberFrom: '11' }, ['20']],
    ['another status', { status: 'キャンセル' }, []],
    ['another way to pay', { paymentMethods: ['代金引換'] }, []],
    ['text that means something to LIKE', { customerName: '%' }, []],
  ])('is found by %s', async (_, search, numbers) => {
    expect(await numbersOf(cycleId, search)).toEqual(numbers);
    const { rows } = await countOrders(db, record.merchantId, { cycleId, search });
    expect(rows).toBe(numbers.length);
  });

  test('holds the first and the last minute of a day in Japan', async () => {
    const day = { orderedFrom: '2026-10-01', orderedTo: '2026-10-01' };
    expect(await numbersOf(cycleId, day)).toHaveLength(25);
    expect(await numbersOf(cycleId, { orderedTo: '2026-09-30' })).toEqual([]);
    expect(await numbersOf(cycleId, { orderedFrom: '2026-09-30' })).toHaveLength(25);
  });

  test('shows nobody else what it holds', async () => {
    const other = await insertMoneyRecord(db);
    expect(
      await listOrders(db, other.merchantId, { cycleId, search: {}, after: null, limit: 10 }),
    ).toEqual([]);
    expect((await countOrders(db, other.merchantId, { cycleId, search: {} })).rows).toBe(0);
  });
});

test('of an order that a newer export changed only the latest row stands; one that is gone says so', async () => {
  const cycleId = await insertCycle(db, record.merchantId, '2026-02');
  await insertOrders(db, of(cycleId), { count: 5, prefix: 'v' });
  const newer = await insertCollection(db, of(cycleId));
  await sql`
    insert into orders (collection_id, record, line, merchant_id, cycle_id, version, order_number,
      customer_number, ordered_at, payment_method, amount_yen, shipment, status, customer_name, email,
      phone)
    select ${newer}, 1, 2, merchant_id, cycle_id, 2, order_number, customer_number, ordered_at,
           payment_method, 7777, shipment, 'キャンセル', customer_name, email, phone
      from orders where cycle_id = ${cycleId} and order_number = 'v3'`.execute(db);
  await sql`
    insert into selection_rows (selection_id, collection_id, cycle_id, record, version, merchant_id,
      order_number, amount_yen, verdict, reason)
    values (1, ${newer}, ${cycleId}, 1, 2, ${record.merchantId}, 'v3', 7777, 'excluded', 'cancelled')
  `.execute(db);
  await sql`
    insert into order_absences (collection_id, order_number, merchant_id, cycle_id, gone)
    values (${newer}, 'v5', ${record.merchantId}, ${cycleId}, true)`.execute(db);
  const rows = await page(cycleId);
  expect(rows).toHaveLength(5);
  expect(rows.find(({ orderNumber }) => orderNumber === 'v3')).toMatchObject({
    collection: 2,
    amountYen: 7777,
    verdict: 'excluded',
    reason: 'cancelled',
  });
  expect(await numbersOf(cycleId, { gone: true })).toEqual(['v5']);
  expect(await numbersOf(cycleId, { gone: false })).toHaveLength(4);
  expect((await page(cycleId, { gone: true }))[0]?.gone).toBe(true);
});

describe('a month of 50,000 orders among 300,000', () => {
  let cycleId: number;
  beforeAll(async () => {
    const other = await insertMoneyRecord(db);
    await insertOrders(db, other, { count: 200_000, prefix: 'o' });
    await insertOrders(db, record, { count: 50_000, prefix: 'p', broken: 2000 });
    cycleId = await insertCycle(db, record.merchantId, '2026-03');
    await insertOrders(db, of(cycleId), { count: 50_000, prefix: 'q', broken: 1 });
    // A tenth of this month is billed so far, the other month whole.
    await sql`
      insert into charges (merchant_id, cycle_id, order_number, customer_number,
        previous_order_number, position, created_at)
      select merchant_id, cycle_id, order_number, customer_number, '1', record, ${AT}
        from orders
       where exclusion is null
         and (cycle_id = ${record.cycleId} or (cycle_id = ${cycleId} and record <= 5000))`.execute(
      db,
    );
    await sql`
      insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
      select id, id, merchant_id, 1000 from charges c
       where not exists (select from charge_items i where i.charge_id = c.id)`.execute(db);
    await sql`analyze`.execute(db);
  });

  /** The tables that the latest statement reads from end to end. */
  async function scannedByLatest(): Promise<string[]> {
    const latest = statements.at(-1);
    if (latest === undefined) throw new Error('nothing was asked');
    const plan = await pool.query(`explain (costs off) ${latest.text}`, latest.values);
    const lines = plan.rows.map((row: Record<string, string>) => row['QUERY PLAN'] ?? '');
    return lines.flatMap((line) => line.match(/Seq Scan on (\w+)/)?.[1] ?? []);
  }

  test.each<[string, OrderSearch, OrderPlace | null]>([
    ['the first page', {}, null],
    [
      'a page in the middle',
      {},
      { orderedAt: '2026-10-10T00:00:00.000Z', collection: 1, record: 25_000 },
    ],
    ['a name', { customerName: '花子49' }, null],
    ['a range of numbers', { orderNumberFrom: 'q1', orderNumberTo: 'q2' }, null],
    ['a day', { orderedFrom: '2026-10-05', orderedTo: '2026-10-05' }, null],
    ['what could not be read', { verdict: 'quarantined' }, null],
    ['a reason', { reason: 'first_order' }, null],
    ['a state', { chargeState: 'planned' }, null],
    ['what is gone', { gone: true }, null],
  ])('reads neither other months nor other merchants for %s', async (_, search, after) => {
    // Far more rows are of others: who reads a table from end to end reads them all.
    const large = ['orders', 'quarantined_orders', 'selection_rows', 'charges', 'charge_items'];
    await page(cycleId, search, after);
    expect((await scannedByLatest()).filter((table) => large.includes(table))).toEqual([]);
    await countOrders(db, record.merchantId, { cycleId, search });
    expect((await scannedByLatest()).filter((table) => large.includes(table))).toEqual([]);
  });

  test.each<[string, OrderSearch, string]>([
    ['many, the next page full of them', { customerName: '月極花子' }, '%'],
    ['nobody', { customerName: 'ﾊﾅｺ', email: 'HANAKO777@' }, ''],
    ['few, wherever they are', { email: 'Hanako777' }, '%花子777%'],
    ['one by the phone, written otherwise', { phone: '000ー0001−2345' }, '%花子12345'],
    ['a sign that means something to LIKE', { email: 'hanako_7' }, ''],
  ])('the pages of whose orders they are hold %s', async (_, search, name) => {
    const { rows: expected } = await sql<{ order_number: string }>`
      select order_number from orders where cycle_id = ${cycleId} and customer_name like ${name}
       order by ordered_at desc, record desc limit 250`.execute(db);
    const found: (string | null)[] = [];
    let after: OrderPlace | null = null;
    while (found.length < 250) {
      const next: Awaited<ReturnType<typeof page>> = await page(cycleId, search, after, 50);
      found.push(...next.map(({ orderNumber }) => orderNumber));
      after = next.at(-1) ?? null;
      if (next.length < 50) break;
    }
    expect(found).toEqual(expected.map(({ order_number: number }) => number));
  });
});
