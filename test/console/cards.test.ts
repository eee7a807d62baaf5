import { sql } from 'kysely';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLinkerSandbox } from '../../sandbox/linker/server.ts';
import { insertCards, refuseCards } from '../db/locked-cards.ts';
import type { MoneyRecord } from '../db/money-record.ts';
import { linkCards } from '../workflows/migrations.ts';
import { type Month, openMonth, sandboxNow } from '../workflows/month.ts';
import { look, type OpenConsole, openConsole } from './open-console.ts';

/** Cards that a refresh refused, a migration to its coverage, and the desks beside them. */
let month: Month;
let screens: OpenConsole;
beforeAll(async () => {
  const contact = { enabled: true, cardPageUrl: 'https://shop.example.jp/card?t={token}' };
  month = await openMonth({
    settings: {
      paymentMethods: { cardService: 'YAMATO' },
      cardMigration: { linkFile: { encoding: 'utf-8' } },
      ng: { contact },
    },
  });
  const { db, merchantId } = month;
  const { rows } = await sql<{ id: number }>`
    insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
    values (${merchantId}, ${'a'.repeat(64)}, 'result.csv', 'refresh-result', 'inbound', 0, 0,
            ${sandboxNow}, 'test') returning id`.execute(db);
  const record = { merchantId, fileId: rows[0]?.id } as MoneyRecord;
  const cards = await insertCards(db, record, ['C-1', 'C-2']);
  await refuseCards(db, record, [cards.get('C-1') ?? 0]);
  screens = await openConsole(month);
});
afterAll(async () => {
  await screens?.close();
  await month?.close();
});

const LOADING = '[role=status][aria-label=読み込んでいます]';
const press = (page: Page, name: string) =>
  page.getByRole('button', { name, exact: true }).last().click();
const place = (page: string) => `${screens.url}/merchants/${month.day.desk.merchant}/${page}`;

/** Asked for with a stored proof, and answered by somebody else, who reads the warning too. */
async function overrideLock(operator: Page, approver: Page): Promise<void> {
  await operator.goto(place('card-locks'));
  await operator.getByRole('table').getByText('C-1').waitFor();
  expect(await look(operator, 'card-locks')).toEqual([]);
  await operator.getByRole('table').getByRole('link', { name: '1', exact: true }).click();
  await press(operator, '照合ミスによる解除を申請する');
  await operator.getByRole('dialog').getByText('加盟店契約の解除').waitFor();
  const proof = { name: 'right.csv', mimeType: 'text/csv', buffer: Buffer.from('"a","0"\r\n') };
  await operator.locator('input[type=file]').setInputFiles(proof);
  await operator.getByText('✓ 証拠: right.csv').waitFor();
  await operator.getByLabel('理由').fill('別の行の判定');
  await press(operator, '照合ミスによる解除を申請する');
  await operator.getByText('承認待ち').waitFor();
  expect(await look(operator, 'card-lock')).toEqual([]);

  await approver.goto(operator.url());
  await press(approver, '解除を承認する');
  await approver.getByRole('dialog').getByText('加盟店契約の解除').waitFor();
  await approver.getByLabel('理由').fill('結果ファイルで確認');
  await press(approver, '解除を承認する');
  await approver.getByText('解除済み', { exact: false }).first().waitFor();
}

/** One of them by name; then nobody is left to be told. */
async function notifyCustomer(operator: Page): Promise<void> {
  await operator.goto(place('card-expiries'));
  await operator.getByText('未通知の顧客にメールで依頼する(1 名)').waitFor();
  await press(operator, 'メールで依頼する');
  await operator.getByRole('dialog').getByText('C-1').waitFor();
  await press(operator, 'メールで依頼する');
  await operator.getByText('通知していない顧客はいません。').waitFor();
  expect(await look(operator, 'card-expiries')).toEqual([]);
}

