import iconv from 'iconv-lite';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../db/database.ts';
import { billMonth } from '../../sandbox/bill-month.ts';
import { listOrders, startCycle } from '../../sandbox/operator.ts';
import { cardLikeNumber } from '../db/card-like-number.ts';
import { type Month, openMonth } from './month.ts';
import { ask, isStill, makeExport, numbered, post, untilCycle, upload } from './month-acts.ts';

/** Each test has a month and order numbers of its own, of one merchant. */
let month: Month;
let owner: Kysely<Database>;
beforeAll(async () => {
  month = await openMonth();
  owner = openDatabase(month.ownerDatabaseUrl, { maxConnections: 2 });
});
afterAll(async () => {
  await owner.destroy();
  await month.close();
});

async function giveExport(billingMonth: string, bytes: Uint8Array) {
  const { body } = await upload(month, 'order-export', bytes);
  return await post(month, `/cycles/${billingMonth}/order-export`, { sha256: body.sha256 });
}

const isClosed = ({ stage }: { stage: string }) => stage === 'closed';

describe('an export that cannot be used', () => {
  const orders = makeExport(numbered('01', 2));
  test.each<[string, Buffer, string]>([
    [
      'without a column',
      Buffer.from(orders.toString().replace('購入金額', '金額')),
      '列「購入金額」',
    ],
    [
      'in UTF-16',
      Buffer.concat([Buffer.from([0xff, 0xfe]), iconv.encode(orders.toString(), 'utf16le')]),
      '文字コード',
    ],
    ['of binary bytes', Buffer.from([0x00, 0x01, 0xfe, 0x00, 0x02]), '文字コード'],
    ['as an Excel workbook', Buffer.from('PK\u0003\u0004\u0014\u0000 workbook'), 'Excel'],
    ['that is empty', Buffer.alloc(0), '空です'],
    [
      'that is no CSV',
      Buffer.from('<html><body>ログインしてください</body></html>'),
      '見出し行のある CSV',
    ],
  ])('%s is refused with a sentence; the month waits for another', async (_, bytes, sentence) => {
    await startCycle(month.day.desk, '2026-01');
    const reply = await giveExport('2026-01', bytes);
    expect([reply.status, reply.body.type]).toEqual([422, 'urn:tsukigime:problem:file-unusable']);
    expect(reply.body.detail).toContain(sentence);
    expect(reply.body.detail).toContain('注文は取り込んでいません');
    const { body } = await ask(month, 'GET', '/cycles/2026-01');
    expect(body).toMatchObject({ stage: 'collecting', attention: true, selection: null });
  });

  test('the corrected export is billed by the same month', async () => {
    await startCycle(month.day.desk, '2026-01');
    expect((await giveExport('2026-01', orders)).status).toBe(200);
    await billMonth(month.day, '2026-01');
    const closed = await untilCycle(month, '2026-01', isClosed);
    expect(closed.charges).toEqual({ captured: { rows: 2, yen: 2001 } });
  });
});

test('a file that nobody uploaded is 404, and the month waits', async () => {
  await startCycle(month.day.desk, '2026-02');
  const reply = await post(month, '/cycles/2026-02/order-export', { sha256: 'b'.repeat(64) });
  expect([reply.status, reply.body.type]).toEqual([404, 'urn:tsukigime:problem:file-not-found']);
});

describe('a month with nothing to bill', () => {
  test.each([
    ['2026-03', [{ number: '0301', 定期回数: 1 }], { first_order: 1 }],
    ['2026-04', [], {}],
  ])(
    '%s closes by itself and says why there is no file',
    async (billingMonth, orders, excluded) => {
      await month.begin(billingMonth, makeExport(orders));
      const closed = await untilCycle(month, billingMonth, isClosed);
      expect(closed.waitsFor).toContain('請求対象の注文は0件でした。ファイルは作成していません');
      expect(closed.selection).toMatchObject({ selected: 0, excluded, quarantined: 0 });
      const { body } = await ask(month, 'GET', `/exchanges?month=${billingMonth}`);
      expect(body.exchanges).toEqual([]);
    },
  );

  test('waits where rows are quarantined: for a corrected export', async () => {
    await month.begin('2026-05', makeExport([{ number: '0501', 対応状況: '謎' }]));
    const waiting = await untilCycle(month, '2026-05', isStill);
    expect(waiting).toMatchObject({ stage: 'collecting', attention: true });
    expect(waiting.waitsFor).toContain('要確認が 1 件');
    expect(await listOrders(month.day.desk, '2026-05', { verdict: 'quarantined' })).toHaveLength(1);
    expect((await giveExport('2026-05', makeExport(numbered('05', 1)))).status).toBe(200);
    await billMonth(month.day, '2026-05');
    const closed = await untilCycle(month, '2026-05', isClosed);
    expect(closed.charges).toEqual({ captured: { rows: 1, yen: 1000 } });
  });

  test('or for an operator who has it close with nothing billed', async () => {
    await month.begin('2026-06', makeExport([{ number: '0601', 対応状況: '謎' }]));
    await untilCycle(month, '2026-06', ({ waitsFor }) => waitsFor.includes('止まっています'));
    const resumed = await post(month, '/cycles/2026-06/resumption', { reason: '今月は請求なし' });
    expect([resumed.status, resumed.body]).toEqual([200, { stage: 'collecting' }]);
    expect((await untilCycle(month, '2026-06', isClosed)).charges).toEqual({});
  });
});

test('both rows of a doubled order number are set aside, the others are billed', async () => {
  const [one, two] = numbered('07', 2);
  await month.begin('2026-07', makeExport([one!, two!, { ...two!, yen: 5 }]));
  await billMonth(month.day, '2026-07');
  const closed = await untilCycle(month, '2026-07', isClosed);
  expect(closed.selection).toMatchObject({ orders: 3, selected: 1, quarantined: 2 });
  expect(closed.charges).toEqual({ captured: { rows: 1, yen: 1000 } });
  const rows = await listOrders(month.day.desk, '2026-07', { verdict: 'quarantined' });
  expect(rows.map(({ record, reason }) => [record, reason])).toEqual([
    [2, 'order_number_doubled'],
    [3, 'order_number_doubled'],
  ]);
});

test('a card number stops the file: place in the answer, digits nowhere', async () => {
  const digits = cardLikeNumber();
  const dashed = digits.replace(/(\d{4})(?=\d)/g, '$1-');
  for (const number of [digits, dashed]) {
    const bytes = makeExport([{ number: '0801' }, { number: '0802', 顧客名: `カード ${number}` }]);
    const reply = await upload(month, 'order-export', bytes);
    expect([reply.status, reply.body.type]).toEqual([
      422,
      'urn:tsukigime:problem:card-number-found',
    ]);
    expect(reply.body.errors).toMatchObject([
      { path: 'line 3, column 顧客名', message: 'looks like a card number' },
    ]);
    expect(reply.text).not.toContain(number);
  }
  const named = await upload(month, 'order-export', Buffer.from('a'), `${digits}.csv`);
  expect(named.status).toBe(422);
  expect(named.text).not.toContain(digits);
  const { rows } = await sql<{ table: string }>`
    select table_name as table from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(owner);
  expect(rows.length).toBeGreaterThan(30);
  for (const { table } of rows) {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from ${sql.table(table)} t
       where t::text like any (array[${`%${digits}%`}, ${`%${dashed}%`}])`.execute(owner);
    expect([table, found.rows[0]?.count]).toEqual([table, 0]);
  }
});
