import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { waitForCompletionMail } from '../../sandbox/paygent-operator.ts';
import { launchBrowser } from '../browser.ts';
import { openPortalBrowser, type PortalBrowser } from './portal-browser.ts';
import {
  dayMs,
  later,
  merchantId,
  openPortalSession,
  type PortalSession,
  sessionStart,
} from './portal-session.ts';
import { makeTransactionFile, readResultRows, type SampleOrder } from './transaction-bytes.ts';

let browser: Browser;
let session: PortalSession;
let hands: PortalBrowser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

beforeEach(async () => {
  session = await openPortalSession();
  hands = await openPortalBrowser(browser, session);
});

afterEach(async () => {
  await hands.close();
  await session.stop();
});

const orders: readonly SampleOrder[] = [
  ['338', 11_246],
  ['339', 7022],
  ['9379', 10_175],
];

const authFile = (list = orders) => makeTransactionFile('authorization', merchantId, list);

test('the manual, from the upload to 消込済, by mouse alone', async () => {
  const { page } = hands;
  await page.goto(session.account.url);
  await hands.follow(merchantId);
  await hands.follow('ファイル処理');
  await hands.upload(await authFile(), 'オーソリ');

  expect(await hands.readTitle()).toBe('アップロード確認');
  expect(await hands.readFacts()).toEqual({
    決済種別: 'クレジットカード決済',
    取引種別: 'オーソリ',
    件数: '3件',
    金額: '28,443円',
  });
  await hands.press('確認');
  expect(await hands.readTitle()).toBe('アップロード完了');
  const acceptanceNumber = await hands.read('#acceptance-number');
  expect(acceptanceNumber).toMatch(/^\d+$/);
  await hands.follow('OK');
  expect(await hands.readTitle()).toBe('ファイル処理');

  await page.getByLabel('受付番号', { exact: true }).fill(acceptanceNumber);
  await hands.press('検索');
  expect(await hands.readTable('results')).toEqual([
    ['取引種別', '受付番号', '受付日時', '処理種別', 'NG件数', 'ステータス', ''],
    ['カード決済', acceptanceNumber, '2026/11/20 10:00:00', '3', '0', '決済処理中', ''],
  ]);
  await session.setClock(later(sessionStart, 60_000));
  const mail = await waitForCompletionMail(session.mailServer, acceptanceNumber);
  expect(mail.to).toEqual(['first@example.jp']);
  await page.reload();
  expect((await hands.readTable('results'))[1]?.slice(4)).toEqual([
    '1',
    '完了処理済',
    'ダウンロード',
  ]);
  const result = await hands.download(page.getByRole('link', { name: 'ダウンロード' }));
  expect(result.name).toBe(`result_${acceptanceNumber}.csv`);
  expect(readResultRows(result.bytes).map((row) => [row[2], row[15]])).toEqual([
    ['338', '0'],
    ['339', '0'],
    ['9379', '1'],
  ]);

  await hands.follow('情報照会');
  await page.getByLabel('取引発生日時から').fill('2026-11-20T00:00');
  await hands.press('検索');
  const columns = async (...places: number[]) =>
    (await hands.readTable('payments')).slice(1).map((row) => places.map((place) => row[place]));
  expect((await hands.readTable('payments'))[0]?.slice(2)).toEqual(
    [
      '取引ID',
      '決済ID',
      '支払機関名',
      'カード番号',
      '決済ステータス',
      '取引発生日時',
      '最終更新日時',
      '支払日時',
      '決済金額',
    ].map((name) => `${name} ▼▲`),
  );
  expect(await columns(2, 3, 6, 7, 9, 10)).toEqual([
    ['338', '226860', 'オーソリOK', '2026/11/20 10:01:00', '-', '11,246円'],
    ['339', '226861', 'オーソリOK', '2026/11/20 10:01:00', '-', '7,022円'],
    ['9379', '226862', 'オーソリNG', '2026/11/20 10:01:00', '-', '10,175円'],
  ]);
  await hands.follow('決済金額の昇順');
  expect(await columns(2)).toEqual([['339'], ['9379'], ['338']]);
  await hands.follow('決済金額の降順');
  expect(await columns(2)).toEqual([['338'], ['9379'], ['339']]);

  const csv = await hands.download(page.getByRole('link', { name: 'CSVダウンロード' }));
  const lines = new TextDecoder('shift_jis', { fatal: true }).decode(csv.bytes).split('\r\n');
  expect(lines.map((line) => line.split(',')[0])).toEqual([
    '"取引ID"',
    '"338"',
    '"9379"',
    '"339"',
    '',
  ]);

  await page.getByLabel('決済ID 226860 を選択').check();
  await page.getByLabel('決済ID 226861 を選択').check();
  await hands.press('一括売上処理');
  expect(await hands.readTitle()).toBe('売上処理確認');
  expect(await hands.readFacts()).toEqual({ 処理: '売上処理', 件数: '2件', 金額: '18,268円' });
  await hands.press('確認');
  expect(await hands.readNotice()).toBe('売上処理が完了しました。');
  await hands.follow('OK');
  expect(await hands.readTitle()).toBe('情報照会');
  await page.getByLabel('支払日時から').fill('2026-11-20T00:00');
  await hands.press('検索');
  expect(await columns(2, 6, 9)).toEqual([
    ['338', '消込済', '2026/11/20 10:01:00'],
    ['339', '消込済', '2026/11/20 10:01:00'],
  ]);
  expect((await session.readLedger()).totals).toMatchObject({ captures: 2, capturedYen: 18_268 });
});

