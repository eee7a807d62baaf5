import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../db/database.ts';
import { readCycle } from '../../sandbox/operator.ts';
import {
  downloadResult,
  handOverFile,
  waitForCompletionMail,
} from '../../sandbox/paygent-operator.ts';
import { createTestDatabase } from '../database.ts';
import { type Month, openMonth } from '../workflows/month.ts';
import { makeExport, numbered } from '../workflows/month-acts.ts';
import { look, lookAtDialog, screensDir } from './look.ts';
import { doubleClick, keepFailures, type OpenConsole, openConsole } from './open-console.ts';
import { storyRoutes } from './routes.ts';

let month: Month;
let screens: OpenConsole;
keepFailures(() => screens);
beforeAll(async () => {
  month = await openMonth({ settings: { approval: { policy: 'four-eyes' } } });
  screens = await openConsole(month);
});
afterAll(async () => {
  await screens?.close();
  await month?.close();
});

const billingMonth = '2026-11';
/** Order numbers of the lines that come back with another amount: one is settled by itself, one by CSV. */
const odd = '7102';
const alsoOdd = '7103';
/** Of a subscription's first delivery: the shop charged it, and nobody is billed for it here. */
const firstOrder = '7108';
/** Sixty days of Japan's calendar after the 20th of November. */
const captureBefore = '2027-01-19';

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const follow = (page: Page, name: string) =>
  page.getByRole('link', { name, exact: true }).first().click();
const drop = (page: Page, label: string, bytes: Uint8Array, name: string) =>
  page
    .getByLabel(label)
    .locator('input[type=file]')
    .or(page.locator(`input[type=file][aria-label="${label}"]`))
    .first()
    .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(bytes) });

/** Starts the month, gives it its orders and has somebody else let it go. */
async function beginMonth(operator: Page, approver: Page): Promise<void> {
  await press(operator, '月を始める');
  expect(await operator.getByLabel('請求月').inputValue()).toBe(billingMonth);
  expect(await lookAtDialog(operator)).toEqual([]);
  await press(operator, '始める');
  await operator.getByRole('heading', { name: `${billingMonth} の請求` }).waitFor();
  const leftOut = [
    { number: firstOrder, 定期回数: 1 },
    { number: '7109', 購入金額: '要確認' },
  ];
  const orders = makeExport([...numbered('71', 5), ...leftOut]);
  await drop(operator, '注文CSVを取り込む', orders, 'orders.csv');
  await follow(operator, '内容を確かめて承認する');
  await openCounts(operator);
  await operator.getByText('承認には承認者の権限が必要です').waitFor();
  expect(await look(operator, 'preview')).toEqual([]);

  await approver.goto(operator.url());
  await press(approver, '承認する');
  expect(await lookAtDialog(approver)).toEqual([]);
  // Twice: what is done once is not done again, and nobody is told of a conflict.
  await doubleClick(approver.getByRole('dialog').getByRole('button', { name: '承認する' }));
  await approver.getByRole('heading', { name: `${billingMonth} の請求` }).waitFor();
  await approver.context().close();
}

/** What the preview leaves out is counted by its reason, and each count leads to its orders. */
async function openCounts(page: Page): Promise<void> {
  await follow(page, '初回の注文 1 件');
  await page.getByRole('cell', { name: firstOrder, exact: true }).waitFor();
  await page.goBack();
  await follow(page, '読めない行 1 件');
  await page.getByText('8 行目: 金額は0以上の整数の円で記載します', { exact: false }).waitFor();
  await page.goBack();
}

