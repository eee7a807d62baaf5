import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLinkerSandbox } from '../../sandbox/linker/server.ts';
import { linkCards } from '../workflows/migrations.ts';
import { type Month, sandboxNow } from '../workflows/month.ts';
import { openRefreshMonths, type RefreshMonths, shopId } from '../workflows/refresh-months.ts';
import { look, lookAtDialog, settled } from './look.ts';
import { keepFailures, type OpenConsole, openConsole } from './open-console.ts';
import { readConsoleRoutes, storyRoutes, walkRoutes } from './routes.ts';

/** Cards from the settings of their refresh to its locks, a migration to its coverage, and the desks beside. */
let shop: RefreshMonths;
let month: Month;
let screens: OpenConsole;
let operator: Page;
keepFailures(() => screens);
beforeAll(async () => {
  const contact = { enabled: true, cardPageUrl: 'https://shop.example.jp/card?t={token}' };
  // The issuers refuse the first customer's card and renew the other.
  const rules = [
    { member: '^member-1$', verdict: '1' as const },
    { verdict: '0' as const, renewal: 'expiry' as const, newExpiry: '2027-06' },
  ];
  shop = await openRefreshMonths(
    { rules },
    {
      settings: {
        paymentMethods: { cardService: 'YAMATO' },
        cardMigration: { linkFile: { encoding: 'utf-8' } },
        ng: { contact },
      },
    },
  );
  month = shop.month;
  // What is missing an admin will enter on the page.
  await shop.changeSettings({
    ...{ enabled: false, shopId: null, siteId: null, sftp: null },
    ...{ shopPasswordSecret: null, sitePasswordSecret: null },
  });
  const refused = await shop.addCard(1, '2026-12');
  await shop.addCard(2, '2026-12');
  await month.db
    .insertInto('subscriptions')
    .values({
      ...{ merchant_id: month.merchantId, subscription_number: 'S-1', customer_id: 1 },
      ...{ card_id: refused, amount_yen: 3980, status: 'active', next_month: '2026-12' },
      ...{ created_at: sandboxNow, updated_at: sandboxNow },
    })
    .execute();
  screens = await openConsole(month);
  operator = await screens.enter('operator');
});
afterAll(async () => {
  await screens?.close();
  await shop?.close();
});

const press = (page: Page, name: string) =>
  page.getByRole('button', { name, exact: true }).last().click();
const place = (page: string) => `${screens.url}/merchants/${month.day.desk.merchant}/${page}`;

/** Everything that GMO gave the shop, tried before and after. */
async function enterSettings(admin: Page): Promise<void> {
  await admin.goto(place('card-refresh-settings'));
  await press(admin, '接続テスト');
  await admin.getByText('SFTPの接続先がありません', { exact: false }).waitFor();
  await press(admin, 'SFTPの接続先を登録する');
  const { host, port, user, password, hostKey } = shop.gmo.loginOf(shopId);
  const fields = {
    ...{ ショップID: shopId, サイトID: 'site-1', '依頼日(毎月)': '20' },
    ...{ 'SFTP 接続先 IP アドレス': host, ポート: String(port), 'SFTP ログインID': user },
    'ホスト鍵のフィンガープリント(SHA256:…、1行に1つ)': hostKey,
  };
  for (const [label, value] of Object.entries(fields)) {
    await admin.getByLabel(label, { exact: true }).fill(value);
  }
  await admin.getByRole('switch', { name: '毎月自動で洗替を行う' }).check();
  for (const [label, value] of [
    ['ショップパスワード', shopId],
    ['サイトパスワード', shopId],
    ['SFTP パスワード(または秘密鍵)', password],
  ] as const) {
    await admin.getByLabel(label, { exact: true }).fill(value);
    await press(admin, `${label}: 登録する`);
    // Done and forgotten: what was typed is not there any more.
    await admin.getByRole('button', { name: `${label}: 登録する`, disabled: true }).waitFor();
  }
  await press(admin, '設定を保存する');
  await admin.getByLabel('理由').fill('GMOとの契約');
  await press(admin, '設定を保存する');
  await admin.getByText('保存しました。').waitFor();
  await press(admin, '接続テスト');
  await admin.getByText('接続できます').waitFor();
  expect(await look(admin, 'card-refresh-settings')).toEqual([]);
}

