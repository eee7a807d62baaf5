import iconv from 'iconv-lite';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { splitCsvFields } from '../../billing/csv-records.ts';
import { type CollectedMonth, insertOrders } from '../db/collected-orders.ts';
import { insertCycle, insertMoneyRecord } from '../db/money-record.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

let api: RunningApi;
let month: CollectedMonth;
let operator: string;
let viewer: string;
let path: string;

beforeAll(async () => {
  api = await startApi();
  month = await insertMoneyRecord(api.db);
  await insertOrders(api.db, month, { count: 25, broken: 2 });
  const merchant = await api.db
    .selectFrom('merchants')
    .select('slug')
    .where('id', '=', month.merchantId)
    .executeTakeFirstOrThrow();
  path = `/v1/merchants/${merchant.slug}/cycles/2026-11/orders`;
  operator = await api.addToken('operator');
  viewer = await api.addToken('viewer');
});
afterAll(() => api.close());

const get = (query: string, token = operator) => api.call(`${path}${query}`, { token });
const post = (of: string, json: object, token = operator) =>
  api.call(`${path}${of}`, { token, method: 'POST', json });
const search = (json: object, token?: string) => post('/search', json, token);
const read = async (query: string, token?: string) =>
  (await (await get(query, token)).json()) as {
    totals: { rows: number; byVerdict: Record<string, { rows: number }> } | null;
    orders: Record<string, unknown>[];
    nextAfter: string | null;
  };
const numbers = async (query: string) =>
  (await read(query)).orders.map(({ orderNumber }) => orderNumber);

test('the first page counts all that was found, and the pages together are the whole', async () => {
  const whole = await read('');
  expect(whole.totals).toMatchObject({ rows: 27, byVerdict: { quarantined: { rows: 2 } } });
  expect(whole.orders).toHaveLength(27);
  expect(whole.nextAfter).toBeNull();
  const paged: unknown[] = [];
  let query = '?limit=10';
  for (let pages = 1; ; pages += 1) {
    const page = await read(query);
    // Counted by the database here, and summed from the page that holds all.
    expect(page.totals).toEqual(pages > 1 ? null : whole.totals);
    paged.push(...page.orders);
    if (page.nextAfter === null) break;
    query = `?limit=10&after=${page.nextAfter}`;
  }
  expect(paged).toEqual(whole.orders);
});

test('the filters of the shop reach the record', async () => {
  expect(await numbers('?orderNumberFrom=9&orderNumberTo=11')).toEqual(['11', '10', '9']);
  const found = async (json: object) =>
    ((await (await search(json)).json()) as { orders: { orderNumber: string }[] }).orders.map(
      ({ orderNumber }) => orderNumber,
    );
  expect(await found({ customerName: '月極花子２５' })).toEqual(['25']);
  expect(await found({ phone: '0000-0023', gone: false, amountFromYen: 1 })).toEqual(['23']);
  expect(await numbers('?amountFromYen=1024&orderedFrom=2026-10-01&orderedTo=2026-10-01')).toEqual([
    '25',
    '24',
  ]);
  const card = `paymentMethod=${encodeURIComponent('クレジットカード')}`;
  expect(await numbers(`?${card}&reason=first_order`)).toEqual(['20', '10']);
  expect(await numbers(`?${card}&paymentMethod=x&limit=1`)).toEqual(['25']);
  expect(await numbers('?paymentMethod=x')).toEqual([]);
  expect(await numbers('?gone=true')).toEqual([]);
  expect(await numbers('?chargeState=captured')).toEqual([]);
});

test.each([
  '?after=x',
  '?after=2026-13-45T00:00:00.000Z.1.1',
  '?orderedFrom=2026-02-30',
  '?amountFromYen=1.5',
  '?limit=1001',
  // Whose an order is stands in no address: those are kept and logged on their way.
  '?phone=1',
  '?customerName=a',
  '?email=a',
  '?unknown=1',
])('%s is refused', async (query) => {
  expect(await readProblem(await get(query))).toMatchObject({ status: 422 });
});