describe('an upload that is refused', () => {
  const lines = (...all: readonly string[]): Buffer =>
    Buffer.from(all.map((line) => `${line}\r\n`).join(''));
  const header = `1,020,${merchantId}`;
  const record = (orderNumber: string, yen = '100') =>
    `3,,${orderNumber},,${yen},,,10,,,,200,,285,`;

  async function readErrors(): Promise<string[][]> {
    const rows = await hands.readTable('format-errors');
    expect(rows[0]).toEqual(['取引ファイル項目', '行', '項目', '内容']);
    return rows.slice(1);
  }

  test.each([
    [
      'a wrong merchant',
      lines('1,020,10002', record('1'), '4,1'),
      ['ヘッダレコード', '1', 'マーチャントID'],
    ],
    [
      'Excel having eaten the 0 of 020',
      lines(`1,20,${merchantId}`, record('1'), '4,1'),
      ['ヘッダレコード', '1', '取引種別'],
    ],
    ['a wrong count', lines(header, record('1'), '4,2'), ['トレーラレコード', '3', '合計件数']],
    ['no trailer', lines(header, record('1')), ['トレーラレコード', '2', 'レコードID']],
    ['no data', lines(header, '4,0'), ['ファイル', '2', '件数']],
    ['0 yen', lines(header, record('1', '0'), '4,1'), ['データレコード', '2', '請求金額']],
    ['an empty file', Buffer.alloc(0), ['ファイル', '1', 'ファイル']],
  ])('for %s says part, line and item', async (_name, bytes, place) => {
    await hands.upload(bytes, 'オーソリ');
    expect(await hands.readTitle()).toBe('エラー');
    expect((await readErrors()).map((row) => row.slice(0, 3))).toEqual([place]);
    await hands.follow('OK');
    expect(await hands.readTitle()).toBe('ファイル処理');
  });

  test('shows the first 51 errors of data records and says that there may be more', async () => {
    const records = Array.from({ length: 60 }, (_, index) => record(String(index + 1), 'x'));
    await hands.upload(lines(header, ...records, '4,60'), 'オーソリ');
    const errors = await readErrors();
    expect(errors).toHaveLength(51);
    expect(errors.at(-1)?.slice(0, 3)).toEqual(['データレコード', '52', '請求金額']);
    expect(await hands.read('main')).toContain('先頭51件までのエラーを表示しています');
  });

  test('names the limit where there are too many records', async () => {
    const records = Array.from({ length: 10_001 }, (_, index) => record(String(index + 1)));
    await hands.upload(lines(header, ...records, '4,10001'), 'オーソリ');
    expect((await readErrors())[0]?.[3]).toContain('最大件数 10000 件を超えています');
  });

  test('offers every kind of the manual, and refuses all that the header is not', async () => {
    await hands.open('files');
    const offered = await hands.page
      .getByLabel('取引種別', { exact: true })
      .locator('option')
      .allTextContents();
    expect(offered).toEqual([
      '選択してください',
      'オーソリ',
      '売上',
      '取消',
      '従価課金売上',
      'カード有効性チェック要求',
      '顧客カード情報登録',
      '顧客カード情報削除',
      'キャリア決済売上',
    ]);
    const bytes = await authFile();
    for (const kind of offered.slice(2, 8)) {
      await hands.upload(bytes, kind);
      expect((await readErrors()).map((row) => row.slice(0, 3))).toEqual([
        ['ヘッダレコード', '1', '取引種別'],
      ]);
    }
    await hands.upload(bytes, 'キャリア決済売上', 'キャリア決済');
    expect((await readErrors())[0]?.[3]).toBe('キャリア決済は契約されていません');
    expect((await session.readLedger()).totals.attempts).toBe(0);
  });

  test('asks for what was left out', async () => {
    await hands.open('files');
    await hands.press('アップロード');
    expect(await hands.readNotice()).toBe('取引ファイルを選択してください。');
    await hands.upload(await authFile(), '');
    expect(await hands.readNotice()).toBe('決済種別と取引種別を選択してください。');
    await hands.upload(await authFile(), 'オーソリ', 'キャリア決済');
    expect(await hands.readNotice()).toBe('決済種別と取引種別の組み合わせが正しくありません。');
  });
});

