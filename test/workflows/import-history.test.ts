import iconv from 'iconv-lite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { moveBusinessClock } from '../../db/queries/business-clock.ts';
import { createToken } from '../../db/queries/tokens.ts';
import {
  customerFile,
  customerHeader,
  customerLine,
  type ImportDesk,
  openImportDesk,
  type ShownImport,
} from './file-imports.ts';
import { type Month, openMonth } from './month.ts';

let month: Month;
let desk: ImportDesk;
/** 登録日時 of the imports, by number. */
const registered: string[] = [];

beforeAll(async () => {
  month = await openMonth();
  desk = openImportDesk(month);
  await desk.act('/customer-tags', { name: '優良' });
  const files: [string, string[]][] = [
    ['一月.csv', [customerLine({ 顧客番号: '1', 顧客タグ: '優良', 氏名: '=見本' })]],
    [
      '二月.csv',
      [customerLine({ 顧客番号: '2', メールアドレス: 'b@example.jp' }), customerLine({})],
    ],
    [
      '一月.csv',
      ['3', '4', '5'].map((number) => customerLine({ 顧客番号: number, 職業: '未登録' })),
    ],
  ];
  for (const [index, [name, lines]] of files.entries()) {
    const { number } = await desk.upload('customers', customerFile(lines), { name });
    await desk.ended(number);
    const { registeredAt } = await desk.read<{ registeredAt: string }>(`/imports/${number}`);
    registered.push(registeredAt);
    const offsetMs = Date.parse('2026-11-20T01:00:00.000Z') - Date.now();
    await moveBusinessClock(month.db, month.merchantId, {
      offsetMs: offsetMs + (index + 1) * 86_400_000,
      oldOffsetMs: await offset(),
    });
  }
});
afterAll(() => month.close());

async function offset(): Promise<number> {
  const row = await month.db
    .selectFrom('merchants')
    .where('id', '=', month.merchantId)
    .select('clock_offset_ms as ms')
    .executeTakeFirstOrThrow();
  return row.ms;
}

async function search(query: Record<string, string>) {
  const { imports, total } = await desk.read<{ imports: ShownImport[]; total: number }>(
    `/imports?${new URLSearchParams(query)}`,
  );
  return { numbers: imports.map(({ number }) => number), total };
}

describe('顧客データ取り込み履歴', () => {
  test('newest first; a name matches exactly', async () => {
    expect(await search({})).toEqual({ numbers: [3, 2, 1], total: 3 });
    expect(await search({ fileName: '一月.csv' })).toEqual({ numbers: [3, 1], total: 2 });
    expect(await search({ fileName: '一月' })).toEqual({ numbers: [], total: 0 });
  });

  test('登録日時: from, to, both; either side may be open', async () => {
    const [, second = ''] = registered;
    expect((await search({ from: second })).numbers).toEqual([3, 2]);
    expect((await search({ to: second })).numbers).toEqual([2, 1]);
    expect((await search({ from: second, to: second })).numbers).toEqual([2]);
  });

  test('sorted and paged', async () => {
    expect((await search({ sort: 'failed', order: 'desc' })).numbers).toEqual([3, 2, 1]);
    expect((await search({ sort: 'rows', order: 'asc' })).numbers).toEqual([1, 2, 3]);
    expect(await search({ pageSize: '10', page: '2' })).toEqual({ numbers: [], total: 3 });
    expect((await desk.call('/imports?pageSize=30')).status).toBe(422);
  });

  test('counts, and a failed row that leads to where its name is registered', async () => {
    expect(await desk.read('/imports/3')).toMatchObject({
      ...{ kindJa: '顧客一括', rows: 3, imported: 0, failed: 3, fileName: '一月.csv' },
      state: '取り込みました。成功 0 件、失敗 3 件。',
    });
    expect((await desk.errors(3))[0]).toEqual({
      line: 2,
      remarks: [{ column: '職業', text: '【職業】は存在しません', register: 'occupations' }],
    });
  });

  test('failed rows are paged by their records', async () => {
    const first = await desk.read<{ rows: { line: number }[]; nextAfter: number }>(
      '/imports/3/errors?limit=2',
    );
    expect(first.rows.map(({ line }) => line)).toEqual([2, 3]);
    const rest = await desk.read<{ rows: { line: number }[]; nextAfter: null }>(
      `/imports/3/errors?limit=2&after=${first.nextAfter}`,
    );
    expect(rest).toMatchObject({ rows: [{ line: 4 }], nextAfter: null });
  });

  test('the original file under its own name, for operators', async () => {
    const response = await desk.call('/imports/2/file');
    expect(response.headers.get('content-disposition')).toContain(encodeURIComponent('二月.csv'));
    expect(await response.text()).toContain('b@example.jp');
    const { token } = await createToken(month.db, {
      ...{ actor: 'viewer', role: 'viewer', scope: { all: true }, expiresAt: null },
      ...{ now: '2026-11-20T01:00:00.000Z', createdBy: 'test' },
    });
    for (const path of ['/imports/2/file', '/imports/2/failed-rows', '/customers-export']) {
      const refused = await desk.call(path, { headers: { Authorization: `Bearer ${token}` } });
      expect(refused.status).toBe(403);
    }
  });
});