/** The round trip of a file: page, portal, page. @returns the result as the portal gives it */
async function handOver(page: Page, transactionKind: 'オーソリ' | '売上'): Promise<Buffer> {
  await page.goto(`${screens.url}/merchants/${month.day.desk.merchant}`);
  await follow(page, 'ファイルをアップロードする');
  await page.getByText(`取引種別は「${transactionKind}」を選んでください。`).waitFor();
  const waiting = page.waitForEvent('download');
  await page
    .getByRole('region', { name: 'アップロードの手順' })
    .getByRole('button', { name: /\.csv$/ })
    .click();
  const download = await waiting;
  const bytes = await readFile(await download.path());
  const table = page.getByRole('table', { name: '確認画面' });
  const value = async (name: string) =>
    Number(
      (await table.getByRole('row', { name }).locator('td').textContent())?.replace(/\D/g, ''),
    );
  const { acceptanceNumber } = await handOverFile(
    month.portal,
    { bytes, fileName: download.suggestedFilename(), transactionKind },
    { records: await value('件数'), amountYen: await value('金額') },
  );
  if (transactionKind === 'オーソリ') expect(await look(page, 'hand-over')).toEqual([]);
  await page.getByLabel('確認画面の決済種別・取引種別・件数・金額は').check();
  await page.getByRole('textbox', { name: '受付番号' }).fill(acceptanceNumber);
  await press(page, '受付番号を記録する');
  await waitForCompletionMail(month.mailServer, acceptanceNumber);
  await press(page, '処理完了メールを受け取った');
  const result = await downloadResult(month.portal, acceptanceNumber);
  await page.getByText(`受付番号 ${acceptanceNumber} の結果ファイル`).first().waitFor();
  return result;
}

/** One item by its page, what is left by a CSV: out, filled in, shown with its effect, done. */
async function settleAll(page: Page): Promise<void> {
  await page.goto(`${screens.url}/merchants/${month.day.desk.merchant}/reconciliation-desk`);
  await press(page, odd);
  await page.getByRole('table', { name: '項目ごとの比較' }).waitFor();
  expect(await look(page, 'reconciliation-desk')).toEqual([]);
  await press(page, '判断する');
  await page.getByRole('radio', { name: 'オーソリNG' }).check();
  await page.getByLabel('理由').fill('情報照会で確認');
  await press(page, '「オーソリNG」で確定する');
  await page.getByRole('button', { name: odd, exact: true }).waitFor({ state: 'detached' });

  const waiting = page.waitForEvent('download');
  await press(page, 'CSVで取り出す');
  const sheet = await readFile(await (await waiting).path());
  const rows: Record<string, string>[] = parse(sheet, { bom: true, columns: true });
  expect(rows.map((row) => row.注文番号)).toEqual([alsoOdd]);
  const filledIn = rows.map((row) => ({ ...row, 判断: 'オーソリNG', 理由: '決済会社に照会' }));
  await drop(page, '記入したCSV', Buffer.from(stringify(filledIn, { header: true })), 'desk.csv');
  await press(page, 'この内容で確定する');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('1 件').first().waitFor();
  await dialog.getByLabel('理由').fill('照会の結果');
  await dialog.getByRole('button', { name: 'この内容で確定する' }).click();
  await page.getByText('要確認の項目はありません').waitFor();
}

/** The report with its figures, on paper too: also from a dark screen, without what surrounds it. */
async function printReport(page: Page): Promise<void> {
  const captured = page
    .getByRole('table', { name: '請求(現在の状態)' })
    .getByRole('row', { name: /消込済/ });
  await captured.waitFor();
  expect(await look(page, 'cycle-report')).toEqual([]);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await page.locator('.only-print').getByText('テスト商店').waitFor();
  expect((await captured.locator('td').allTextContents()).slice(1)).toEqual(['3 件', '3,007 円']);
  expect(await page.getByRole('navigation', { name: 'ページ' }).isVisible()).toBe(false);
  expect(await page.getByRole('button', { name: '印刷する' }).isVisible()).toBe(false);
  const colour = await page.evaluate("getComputedStyle(document.querySelector('main td')).color");
  expect(colour).toBe('rgb(0, 0, 0)');
  const sheets = await page.pdf({ path: join(screensDir, 'cycle-report.pdf'), format: 'A4' });
  expect(sheets.subarray(0, 5).toString()).toBe('%PDF-');
  await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
}