/** One month's, from the button to its verdicts; the request is due today. */
async function refresh(operator: Page): Promise<void> {
  await operator.goto(place('card-refreshes'));
  await press(operator, '月を始める');
  const field = operator.getByRole('dialog').getByLabel('月', { exact: false });
  await expect.poll(() => field.inputValue()).toBe('2026-11');
  expect(await lookAtDialog(operator)).toEqual([]);
  await press(operator, '月を始める');
  await operator.getByRole('heading', { level: 1, name: '2026-11 の洗替' }).waitFor();
  const targets = operator.getByRole('table', { name: '洗替の対象と理由' });
  await targets.getByRole('row', { name: /C2/ }).waitFor();
  await operator.getByText('洗替を依頼しました（2 件）', { exact: false }).waitFor();
  await shop.to('2026-11-27T03:00:00.000Z');
  const counts = operator.getByRole('table', { name: '結果の件数' });
  await counts.getByRole('row', { name: /有効性NG 1 件/ }).waitFor();
  await counts.getByRole('row', { name: /カードを更新 1 件/ }).waitFor();
  await operator
    .getByRole('table', { name: '洗替結果' })
    .getByRole('row', { name: /C1/ })
    .waitFor();
  expect(await look(operator, 'card-refresh')).toEqual([]);
  const waiting = operator.waitForEvent('download');
  await press(operator, 'GMO 洗替結果取得 CSV');
  const csv = await readFile(await (await waiting).path(), 'utf8');
  expect(csv.trim().split('\n')).toHaveLength(3);
}

/** What a refresh leaves behind it, found again on the pages beside it. */
async function findRefreshed(operator: Page): Promise<void> {
  await operator.goto(place('subscriptions'));
  await operator.getByRole('checkbox', { name: '有効性NG' }).click();
  await operator.waitForURL(/refreshStatus=ng/);
  await operator.getByRole('row', { name: /S-1 .*除外中/ }).waitFor();
  expect(await look(operator, 'subscriptions')).toEqual([]);
  await operator.goto(place('jobs'));
  await operator.getByRole('table').getByRole('link', { name: 'GMO 洗替結果取得' }).waitFor();
  expect(await look(operator, 'jobs')).toEqual([]);
  await operator.goto(place('card-expiries'));
  const calendar = operator.getByRole('table', { name: '有効期限のカレンダー' });
  await calendar.getByRole('row', { name: '2026-12 1 件 1 件 1 件' }).waitFor();
  await calendar.getByRole('link', { name: '2027-06' }).click();
  await operator.getByRole('table', { name: 'カード' }).getByText('C2').waitFor();
  expect(await look(operator, 'card-expiries')).toEqual([]);
  await operator.getByRole('link', { name: '変更が必要な顧客に戻る' }).click();
}

/** A host behind a VPN: allowed with a reason, taken back with another. */
async function allowHost(admin: Page): Promise<void> {
  await admin.goto(place('allowed-hosts'));
  await admin.getByText('許可した社内ホストはありません。').waitFor();
  await press(admin, '許可する');
  const dialog = admin.getByRole('dialog');
  await dialog.getByLabel('ホスト名かアドレス').fill('Orders.Internal');
  expect(await lookAtDialog(admin)).toEqual([]);
  await dialog.getByLabel('理由').fill('倉庫のVPN');
  await press(admin, '許可する');
  const host = admin.getByRole('row', { name: /^orders\.internal 許可 倉庫のVPN/ });
  await host.getByRole('button', { name: '許可を取り消す' }).click();
  await dialog.getByText('orders.internal には', { exact: false }).waitFor();
  await dialog.getByLabel('理由').fill('VPNの廃止');
  await press(admin, '許可を取り消す');
  await admin.getByRole('row', { name: /^orders\.internal 取り消し済み VPNの廃止/ }).waitFor();
}