test('going back and pressing 確認 again bills nobody twice', async () => {
  await hands.upload(await authFile(), 'オーソリ');
  const confirmScreen = hands.page.url();
  const again = await openPortalBrowser(browser, session);
  await again.page.goto(confirmScreen);
  await hands.press('確認');
  await again.press('確認');
  expect(await again.readNotice()).toBe('この取引ファイルは受付済みです。');
  await again.page.goto(confirmScreen);
  expect(await again.readTitle()).toBe('アップロード完了');
  await again.close();
  await session.setClock(later(sessionStart, dayMs));
  expect((await session.readLedger()).totals.attempts).toBe(3);
});

test('the search finds ten files; an older one has a button but no file', async () => {
  const numbers: string[] = [];
  for (let index = 0; index < 11; index += 1) {
    numbers.push(await session.handOver('オーソリ', [[`1${index}`, 100]]));
  }
  await session.setClock(later(sessionStart, dayMs));
  const { page } = hands;
  await hands.open('files');
  await hands.press('検索');
  expect(await hands.readNotice()).toBe('受付番号、または受付日時・取引種別を入力してください。');
  await page.getByLabel('受付日時から').fill('2026-11-20T10:00');
  await page.getByLabel('受付日時まで').fill('2026-11-20T10:00');
  await page.getByLabel('検索する取引種別').selectOption('オーソリ');
  await hands.press('検索');
  const listed = (await hands.readTable('results')).slice(1).map((row) => row[1]);
  expect(listed).toEqual(numbers.slice(1).reverse());
  await page.getByLabel('検索する取引種別').selectOption('売上');
  await hands.press('検索');
  expect(await hands.readNotice()).toBe('該当するデータがありません。');
  await hands.open(`files?search=1&acceptanceNumber=${numbers[0]}`);
  await hands.follow('ダウンロード');
  expect(await hands.readNotice()).toBe('ファイルがありません');
});