/** From the list to a link file, every check vouched for by name. */
async function migrate(page: Page): Promise<void> {
  await page.goto(place('card-migrations'));
  await press(page, '移行を始める');
  await page.getByRole('textbox', { name: '移行元' }).fill('旧カート');
  await press(page, '移行を始める');
  await page.getByRole('heading', { level: 1, name: 'カード移行 1' }).waitFor();
  await page.getByText('連携ファイルを確定する前に残っていること').waitFor();
  const vouch = page.getByRole('button', { name: '確認した', exact: true });
  await vouch.first().waitFor();
  for (let left = await vouch.count(); left > 0; left -= 1) {
    await vouch.first().click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const day = dialog.getByLabel('報告日');
    if ((await day.count()) > 0) await day.fill('2026-11-20');
    await dialog.getByRole('button', { name: '確認した', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }
  await page.getByText('確認はすべて済みました。連携ファイルを確定できます。').waitFor();
  expect(await look(page, 'card-migration')).toEqual([]);
  await press(page, '連携ファイルを確定する');
  await page.getByRole('dialog').getByText('2 名分の連携ファイル').waitFor();
  await press(page, '連携ファイルを確定する');
  await page.getByRole('button', { name: '決済会社に渡した', exact: true }).waitFor();
  await page.goto(place('card-migrations'));
  await page.getByText('連携ファイルの送付').waitFor();
  await page.getByRole('link', { name: '1', exact: true }).first().click();
}

/** The PSP's own file comes back: dropped, imported, and whoever has no card now is named. */
async function coverCustomers(page: Page): Promise<void> {
  await press(page, '決済会社に渡した');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: '決済会社に渡した', exact: true })
    .click();
  const file = Buffer.from(await answerOfPsp());
  const drop = page.locator('input[type=file][aria-label="決済会社の返却ファイルを入れる"]');
  await drop.setInputFiles({ name: 'returned.csv', mimeType: 'text/csv', buffer: file });
  const facts = page.getByRole('table', { name: '移行の結果' });
  await facts.getByRole('row', { name: /この移行でカードが入った顧客 2 件/ }).waitFor();
  await page.getByText('カードのない顧客はいません。').waitFor();
  expect(await look(page, 'card-migration-coverage')).toEqual([]);
  await page.getByRole('link', { name: '行ごとの結果' }).click();
  await page.getByRole('table').getByRole('row').nth(2).waitFor();
  expect(await look(page, 'returned-rows')).toEqual([]);
  await page.goBack();
  await press(page, '移行を完了する');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('カードのない顧客 0 名を確かめたうえで').waitFor();
  await dialog.getByRole('button', { name: '移行を完了する', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(await page.getByRole('button', { name: '移行を完了する', exact: true }).count()).toBe(0);
}

/** What the simulated linker makes of the link file that an operator would have sent. */
async function answerOfPsp(): Promise<string> {
  const { apiUrl, token, merchant } = month.day.desk;
  const path = `/v1/merchants/${merchant}/card-migrations/1/link-files/1/file`;
  const headers = { Authorization: `Bearer ${token}` };
  const linkFile = await (await fetch(`${apiUrl}${path}`, { headers })).text();
  const linker = await startLinkerSandbox({});
  linker.feedClock(sandboxNow);
  await fetch(`${linker.url}/merchants/my-shop`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ service: 'YAMATO', encoding: 'utf-8' }),
  });
  const answer = await linkCards(linker, 'my-shop', linkFile);
  await linker.stop();
  return answer;
}

test('a refused card is released by four eyes, and cards move from link file to coverage', async () => {
  const operator = await screens.logIn('operator');
  const approver = await screens.logIn('approver');
  await notifyCustomer(operator);
  await overrideLock(operator, approver);
  await migrate(operator);
  await coverCustomers(operator);
  await operator.goto(place('send-errors'));
  await operator.getByLabel('期間').first().click();
  await operator.getByRole('option', { name: '指定しない' }).click();
  await press(operator, '表示');
  await operator
    .getByText('期間または検索キーワードいずれか1つ以上の指定が必要です。')
    .first()
    .waitFor();
  // What was refused is told by the browser too; it is no fault of the page.
  const faults = screens.complaints.filter((one) => !/status of 4\d\d/.test(one));
  expect(faults).toEqual([]);
}, 240_000);

test('every page of cards and settings opens without barriers', async () => {
  const admin = await screens.logIn('admin');
  const pages = {
    'card-refreshes': '洗替',
    'card-refresh-settings': '洗替の設定',
    'card-expiries': '期限が切れるカード',
    subscriptions: '定期受注の検索',
    jobs: 'ジョブ管理',
    'send-errors': 'キャリア決済 送信エラー',
    'payment-methods': '支払い方法設定',
    settings: '設定',
    users: '利用者',
    tokens: 'トークン',
    audit: '操作の記録',
    schedules: 'スケジュール',
    'delivery-endpoints': '送信先',
    'delivery-endpoints?show=carrier': '送信先',
    corrections: '締めた後の訂正',
  };
  const barriers: string[] = [];
  for (const [path, title] of Object.entries(pages)) {
    await admin.goto(place(path));
    await admin.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
    // A page may load several parts at once.
    await expect.poll(() => admin.locator(LOADING).count(), { timeout: 30_000 }).toBe(0);
    barriers.push(
      ...(await look(admin, path.replace('?', '-'))).map((found) => `${path}: ${found}`),
    );
  }
  expect(barriers).toEqual([]);
}, 240_000);
