import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { carryFile } from '../../sandbox/bill-month.ts';
import { customerFile, customerLine } from '../workflows/file-imports.ts';
import { type Month, openMonth } from '../workflows/month.ts';
import { makeExport, untilCycle, untilExchange } from '../workflows/month-acts.ts';
import { look, type OpenConsole, openConsole } from './open-console.ts';

/** What operators do beside the month itself: declined charges, imports, customers, orders. */
let month: Month;
let screens: OpenConsole;
let page: Page;
beforeAll(async () => {
  month = await openMonth();
  await month.begin(
    billed,
    makeExport(['A-OK', 'D-G66x1', 'E-G55x1', 'F-G83x1'].map((number) => ({ number }))),
  );
  for (const name of ['auth-1', 'capture-1']) {
    await carryFile(month.day, await untilExchange(month, billed, name));
  }
  await untilCycle(month, billed, ({ waitsFor }) => waitsFor.includes('NG対応中'));
  screens = await openConsole(month);
  page = await screens.logIn('operator');
});
afterAll(async () => {
  await screens?.close();
  await month?.close();
});

const billed = '2026-11';
const press = (name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' }).click();
const heading = (name: string | RegExp) =>
  page.getByRole('heading', { level: 1, name, exact: typeof name === 'string' }).waitFor();
const menu = async (name: string) => {
  await page.getByRole('navigation', { name: 'ページ' }).getByRole('link', { name }).click();
  await heading(name);
};
const choose = async (label: string, option: string) => {
  await page.getByRole('dialog').getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
};

async function importCustomers(name: string, lines: readonly string[]): Promise<void> {
  await page
    .locator('input[type=file][aria-label="顧客一括のCSVファイル"]')
    .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(customerFile(lines)) });
  await press('取り込む');
}

test('a declined charge is worked: found, classified, carried out by the plan, and counted', async () => {
  await menu('NG 対応');
  await page.getByRole('link', { name: 'D-G66x1' }).waitFor();
  expect(await look(page, 'ng-cases')).toEqual([]);
  await page.getByRole('link', { name: 'D-G66x1' }).click();
  await heading('注文 D-G66x1 のNG対応');
  await press('対応する');
  await choose('対応の種類', '分類を決める');
  await choose('分類', '利用限度額の超過');
  await page.getByRole('dialog').getByLabel('理由').fill('カード会社に確認');
  await press('「分類を決める」を実行する');
  await page.getByRole('table').getByText('理由: カード会社に確認').first().waitFor();
  await press('メールを確認する');
  await page.getByText('何も送っていません').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('何も送っていません').waitFor({ state: 'detached' });
  expect(await look(page, 'ng-case')).toEqual([]);

  await menu('NG 対応');
  await page.getByLabel('このページをすべて選ぶ').check();
  await press('選んだ 3 件に対応する');
  await choose('対応の種類', '請求断念');
  await page.getByRole('dialog').getByLabel('理由').fill('練習の終わり');
  expect(await look(page, 'ng-acts')).toEqual([]);
  await press('「請求断念」を実行する');
  await page.getByText('NG案件はありません').waitFor();

  await page.getByRole('link', { name: '集計を見る' }).click();
  await heading('NG 対応の集計');
  await page
    .getByRole('table', { name: '分類と結果' })
    .getByRole('row', { name: /利用限度額の超過: 請求断念/ })
    .waitFor();
  expect(await look(page, 'ng-report')).toEqual([]);
}, 180_000);

test('an import with errors: its rows are read, mended and imported again', async () => {
  await menu('取り込み');
  await importCustomers('customers.csv', [
    customerLine({ 顧客番号: 'K-1' }),
    customerLine({ 顧客番号: 'K-2', 職業: '漁師', 都道府県名: '宮崎' }),
  ]);
  const errors = page.getByRole('table', { name: 'エラー内容' });
  await errors.getByRole('row', { name: /^3 / }).waitFor();
  expect(await errors.textContent()).toContain('【都道府県名】は存在しません');
  expect(await look(page, 'imports')).toEqual([]);

  await errors.getByRole('link', { name: '職業を登録する' }).click();
  await heading('職業・顧客タグ');
  await page.getByLabel('新しい職業').fill('漁師');
  await page
    .getByRole('region', { name: '職業' })
    .getByRole('button', { name: '登録する' })
    .click();
  await page.getByRole('table', { name: '職業' }).getByText('漁師').waitFor();
  expect(await look(page, 'registers')).toEqual([]);

  await menu('取り込み');
  await importCustomers('mended.csv', [customerLine({ 顧客番号: 'K-2', 職業: '漁師' })]);
  await page.getByText('取り込みました。成功 1 件、失敗 0 件。').waitFor();
  await page.goto(`${screens.url}/merchants/${month.day.desk.merchant}/imports`);
  await page.getByLabel('ファイル名(完全一致)').fill('mended.csv');
  await press('この条件で検索する');
  await page.getByRole('link', { name: 'customers.csv' }).waitFor({ state: 'detached' });
  expect(page.url()).toContain('fileName=mended.csv');

  await menu('顧客');
  await page.getByLabel('顧客番号').fill('K-2');
  await page.keyboard.press('Enter');
  await page.getByRole('cell', { name: 'K-1' }).waitFor({ state: 'detached' });
  expect(await look(page, 'customers')).toEqual([]);
  await page.getByRole('link', { name: /^US-/ }).click();
  await page.getByText('漁師').waitFor();
  expect(await look(page, 'customer')).toEqual([]);
}, 180_000);

test('orders are found as in the shop, and say what became of them', async () => {
  await menu('受注');
  await page.getByRole('link', { name: `${billed} 消込済` }).waitFor();
  expect(await look(page, 'orders')).toEqual([]);
  await page.getByLabel('注文番号(から)').fill('D-G66x1');
  await page.getByLabel('注文番号(まで)').fill('D-G66x1');
  await press('この条件で検索する');
  await page.getByRole('link', { name: `${billed} 消込済` }).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: `${billed} 請求断念` }).waitFor();
  await page.getByLabel('D-G66x1 を選ぶ').check();
  await page.getByRole('button', { name: '請求を戻す' }).waitFor();
  expect(screens.complaints).toEqual([]);
}, 120_000);