test('what is typed stays text', async () => {
  const nasty = '<script>alert(1)</script>';
  await session.handOver('オーソリ', [[nasty, 500]]);
  await session.setClock(later(sessionStart, 60_000));
  const { page } = hands;
  await hands.open(`payments?search=1&transactionId=${encodeURIComponent(nasty)}`);
  expect((await hands.readTable('payments'))[1]?.[2]).toBe(nasty);
  expect(await page.getByLabel('取引ID', { exact: true }).inputValue()).toBe(nasty);
  await hands.follow('詳細');
  expect((await hands.readFacts()).取引ID).toBe(nasty);
  await hands.open(`payments?search=1&sort=${encodeURIComponent(`"'>${nasty}`)}&paymentId=1`);
  expect(await page.locator('script').count()).toBe(0);
  await hands.upload(Buffer.from(`1,${nasty},10001\r\n`), '取消');
  expect((await hands.readTable('format-errors'))[1]?.[3]).toContain(`「${nasty}」`);
  await hands.open('contacts');
  await page.getByLabel('担当者1').fill('"><script>alert(2)</script>');
  await hands.press('変更');
  expect(await hands.readNotice()).toContain('メールアドレスの形式ではありません: "><script>');
  expect(await page.locator('script').count()).toBe(0);
});

test('情報照会 wants a condition, and one payment can be voided from its 詳細', async () => {
  await session.handOver('オーソリ', orders);
  await session.setClock(later(sessionStart, 60_000));
  await hands.open('payments');
  await hands.press('検索');
  expect(await hands.readNotice()).toContain('▲がついている項目');
  await hands.page.getByLabel('決済ID', { exact: true }).fill('226861');
  await hands.press('検索');
  await hands.follow('詳細');
  await hands.press('取消');
  expect(await hands.readFacts()).toEqual({ 処理: '取消', 件数: '1件', 金額: '7,022円' });
  await hands.press('確認');
  expect(await hands.readNotice()).toBe('取消が完了しました。');
  await hands.open('payments/226861');
  expect((await hands.readFacts()).決済ステータス).toBe('オーソリ取消済');
  await hands.press('売上処理');
  expect(await hands.readNotice()).toContain('決済ID 226861 はオーソリ取消済');
});

test('many rows: pages, and ticks for all that are shown', async () => {
  const many = Array.from({ length: 103 }, (_, index): SampleOrder => [`8${index}`, 10]);
  await session.handOver('オーソリ', many);
  await session.setClock(later(sessionStart, 60_000));
  await hands.open('payments?search=1&occurredFrom=2026-11-20T00:00');
  expect(await hands.readTable('payments')).toHaveLength(101);
  await hands.follow('次へ>>');
  expect(await hands.read('main')).toContain('103 件中 101~103件を表示');
  await hands.follow('表示中の取引を全て選択');
  await hands.press('一括売上処理');
  expect(await hands.readFacts()).toMatchObject({ 件数: '3件', 金額: '30円' });
  await hands.follow('戻る');
  await hands.open('payments?search=1&occurredFrom=2026-11-20T00:00');
  await hands.press('一括売上処理');
  expect(await hands.readNotice()).toBe('対象のデータを選択してください。');
});

test('担当者 are changed for the files that are processed from then on', async () => {
  const { page } = hands;
  const first = await session.handOver('オーソリ', [['1', 100]]);
  await session.setClock(later(sessionStart, 60_000));
  await waitForCompletionMail(session.mailServer, first);
  await hands.open('contacts');
  expect(await page.getByLabel('担当者3').inputValue()).toBe('third@example.jp');
  await page.getByLabel('担当者1').fill('new@example.jp');
  await page.getByLabel('担当者2').fill('');
  await hands.press('変更');
  expect(await hands.readNotice()).toBe('変更しました。');
  const second = await session.handOver('オーソリ', [['2', 100]]);
  await session.setClock(later(sessionStart, dayMs));
  const mail = await waitForCompletionMail(session.mailServer, second);
  expect([mail.to, mail.cc]).toEqual([['new@example.jp'], ['third@example.jp']]);
  expect(session.mailServer.listMails()).toHaveLength(2);
});

test('a new sandbox is set up from its first page', async () => {
  const { page } = hands;
  await session.restart({ fresh: true });
  await page.goto(session.account.url);
  await page.getByLabel('マーチャントID').fill('20002');
  await hands.press('登録');
  expect(await hands.readTitle()).toBe('メニュー');
  expect(await hands.read('nav')).toContain('20002');
  await page.goto(session.account.url);
  await page.getByLabel('時刻').fill('2026-11-20T10:00:00');
  await hands.press('時刻を進める');
  expect(await hands.read('.clock')).toBe('2026/11/20 10:00:00');
  expect(await session.getJson('/clock')).toEqual({ now: sessionStart });
  await page.goto(`${session.account.url}/portal/nobody/files`);
  expect(await hands.readNotice()).toContain('マーチャントID nobody は登録されていません');
});