/** Settings that bill a locked card are saved only by who says how many there are. */
async function confirmLocks(admin: Page): Promise<void> {
  await admin.goto(place('settings?block=cardLocks'));
  const field = admin.getByLabel('cardLocks の内容');
  const before = JSON.parse(await field.inputValue()) as object;
  await field.fill(JSON.stringify({ ...before, methodServices: { クレジットカード: ['YAMATO'] } }));
  await press(admin, '保存する');
  await admin.getByRole('dialog').getByLabel('理由').fill('カードはヤマトへ移した');
  await press(admin, '保存する');
  const confirmed = admin.getByRole('checkbox', { name: '利用停止中のカード 1 件の注文' });
  await confirmed.check();
  expect(await lookAtDialog(admin)).toEqual([]);
  await press(admin, '保存する');
  await admin.getByRole('dialog').waitFor({ state: 'detached' });
  await expect.poll(() => field.inputValue()).toContain('YAMATO');
  await admin.context().close();
}

/** Asked for with a stored proof, and answered by somebody else, who reads the warning too. */
async function overrideLock(operator: Page, approver: Page): Promise<void> {
  await operator.goto(place('card-locks'));
  await operator.getByRole('table').getByText('C1').waitFor();
  expect(await look(operator, 'card-locks')).toEqual([]);
  await operator.getByRole('table').getByRole('link', { name: '1', exact: true }).click();
  await press(operator, '照合ミスによる解除を申請する');
  await operator.getByRole('dialog').getByText('加盟店契約の解除').waitFor();
  expect(await lookAtDialog(operator)).toEqual([]);
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
  await approver.context().close();
}

/** One of them by name; then nobody is left to be told. */
async function notifyCustomer(operator: Page): Promise<void> {
  await operator.getByText('未通知の顧客にメールで依頼する(1 名)').waitFor();
  await press(operator, 'メールで依頼する');
  await operator.getByRole('dialog').getByText('C1').waitFor();
  await press(operator, 'メールで依頼する');
  await operator.getByText('通知していない顧客はいません。').waitFor();
}

/** The mail that was posted: in the list, and by itself. */
async function readMail(operator: Page): Promise<void> {
  await operator.goto(place('mails'));
  await operator.getByRole('table').getByRole('link', { name: '顧客へのメール' }).click();
  await operator.getByRole('heading', { level: 1, name: '送信メールの内容' }).waitFor();
  expect(await look(operator, 'mail')).toEqual([]);
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
  await page
    .getByRole('button', { name: '移行を完了する', exact: true })
    .waitFor({ state: 'detached' });
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

test('cards are refreshed: settings, request, verdicts; who is refused is locked, told, released', async () => {
  const admin = await screens.enter('admin');
  await enterSettings(admin);
  await refresh(operator);
  await findRefreshed(operator);
  await notifyCustomer(operator);
  await readMail(operator);
  await allowHost(admin);
  await confirmLocks(admin);
  await overrideLock(operator, await screens.enter('approver'));
}, 240_000);

test('cards move from link file to coverage', async () => {
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
  await operator.context().close();
}, 240_000);

test('every page that no story comes by opens without barriers', async () => {
  const admin = await screens.enter('admin', 'admin-2');
  const barriers: string[] = [];
  for (const path of [...walkRoutes(), 'delivery-endpoints?show=carrier']) {
    await admin.goto(place(path));
    await settled(admin);
    const title = (await admin.locator('h1').first().textContent()) ?? '';
    const faults = await admin.getByRole('alert').allTextContents();
    if (/見つかりません|表示できません/.test(title) || faults.length > 0) {
      barriers.push(`${path}: ${title} ${faults.join(' ')}`);
    }
    const name = path.replaceAll(/[?/]/g, '-');
    barriers.push(...(await look(admin, name)).map((found) => `${path}: ${found}`));
  }
  expect(barriers).toEqual([]);
  // What was refused is told by the browser too; it is no fault of the page.
  expect(screens.complaints.filter((one) => !/status of 4\d\d/.test(one))).toEqual([]);
  expect(screens.notLookedAt([...storyRoutes.cards, ...walkRoutes()])).toEqual([]);
  expect(readConsoleRoutes().length).toBeGreaterThan(45);
}, 240_000);