/** Cards, of which the shop has not said who stores them: home says so, and leads there. */
async function bringCards(page: Page): Promise<void> {
  const home = `${screens.url}/merchants/${month.day.desk.merchant}`;
  await page.goto(`${home}/imports`);
  await page.getByText('クレジットカードデータ').first().click();
  const card = Buffer.from('YAMATO,US-00010001,201,JCB,,,,3105,key\n');
  await drop(page, 'クレジットカードデータのCSVファイル', card, 'cards.csv');
  await press(page, '取り込む');
  await page.getByText('何も取り込んでいません', { exact: false }).first().waitFor();
  await page.goto(home);
  await follow(page, '取り込めなかったファイル: cards.csv');
  await page.waitForURL(/\/imports\/1$/);
}

/**
 * Home, and by keyboard to the deadlines. The operator sits in New York, where it is still the 19th:
 * every date is Japan's all the same.
 */
async function lookAhead(page: Page): Promise<void> {
  await page.goto(`${screens.url}/merchants/${month.day.desk.merchant}`);
  await page.getByRole('link', { name: 'ファイルをアップロードする' }).first().waitFor();
  await page.getByRole('banner').getByText('2026-11-20 10:', { exact: false }).waitFor();
  expect(await look(page, 'this-month')).toEqual([]);
  // Sent together: the second key has to follow the first, however slow the machine is.
  await Promise.all(['g', 'd'].map((key) => page.keyboard.press(key)));
  await page.getByRole('heading', { level: 1, name: '売上期限' }).waitFor();
  const calendar = page.getByRole('table', { name: 'カレンダー' });
  await calendar.locator('[aria-current=date]', { hasText: '11-20' }).waitFor();
  await page.getByRole('cell', { name: captureBefore, exact: true }).waitFor();
  await calendar
    .getByRole('cell', { name: captureBefore.slice(5) })
    .getByText('3 件')
    .waitFor();
  expect(await look(page, 'deadlines')).toEqual([]);
}

/** The pages that the month did not lead to, and English. */
async function lookAround(page: Page): Promise<void> {
  const found: string[] = [];
  for (const [path, title] of [
    ['cycles', '請求サイクル'],
    ['exchanges', 'ファイル授受'],
  ] as const) {
    await page.goto(`${screens.url}/merchants/${month.day.desk.merchant}/${path}`);
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    found.push(...(await look(page, path)));
  }
  await page.getByText('English').click();
  await page.getByRole('heading', { level: 1, name: 'Files' }).waitFor();
  expect(found).toEqual([]);
}

async function bringResult(page: Page, result: Uint8Array): Promise<void> {
  const label = await page.locator('input[type=file]').first().getAttribute('aria-label');
  await drop(page, label ?? '', result, 'result.csv');
  await page.getByRole('heading', { name: '照合の結果(1 回目)' }).waitFor();
}

test('a month by hand: upload, approval by another, hand over, result, desk, capture, report', async () => {
  const operator = await screens.openLogin('operator', 'America/New_York');
  expect(await look(operator, 'login')).toEqual([]);
  await press(operator, 'ログイン');
  const approver = await screens.enter('approver');
  await beginMonth(operator, approver);

  const result = await handOver(operator, 'オーソリ');
  const changed = result
    .toString('latin1')
    .replace(`,${odd},,1001,`, `,${odd},,1010,`)
    .replace(`,${alsoOdd},,1002,`, `,${alsoOdd},,1020,`);
  await bringResult(operator, Buffer.from(changed, 'latin1'));
  expect(await look(operator, 'exchange')).toEqual([]);

  await settleAll(operator);

  await bringCards(operator);
  await lookAhead(operator);
  await bringResult(operator, await handOver(operator, '売上'));
  await follow(operator, `${billingMonth} の請求`);
  await operator.getByRole('heading', { name: `${billingMonth} の請求` }).waitFor();
  expect(await look(operator, 'cycle')).toEqual([]);
  await follow(operator, '報告');
  await printReport(operator);

  await lookAround(operator);
  const { charges } = await readCycle(month.day.desk, billingMonth);
  expect([charges.captured?.rows, charges.declined?.rows]).toEqual([3, 2]);
  expect(screens.complaints).toEqual([]);
  expect(screens.notLookedAt(storyRoutes.month)).toEqual([]);
}, 300_000);

