import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  customerFile,
  customerLine,
  fixtureFile,
  type ImportDesk,
  openImportDesk,
} from './file-imports.ts';
import { type Month, openMonth } from './month.ts';

let month: Month;
let desk: ImportDesk;

beforeAll(async () => {
  month = await openMonth({
    settings: {
      paymentMethods: { cardService: 'YAMATO', services: { YAMATO: { provisional: true } } },
      operatorMail: { to: ['keiri@example.jp'] },
    },
  });
  desk = openImportDesk(month);
});
afterAll(() => month.close());

interface Customer {
  customer_id: number;
  customer_number: string;
  name: string | null;
  birth_date: string | null;
}

async function customers(): Promise<Customer[]> {
  return await month.db
    .selectFrom('customers')
    .where('merchant_id', '=', month.merchantId)
    .orderBy('customer_id')
    .select(['customer_id', 'customer_number', 'name', 'birth_date'])
    .execute();
}

describe('customers', () => {
  test('good rows come in under the next IDs, failed ones are told with all their errors', async () => {
    for (const [path, name] of [
      ['/occupations', '会社員'],
      ['/customer-tags', '優良'],
      ['/customer-tags', '定期'],
    ] as const) {
      expect((await desk.act(path, { name })).status).toBe(201);
    }
    const done = await desk.run('customers', fixtureFile('customers.csv'));
    expect(done).toMatchObject({ stage: 'done', rows: 23, imported: 3, failed: 20, warned: 2 });
    const said = (await desk.errors(done.number)).map(
      ({ line, remarks }) =>
        `${line}:\n${remarks.map(({ column, text }) => `  [${column}] ${text}`).join('\n')}`,
    );
    const golden = fixtureFile('customers.txt').toString();
    for (const row of said) expect(golden).toContain(row);
    expect(said).toHaveLength(20);
    expect(await customers()).toEqual([
      { customer_id: 1, customer_number: '1001', name: '髙橋 能子', birth_date: '1980-01-02' },
      { customer_id: 2, customer_number: '2001', name: '髙橋 能子', birth_date: '1980-01-02' },
      { customer_id: 3, customer_number: '2003', name: '髙橋 能子', birth_date: '昭和55年' },
    ]);
  });

  test('the failed rows, mended, import cleanly and nothing is doubled', async () => {
    const failed = await desk.call('/imports/1/failed-rows');
    expect(failed.headers.get('content-disposition')).toContain('import-1-failed.csv');
    const lines = (await failed.text()).trimEnd().split('\r\n');
    expect(lines).toHaveLength(21);
    const mended = lines
      .slice(1)
      .map((_, index) => `${customerLine({ 顧客番号: `mended-${index}` })},${index},直しました`);
    const file = [lines[0], ...mended, ''].join('\r\n');
    expect(await desk.run('customers', file)).toMatchObject({ imported: 20, failed: 0 });
    expect(await customers()).toHaveLength(23);
  });

  test('a known 顧客番号 is updated, a given 顧客ID kept, conflicts refused', async () => {
    const before = await customers();
    const done = await desk.run(
      'customers',
      customerFile([
        customerLine({ 顧客番号: '1001', 氏名: '改姓 能子' }),
        customerLine({ 顧客番号: '5001', 顧客ID: 'US-00000025' }),
        customerLine({ 顧客番号: '5002', 顧客ID: 'US-00000001' }),
        customerLine({ 顧客番号: '2001', 顧客ID: 'US-00000099' }),
        customerLine({ 顧客番号: '5003', 顧客ID: 'US-00000025' }),
        customerLine({ 顧客番号: '5004' }),
        customerLine({ 顧客番号: '5005' }),
      ]),
    );
    expect(done).toMatchObject({ rows: 7, imported: 4, failed: 3 });
    expect(
      (await desk.errors(done.number)).map(({ line, remarks }) => [line, remarks[0]?.text]),
    ).toEqual([
      [4, '【顧客ID】は別の【顧客番号】で使用されています'],
      [5, '【顧客ID】が登録済みの顧客と一致しません'],
      [6, '【顧客ID】がファイル内で重複しています'],
    ]);
    const after = await customers();
    expect(after[0]?.name).toBe('改姓 能子');
    expect(
      after.slice(before.length).map(({ customer_id: id, customer_number: n }) => [id, n]),
    ).toEqual([
      [24, '5004'],
      [25, '5001'],
      [26, '5005'],
    ]);
  });

  test('two imports of one file at once: every row once, none lost', async () => {
    const file = customerFile(
      Array.from({ length: 3000 }, (_, index) => customerLine({ 顧客番号: `race-${index}` })),
    );
    const [first, second] = await Promise.all([
      desk.run('customers', file),
      desk.run('customers', file),
    ]);
    expect([first.imported, second.imported, first.failed + second.failed]).toEqual([
      3000, 3000, 0,
    ]);
    const { rows } = await sql<{ found: number; ids: number }>`
      select count(*) as found, count(distinct customer_id) as ids from customers
       where customer_number like 'race-%'`.execute(month.db);
    expect(rows[0]).toEqual({ found: 3000, ids: 3000 });
  });

  test('the end is told in the console and by mail, of a refused file as well', async () => {
    const cards = await desk.run('cards', fixtureFile('cards-yamato.csv'));
    expect(cards).toMatchObject({ stage: 'refused', imported: 0 });
    const { rows } = await sql<{ key: string; subject: string; template: string }>`
      select n.key, n.subject, m.template from notices n
        join mail_outbox m on m.merchant_id = n.merchant_id and m.key = n.key
       where n.merchant_id = ${month.merchantId}
         and n.key in ('import:1', ${`import:${cards.number}`}) order by n.id`.execute(month.db);
    expect(rows).toEqual([
      {
        key: 'import:1',
        subject: '取り込みが完了しました(エラー 20 件)',
        template: 'file_import_done',
      },
      {
        key: `import:${cards.number}`,
        subject: '取り込めないファイルがあります',
        template: 'file_import_refused',
      },
    ]);
    const { trouble } = await desk.read<{ trouble: string }>(`/imports/${cards.number}`);
    expect(trouble).toContain('審査完了前');
  });
});