describe('customers', () => {
  const find = async (search: Record<string, string | number>) => {
    const response = await desk.call('/customers/search', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(search),
    });
    expect(response.status).toBe(200);
    const { customers } = (await response.json()) as { customers: { customerId: string }[] };
    return customers.map(({ customerId }) => customerId);
  };

  test('are found by number, ID, part of the name, mail and tag', async () => {
    expect(await find({})).toEqual(['US-00000001', 'US-00000002']);
    expect(await find({ customerNumber: '2' })).toEqual(['US-00000002']);
    expect(await find({ customerId: 'US-00000001' })).toEqual(['US-00000001']);
    expect(await find({ name: '=見' })).toEqual(['US-00000001']);
    expect(await find({ email: 'b@example.jp' })).toEqual(['US-00000002']);
    expect(await find({ tag: '優良' })).toEqual(['US-00000001']);
    expect(await find({ tag: '未登録' })).toEqual([]);
    expect(await find({ limit: 1, after: 'US-00000001' })).toEqual(['US-00000002']);
  });

  test('leave as a CSV that is safe in a spreadsheet and can be imported again', async () => {
    const utf8 = Buffer.from(await (await desk.call('/customers-export')).arrayBuffer());
    const text = utf8.toString();
    expect(text.startsWith(`\ufeff${customerHeader}\r\n1,US-00000001,'=見本,`)).toBe(true);
    const cp932 = await desk.call('/customers-export?encoding=cp932');
    expect(iconv.decode(Buffer.from(await cp932.arrayBuffer()), 'cp932')).toBe(text.slice(1));
    expect(await (await desk.call('/customers-export?columns=link')).text()).toBe(
      '顧客番号,顧客ID\r\n1,US-00000001\r\n2,US-00000002\r\n',
    );
    expect(await desk.run('customers', utf8)).toMatchObject({ imported: 2, failed: 0 });
    // The apostrophe is the spreadsheet's: nobody's name has changed.
    expect(await find({ name: "'" })).toEqual([]);
    expect(await (await desk.call('/customers-export')).text()).toBe(text.slice(1));
  });

  test('have subscriptions, as the cart has them now', async () => {
    const save = (customer: string, amountYen: number) =>
      desk.call(`/customers/${customer}/subscriptions/S-1`, {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ amountYen, status: 'active', nextMonth: '2026-12' }),
      });
    expect((await save('US-00000001', 1980)).status).toBe(204);
    expect((await save('US-00000001', 2980)).status).toBe(204);
    expect((await save('US-00000099', 2980)).status).toBe(404);
    // A number belongs to one customer.
    expect((await save('US-00000002', 2980)).status).toBe(404);
    expect(await desk.read('/customers/US-00000001')).toMatchObject({
      subscriptions: [{ subscriptionNumber: 'S-1', amountYen: 2980, nextMonth: '2026-12' }],
    });
    expect(await desk.read('/customers/US-00000002')).toMatchObject({ subscriptions: [] });
  });

  test('are not written with a character that CP932 has not', async () => {
    await desk.run('customers', customerFile([customerLine({ 顧客番号: '9', 氏名: '𠮟' })]));
    const refused = await desk.call('/customers-export?encoding=cp932');
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain('UTF-8');
  });

  test('a deleted one is gone from list and export; an import brings it back', async () => {
    const deletion = await desk.act('/customers/US-00000002/deletion', { reason: '退会' });
    expect(deletion.status).toBe(204);
    expect(await find({ customerNumber: '2' })).toEqual([]);
    await desk.run('customers', customerFile([customerLine({ 顧客番号: '2' })]));
    expect(await find({ customerNumber: '2' })).toEqual(['US-00000002']);
  });

  test('a renamed tag keeps its customers, a deleted one admits no new rows', async () => {
    const { entries } = await desk.read<{ entries: { id: number }[] }>('/customer-tags');
    const path = `/customer-tags/${entries[0]?.id}`;
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ name: '上得意' });
    expect((await desk.call(path, { method: 'PUT', headers, body })).status).toBe(204);
    // It would be read as two tags.
    const two = JSON.stringify({ name: '優良|定期' });
    expect((await desk.call(path, { method: 'PUT', headers, body: two })).status).toBe(422);
    expect((await desk.act('/customer-tags', { name: '優良|定期' })).status).toBe(422);
    expect(await find({ tag: '上得意' })).toEqual(['US-00000001']);
    expect((await desk.call(path, { method: 'DELETE' })).status).toBe(204);
    const done = await desk.run(
      'customers',
      customerFile([customerLine({ 顧客番号: '10', 顧客タグ: '上得意' })]),
    );
    expect(done).toMatchObject({ imported: 0, failed: 1 });
  });
});