test.each([{ phone: 'abc' }, { customerName: '' }, { after: 'x' }])(
  'a search for %o is refused',
  async (json) => {
    expect(await readProblem(await search(json))).toMatchObject({ status: 422 });
  },
);

describe('a viewer', () => {
  test('sees what became of orders and not whose they are', async () => {
    const { orders } = await read('', viewer);
    expect(orders[0]).toMatchObject({ orderNumber: '25', verdict: 'selected', amountYen: 1025 });
    for (const order of orders) {
      expect([order.customerName, order.email, order.phone, order.value]).toEqual([
        null,
        null,
        null,
        null,
      ]);
    }
    expect((await read('')).orders[0]).toMatchObject({ email: 'Hanako25@example.jp' });
  });

  test.each([{ customerName: 'a' }, { email: 'a' }, { phone: '1' }])(
    'may not search by %o',
    async (filter) => {
      const problem = await readProblem(await search(filter, viewer));
      expect(problem).toMatchObject({ status: 403, slug: 'role-too-low' });
    },
  );

  test('may search by the rest', async () => {
    expect((await search({ reason: 'first_order' }, viewer)).status).toBe(200);
  });

  test('takes no list home', async () => {
    expect((await post('/search.csv', {}, viewer)).status).toBe(403);
  });
});

describe('the download', () => {
  async function download(json: object): Promise<Buffer> {
    const response = await post('/search.csv', json);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-disposition')).toContain('orders-2026-11.csv');
    return Buffer.from(await response.arrayBuffer());
  }

  test('is the list as CSV, in UTF-8 with its mark or in CP932', async () => {
    const bytes = await download({});
    expect(bytes.subarray(0, 3).toString('hex')).toBe('efbbbf');
    const lines = bytes.subarray(3).toString('utf8').split('\r\n');
    expect(lines).toHaveLength(1 + 27 + 1);
    const [header = '', first = ''] = lines;
    const row = Object.fromEntries(
      splitCsvFields(header).map((name, at) => [name, splitCsvFields(first)[at]]),
    );
    expect(row).toMatchObject({
      受注日時: '2026/10/01 00:12:00',
      注文番号: '25',
      顧客名: '月極　花子25',
      購入金額: '1025',
      判定: '請求対象',
    });
    const cp932 = await download({ encoding: 'cp932' });
    expect(iconv.decode(cp932, 'cp932')).toBe(lines.join('\r\n'));
  });

  test('holds what was searched for, and the audit only by what', async () => {
    const found = await download({ customerName: '花子2', reason: 'first_order' });
    const text = found.toString('utf8');
    expect(text.split('\r\n')).toHaveLength(1 + 1 + 1);
    expect(text).toContain('初回の注文');
    const { rows } = await sql<{ entry: string }>`
      select entry from audit_entries where chain_id = ${month.merchantId}
       order by n desc limit 1`.execute(api.db);
    expect(JSON.parse(rows[0]?.entry ?? '{}')).toMatchObject({
      act: 'orders.downloaded',
      subject: '2026-11',
      details: { encoding: 'utf-8', searchedBy: ['customerName', 'reason'] },
    });
    expect(rows[0]?.entry).not.toContain('花子');
    expect(api.logLines.join('')).not.toContain('花子');
  });

  test('runs no formula and is not written in an encoding that lacks a character', async () => {
    const cycleId = await insertCycle(api.db, month.merchantId, '2026-12');
    await insertOrders(api.db, { ...month, cycleId }, { count: 2, prefix: '=1+' });
    const december = path.replace('2026-11', '2026-12');
    const write = (json: object) =>
      api.call(`${december}/search.csv`, { token: operator, method: 'POST', json });
    const bytes = await write({});
    expect(await bytes.text()).toContain(",'=1+2,");
    await insertOrders(api.db, { ...month, cycleId }, { count: 1, prefix: '𠮷' });
    const refused = await write({ encoding: 'cp932' });
    expect(await readProblem(refused)).toMatchObject({ status: 422, slug: 'text-not-writable' });
  });
});
