import iconv from 'iconv-lite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { splitCsvFields } from '../../billing/csv-records.ts';
import { billMonth } from '../../sandbox/bill-month.ts';
import { type Month, openMonth } from './month.ts';
import { ask, makeExport, type TestOrder } from './month-acts.ts';

const billedMonth = '2026-11';
const orders: TestOrder[] = [
  { number: '101', yen: 1000 },
  { number: '102', yen: 2000 },
  { number: '103-G83', yen: 4000 },
  { number: '104-G03', yen: 8000 },
  { number: '105-G03', yen: 16_000 },
  { number: '106-G66', yen: 32_000 },
  { number: '107', yen: 500, 対応状況: 'キャンセル' },
  { number: '108', yen: 500, 定期回数: 1 },
  { number: '109', yen: 'x' },
];

let month: Month;
let report: Record<string, never>;
beforeAll(async () => {
  month = await openMonth();
  await month.begin(billedMonth, makeExport(orders));
  await billMonth(month.day, billedMonth);
  report = (await ask(month, 'GET', `/cycles/${billedMonth}/report`)).body as never;
});
afterAll(() => month.close());

test('orders stand by verdict and reason, charges by state', () => {
  expect(report.orders).toMatchObject([
    { verdict: 'selected', reason: null, rows: 6, yen: 63_000 },
    { verdict: 'excluded', reason: 'cancelled', label: 'キャンセル', rows: 1, yen: 500 },
    { verdict: 'excluded', reason: 'first_order', label: '初回の注文', rows: 1, yen: 500 },
    { verdict: 'quarantined', label: '金額が0以上の整数の円でない', rows: 1, yen: 0 },
  ]);
  expect(report.charges).toEqual([
    { state: 'declined', label: 'オーソリNG', rows: 4, yen: 60_000 },
    { state: 'captured', label: '消込済', rows: 2, yen: 3000 },
  ]);
});

test('the lines of every file add up to what was sent', () => {
  const none = { rows: 0, yen: 0 };
  expect(report.exchanges).toMatchObject([
    {
      fileName: 'auth-2026-11-001.csv',
      sent: { rows: 6, yen: 63_000 },
      lines: {
        ok: { rows: 2, yen: 3000 },
        ng: { rows: 4, yen: 60_000 },
        notSent: none,
        unknown: none,
        quarantined: none,
        open: none,
      },
    },
    {
      fileName: 'capture-2026-11-001.csv',
      sent: { rows: 2, yen: 3000 },
      lines: { ok: { rows: 2, yen: 3000 } },
    },
  ]);
});

test('declines stand by code with their meaning, unknown ones as 不明', () => {
  expect(report.declines).toMatchObject([
    { code: 'G03', class: 'limit_exceeded', state: 'declined', rows: 2, yen: 24_000 },
    { code: 'G66', class: 'unknown', meaning: '不明', rows: 1, yen: 32_000 },
    { code: 'G83', meaning: 'カードの有効期限切れ・誤り', rows: 1, yen: 4000 },
  ]);
  expect(report.deadlines).toMatchObject({
    inTime: { rows: 2, yen: 3000 },
    waiting: { rows: 0, yen: 0 },
  });
});

test('as CSV it holds the same counts, in both encodings', async () => {
  const { desk } = month.day;
  const download = async (query: string) => {
    const url = `${desk.apiUrl}/v1/merchants/${desk.merchant}/cycles/${billedMonth}/report.csv${query}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${desk.token}` } });
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  };
  const utf8 = (await download('')).subarray(3).toString('utf8');
  expect(iconv.decode(await download('?encoding=cp932'), 'cp932')).toBe(utf8);
  const lines = utf8.trimEnd().split('\r\n').map(splitCsvFields);
  expect(lines[0]).toEqual(['区分', '項目', '内訳', '件数', '金額', '備考']);
  expect(lines).toContainEqual(['注文', '対象外', 'キャンセル', '1', '500', '']);
  expect(lines).toContainEqual(['請求', '消込済', '', '2', '3000', '']);
  expect(lines).toContainEqual(['ファイル', 'auth-2026-11-001.csv', 'NG', '4', '60000', '']);
  expect(lines).toContainEqual(['オーソリNG', 'G66', 'オーソリNG', '1', '32000', '不明']);
  expect(lines).toContainEqual(['検算', '件数', '一致', '', '', '']);
  expect(lines.every((line) => line.length === 6)).toBe(true);
});