test('a list is narrowed by what was typed, or says that it is not', async () => {
  const page = await screens.enter('operator', 'operator-2');
  const there = `${screens.url}/merchants/${month.day.desk.merchant}`;
  const cell = (name: string) => page.getByRole('cell', { name, exact: true });
  await page.goto(`${there}/orders?month=${billingMonth}`);
  await cell('7101').waitFor();
  await page.getByLabel('購入金額(円から)').fill('１,００３円');
  await page.keyboard.press('Enter');
  await cell('7101').waitFor({ state: 'detached' });
  await cell('7104').waitFor();
  await page.getByLabel('購入金額(円から)').fill('たくさん');
  await page.getByText('この条件は使っていません', { exact: false }).waitFor();

  await page.goto(`${there}/cycles/${billingMonth}/charges?limit=100`);
  await cell('7101').waitFor();
  await page.getByLabel('注文番号(完全一致)').fill('7105');
  await page.keyboard.press('Enter');
  await page.waitForURL(/orderNumber=7105/);
  await cell('7101').waitFor({ state: 'detached' });
  await cell('7105').waitFor();

  await page.goto(`${there}/ng-cases?month=2026-13`);
  await page.getByText('この条件は使っていません', { exact: false }).waitFor();
  await page.goto(`${there}/cycles/2026-13`);
  await page.getByRole('alert').getByRole('listitem').filter({ hasText: 'month' }).waitFor();
  await page.context().close();
}, 120_000);

test('a narrow window has the menu, the clock of who practises, and the other language', async () => {
  const page = await screens.enter('viewer');
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(`${screens.url}/merchants/${month.day.desk.merchant}`);
  await page.getByRole('button', { name: 'メニューを開閉する' }).click();
  const menu = page.getByRole('navigation', { name: 'ページ' });
  await menu.getByText('練習用').waitFor();
  await menu.getByRole('link', { name: '売上期限' }).click();
  await page.getByRole('heading', { level: 1, name: '売上期限' }).waitFor();
  await press(page, 'アカウント');
  await page.getByRole('menuitem', { name: 'English' }).click();
  await page.getByRole('heading', { level: 1, name: 'Capture deadlines' }).waitFor();
  await page.context().close();
}, 60_000);

test('who administers an installation without merchants creates the first, and comes to its settings', async () => {
  const database = await createTestDatabase();
  const db = openDatabase(database.appUrl, { maxConnections: 3 });
  const empty = await openConsole({ ...month, db, merchantId: null });
  onTestFinished(async () => {
    await empty.close();
    await db.destroy();
    await database.drop();
  });
  const admin = await empty.enter('admin');
  await admin.goto(empty.url);
  await admin.getByText('最初の加盟店を登録してください', { exact: false }).waitFor();
  await press(admin, '加盟店を登録する');
  const dialog = admin.getByRole('dialog');
  await dialog.getByLabel('識別名').fill('First Shop');
  expect(await dialog.getByRole('button', { name: '加盟店を登録する' }).isDisabled()).toBe(true);
  await dialog.getByLabel('識別名').fill('first-shop');
  await dialog.getByLabel('名称').fill('最初の店');
  expect(await lookAtDialog(admin)).toEqual([]);
  await dialog.getByRole('button', { name: '加盟店を登録する' }).click();
  await admin.waitForURL(`${empty.url}/merchants/first-shop/settings`);
  await admin.getByRole('heading', { level: 1, name: '設定' }).waitFor();
  // With one merchant there is nothing to choose.
  await admin.goto(empty.url);
  await admin.waitForURL(`${empty.url}/merchants/first-shop`);
  expect(empty.complaints).toEqual([]);
}, 120_000);
