import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { grantUser } from '../../db/queries/user-grants.ts';
import { findUser } from '../../db/queries/users.ts';
import { carryFile } from '../../sandbox/bill-month.ts';
import { downloadPaymentsCsv } from '../../sandbox/paygent-operator.ts';
import { scheduleIdOf } from '../../workflows/workflow-ids.ts';
import { carrierRecordOf } from '../db/failed-deliveries.ts';
import { customerFile, customerLine } from '../workflows/file-imports.ts';
import { type Month, openMonth, sandboxNow } from '../workflows/month.ts';
import { makeExport, untilCycle, untilExchange } from '../workflows/month-acts.ts';
import { look, lookAtDialog } from './look.ts';
import { doubleClick, keepFailures, type OpenConsole, openConsole } from './open-console.ts';
import { storyRoutes } from './routes.ts';

/** What operators do beside the month itself: charges by hand, declines, imports, send errors, Schedules. */
let month: Month;
let screens: OpenConsole;
let page: Page;
keepFailures(() => screens);
beforeAll(async () => {
  month = await openMonth({ settings: { capture: { policy: 'manual', by: 'portal' } } });
  const orders = ['A-OK', 'B-OK', 'D-G66x1', 'E-G55x1', 'F-G83x1'];
  await month.begin(billed, makeExport(orders.map((number) => ({ number }))));
  await carryFile(month.day, await untilExchange(month, billed, 'auth-1'));
  await untilCycle(month, billed, ({ charges }) => charges.authorized?.rows === 2);
  screens = await openConsole(month);
  page = await screens.enter('operator');
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

/** Presses a button, and in the dialog that asks once more the button of that name. */
async function act(on: Page, name: string, reason?: string): Promise<void> {
  await on.getByRole('button', { name, exact: true }).first().click();
  const dialog = on.getByRole('dialog');
  if (reason !== undefined) await dialog.getByLabel('理由').fill(reason);
  await dialog.getByRole('button', { name, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}
const open = (path: string) =>
  page.goto(`${screens.url}/merchants/${month.day.desk.merchant}/${path}`);

test('charges are worked by hand: compared with the PSP, shipped, captured, voided', async () => {
  await open(`cycles/${billed}`);
  await page.getByRole('link', { name: '情報照会' }).click();
  await heading(`${billed} の情報照会`);
  expect(await look(page, 'payment-inquiries')).toEqual([]);
  const since = { occurredFrom: '2026-11-01T00:00:00.000Z' };
  const list = await downloadPaymentsCsv(month.portal, since);
  await page
    .locator('input[type=file][aria-label="照会データCSVを読み取る"]')
    .setInputFiles({ name: 'payments.csv', mimeType: 'text/csv', buffer: list });
  await heading('照会データ 1');
  await page.getByRole('button', { name: '一致', exact: true }).click();
  await page.waitForURL(/class=agrees/);
  await page.getByRole('table', { name: '明細' }).getByRole('link', { name: 'A-OK' }).waitFor();
  expect(await look(page, 'payment-inquiry')).toEqual([]);

  await open(`cycles/${billed}/charges?state=authorized`);
  await page.getByLabel('A-OK を選ぶ').check();
  await press('発送日を登録する');
  await page.getByRole('dialog').getByLabel('発送日').fill('2026-11-19');
  await page.getByText('1 件を登録します。').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: '発送日を登録する' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await look(page, 'charges')).toEqual([]);
  await act(page, '売上処理する', '発送済み');
  await page.getByLabel('B-OK を選ぶ').check();
  await act(page, '取消リストに載せる', '顧客の希望');
  await page.getByText('この条件の請求はありません', { exact: false }).waitFor();

  await open(`cycles/${billed}/voids`);
  await page.getByLabel('B-OK を選ぶ').check();
  expect(await look(page, 'voids')).toEqual([]);
  await press('選んだ行の結果を記録する');
  await press('記録する');
  await page.getByText('画面で取り消すオーソリはありません。').waitFor();
  await page.getByRole('tab', { name: 'キャンセルされた注文' }).click();
  await page.getByText('オーソリの後にキャンセルされた注文はありません。').waitFor();
  await open(`cycles/${billed}/portal-captures`);
  await page.getByRole('link', { name: 'A-OK' }).waitFor();
  expect(await look(page, 'portal-captures')).toEqual([]);
  await press('すべて売上処理した');
  await press('記録する');
  await page.getByText('画面で処理する売上はありません。', { exact: false }).waitFor();
  await untilCycle(month, billed, ({ waitsFor }) => waitsFor.includes('NG対応中'));
}, 180_000);

test('a declined charge is worked: found, classified, carried out by the plan, and counted', async () => {
  await menu('NG 対応');
  await page.getByRole('link', { name: 'D-G66x1', exact: true }).waitFor();
  expect(await look(page, 'ng-cases')).toEqual([]);
  await page.getByRole('link', { name: 'D-G66x1', exact: true }).click();
  await heading('注文 D-G66x1 のNG対応');
  await press('対応する');
  await choose('対応の種類', '分類を決める');
  await choose('分類', '利用限度額の超過');
  await page.getByRole('dialog').getByLabel('理由').fill('カード会社に確認');
  await press('「分類を決める」を実行する');
  await page.getByRole('table').getByText('理由: カード会社に確認').first().waitFor();
  await press('メールを確認する');
  await page.getByText('何も送っていません').waitFor();
  expect(await lookAtDialog(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByText('何も送っていません').waitFor({ state: 'detached' });
  expect(await look(page, 'ng-case')).toEqual([]);

  await menu('NG 対応');
  await page.getByLabel('このページをすべて選ぶ').check();
  // What was chosen under another condition is chosen no more.
  const counts = page.getByRole('group', { name: '分類と次の対応ごとの件数' });
  await counts.getByRole('button').first().click();
  await page.getByRole('button', { name: '対応する', exact: true, disabled: true }).waitFor();
  await counts.getByRole('button', { pressed: true }).click();
  await page.getByLabel('このページをすべて選ぶ').check();
  await press('選んだ 3 件に対応する');
  await page.getByRole('dialog').getByText('D-G66x1').waitFor();
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
  expect(await look(page, 'import-errors')).toEqual([]);
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
  await page.waitForURL(/fileName=mended\.csv/);

  await menu('顧客');
  await page.getByRole('cell', { name: 'K-1' }).waitFor();
  await page.getByLabel('顧客番号').fill('K-2');
  await page.keyboard.press('Enter');
  await page.getByRole('cell', { name: 'K-1' }).waitFor({ state: 'detached' });
  expect(await look(page, 'customers')).toEqual([]);
  await page.getByRole('link', { name: /^US-/ }).click();
  await page.getByText('漁師').waitFor();
  await press('定期受注を登録する');
  await page.getByLabel('定期受注番号').fill('S-1');
  await page.getByLabel('金額').fill('2980');
  await doubleClick(page.getByRole('dialog').getByRole('button', { name: '定期受注を登録する' }));
  await page.getByRole('row', { name: /^S-1 2,980 円 継続中/ }).waitFor();
  expect(await look(page, 'customer')).toEqual([]);
}, 180_000);

test('orders are found as in the shop, and say what became of them', async () => {
  await menu('受注');
  await page.getByRole('link', { name: `${billed} 消込済` }).waitFor();
  expect(await look(page, 'orders')).toEqual([]);
  const addresses: string[] = [];
  page.on('request', (request) => addresses.push(request.url()));
  await page.getByLabel('メールアドレス').fill('nobody@shop.example');
  await press('この条件で検索する');
  await page.getByText('該当する注文はありません', { exact: false }).waitFor();
  expect([page.url(), ...addresses].join()).not.toContain('nobody');
  await press('条件を消す');
  await page.getByLabel('注文番号(から)').fill('D-G66x1');
  await page.getByLabel('注文番号(まで)').fill('D-G66x1');
  await press('この条件で検索する');
  await page.getByRole('link', { name: `${billed} 消込済` }).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: `${billed} 請求断念` }).waitFor();
  await page.getByLabel('D-G66x1 を選ぶ').check();
  await page.getByRole('button', { name: '請求を戻す' }).waitFor();
  await page.getByRole('link', { name: '9D-G66x1' }).click();
  await page.getByText('この顧客番号の顧客は取り込まれていません', { exact: false }).waitFor();
  expect(await look(page, 'customer-by-number')).toEqual([]);
}, 120_000);

test('what became known of a closed month stands beside it until somebody looked', async () => {
  await untilCycle(month, billed, ({ stage }) => stage === 'closed');
  await open(`cycles/${billed}`);
  await page.getByRole('link', { name: '締めた後の訂正' }).click();
  await heading('締めた後の訂正');
  await press('訂正を記録する');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('注文番号').fill('A-OK');
  await dialog.getByLabel('金額').fill('980');
  await dialog.getByLabel('理由').fill('一部返金');
  await dialog.getByRole('button', { name: '訂正を記録する' }).click();
  const row = page.getByRole('row', { name: /返金 A-OK 980 円 一部返金/ });
  await row.waitFor();
  expect(await look(page, 'corrections')).toEqual([]);
  await act(page, '確認済みにする', '返金済み');
  await row.getByText('✓', { exact: false }).waitFor();
}, 120_000);

test('an admin gives a right; with it a send error is corrected, confirmed and sent again', async () => {
  const admin = await screens.enter('admin');
  await addSendError('ORD-1');
  const there = `${screens.url}/merchants/${month.day.desk.merchant}`;
  await admin.goto(`${there}/users`);
  const operator = admin.getByRole('row', { name: /^operator / });
  await operator.getByRole('button', { name: '権限を変える' }).click();
  await admin.getByLabel('送信データ修正').check();
  expect(await lookAtDialog(admin)).toEqual([]);
  await admin.getByRole('dialog').getByLabel('理由').fill('送信エラーの担当');
  await admin.getByRole('dialog').getByRole('button', { name: '権限を変える' }).click();
  await operator.getByText('送信データ修正').waitFor();

  await open('send-errors?condition=open&mode=individual&period=none');
  await page.reload();
  // Going back asks again what the address says: here a search that lacks a period and a keyword.
  const refusal = page.getByText('いずれか1つ以上の指定が必要です', { exact: false }).first();
  await refusal.waitFor();
  await press('リセット');
  await refusal.waitFor({ state: 'detached' });
  await page.goBack();
  await refusal.waitFor();
  await page.getByLabel('オーダーNo').fill('ORD-1');
  await press('表示');
  await page.getByRole('combobox', { name: 'ORD-1 の処理' }).click();
  await page.getByRole('option', { name: '再送信' }).click();
  await press('送信データ修正');
  await page.getByRole('dialog').getByLabel('money').fill('700');
  expect(await lookAtDialog(page)).toEqual([]);
  await press('この内容にする');
  await page.getByRole('row', { name: /✓ 修正あり .* 応答がない\(1 回\)/ }).waitFor();
  expect(await look(page, 'send-error-edited')).toEqual([]);
  await press('次へ(1 件)');
  await page.getByText('money=700', { exact: false }).waitFor();
  await page.getByRole('dialog').getByRole('checkbox').check();
  expect(await look(page, 'send-error-confirm')).toEqual([]);
  await press('送信する(1 件)');
  await page.getByRole('status').getByText('ORD-1', { exact: false }).waitFor();

  await admin.goto(`${there}/tokens`);
  await admin.getByRole('button', { name: 'トークンを発行する' }).click();
  await admin.getByLabel('使う人・プログラム').fill('warehouse');
  await admin.getByRole('dialog').getByRole('button', { name: 'トークンを発行する' }).click();
  await admin.getByText('tsk_', { exact: false }).waitFor();
  const token = admin.getByRole('row', { name: /^warehouse / });
  await token.getByRole('button', { name: '失効させる' }).click();
  await admin.getByRole('dialog').getByLabel('理由').fill('練習の終わり');
  await admin.getByRole('dialog').getByRole('button', { name: '失効させる' }).click();
  await token.getByRole('button').waitFor({ state: 'detached' });
  await screens.leave(admin);
}, 180_000);

test('a webhook is created and tried, and its log says how that went', async () => {
  const admin = await screens.enter('admin', 'admin-2');
  await admin.goto(`${screens.url}/merchants/${month.day.desk.merchant}/delivery-endpoints`);
  const hook = `hook-${month.day.desk.merchant}`;
  await admin.getByRole('button', { name: 'Webhookを登録する' }).click();
  const dialog = admin.getByRole('dialog');
  await dialog.getByLabel('名前', { exact: false }).first().fill(hook);
  await dialog.getByLabel('送信先のURL').fill('http://127.0.0.1:9/hook');
  await dialog.getByLabel('理由').fill('在庫との連携');
  expect(await look(admin, 'webhook-create')).toEqual([]);
  await dialog.getByRole('button', { name: 'Webhookを登録する' }).click();
  await admin.getByRole('link', { name: '送信記録を見る' }).click();
  await admin.getByRole('heading', { level: 1, name: `Webhook ${hook}` }).waitFor();
  await act(admin, 'テスト通知を送る', '接続の確認');
  const log = admin.getByRole('table', { name: '送信記録' });
  await log
    .getByRole('row', { name: /テスト/ })
    .getByText('1. ', { exact: false })
    .waitFor();
  expect(await look(admin, 'webhook')).toEqual([]);
  await admin.context().close();
}, 120_000);

test('what ZEUS sent is read as it came, and the words of a mail are changed', async () => {
  await open('carrier-results?orderNumber=ORD-1');
  await page.getByRole('table').getByRole('link', { name: 'ORD-1' }).first().click();
  await page
    .getByRole('table', { name: /受け取ったままのパラメータ/ })
    .first()
    .waitFor();
  expect(await look(page, 'carrier-result')).toEqual([]);

  await open('customer-mail-templates/card_expired');
  await page.getByLabel('件名').fill('カードの期限(@@order_number@@)');
  await press('見本で確認する');
  await page.getByText('カードの期限(SAMPLE-1)').waitFor();
  expect(await look(page, 'customer-mail-template')).toEqual([]);
  await act(page, '保存する');
  await page.getByText('第 1 版(使用中)').waitFor();
}, 60_000);

/** A carrier result that the shop did not answer for; the endpoint is nobody's. */
async function addSendError(order: string): Promise<void> {
  const endpoint = `shop-${month.merchantId}-${month.taskQueue}`.slice(0, 40).toLowerCase();
  const record = carrierRecordOf(month.db, month.merchantId);
  await record.addEndpoint(endpoint);
  await record.receive({ ordd: order }, sandboxNow);
  await record.attempt(endpoint, {}, sandboxNow);
}

test('what starts by itself is held and goes on, and the audit tells who', async () => {
  const slug = `${month.day.desk.merchant}-clock`;
  // Nobody moved this merchant's clock: only then something starts by itself.
  const { id } = await createMerchant(month.db, {
    slug,
    name: '予定の店',
    kind: 'sandbox',
    settings: merchantSettingsSchema.parse({ schedule: { cycleDay: 9 } }),
    actor: 'test',
    now: sandboxNow,
  });
  const approver = await screens.enter('approver');
  const user = await findUser(month.db, 'approver');
  await grantUser(month.db, id, {
    user: { id: user?.id ?? 0, login: 'approver' },
    grant: { role: 'approver', rights: [] },
    actor: 'test',
    reason: null,
    now: sandboxNow,
  });
  onTestFinished(() =>
    month.client.schedule
      .getHandle(scheduleIdOf(slug, 'cycle'))
      .delete()
      .catch(() => {}),
  );
  await approver.goto(`${screens.url}/merchants/${slug}/schedules`);
  await act(approver, '設定に合わせる');
  const cycle = approver.getByRole('region', { name: '請求サイクルの開始' });
  await cycle.getByText('動いています', { exact: false }).waitFor();
  await act(approver, '停止する', '年末の休業');
  await cycle.getByText('approver が停止: 年末の休業', { exact: false }).waitFor();
  expect(await look(approver, 'schedules')).toEqual([]);
  await act(approver, '再開する', '休業が明けた');
  await cycle.getByText('動いています', { exact: false }).waitFor();

  await approver.goto(`${screens.url}/merchants/${slug}/audit?about=schedule`);
  await approver.getByText('年末の休業').waitFor();
  await approver.getByLabel('人・プログラム').fill('nobody');
  await approver.keyboard.press('Enter');
  await approver.getByText('この条件の記録はありません', { exact: false }).waitFor();
  await approver.waitForURL(/actor=nobody/);
  await approver.goto(screens.url);
  await approver.getByRole('link', { name: '予定の店' }).waitFor();
  expect(await look(approver, 'merchants')).toEqual([]);
  expect(screens.notLookedAt(storyRoutes['ng-and-imports'])).toEqual([]);
  const faults = screens.complaints.filter((one) => !/status of 4\d\d/.test(one));
  expect(faults).toEqual([]);
}, 120_000);
