import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uploadStoredFile, useOrderExport } from '../../sandbox/operator.ts';
import { type Month, openMonth } from '../workflows/month.ts';
import {
  ask,
  exchangePath,
  makeExport,
  numbered,
  post,
  type TestOrder,
  untilExchange,
} from '../workflows/month-acts.ts';
import { look } from './look.ts';
import { keepFailures, type OpenConsole, openConsole } from './open-console.ts';

/** Whoever lets an order go that is on hold knows why it is held now, not why it was. */
const billed = '2026-11';
let month: Month;
let screens: OpenConsole;
let page: Page;
keepFailures(() => screens);
beforeAll(async () => {
  month = await openMonth();
  screens = await openConsole(month);
  page = await screens.enter('operator');
});
afterAll(async () => {
  await screens?.close();
  await month?.close();
});

test('an order that is cancelled while somebody looks at its hold is let go on purpose only', async () => {
  const { desk } = month.day;
  const [first, second] = numbered('h', 2) as [TestOrder, TestOrder];
  await month.begin(billed, makeExport([first, second]));
  const auth = await untilExchange(month, billed, 'auth-1');
  const taking = { orderNumbers: ['h02'], reason: '住所を確認中' };
  await post(month, `${exchangePath(auth)}/taken-out-orders`, taking);

  const choose = () => page.getByRole('checkbox', { name: 'h02 を選ぶ' }).check();
  const dialog = page.getByRole('dialog');
  const confirm = async () => {
    await dialog.getByRole('textbox', { name: '理由' }).fill('住所を確認した');
    await dialog.getByRole('button', { name: '保留を解除する' }).click();
  };
  const open = () => page.getByRole('button', { name: /^保留を解除する \(/ }).click();
  await page.goto(`${screens.url}/merchants/${desk.merchant}/orders?month=${billed}&show=holds`);
  await choose();
  await open();
  expect(await dialog.getByRole('alert').count()).toBe(0);
  const sha256 = await uploadStoredFile(desk, {
    name: 'newer.csv',
    kind: 'order-export',
    bytes: makeExport([first, { ...second, 対応状況: 'キャンセル' }]),
  });
  await useOrderExport(desk, billed, sha256);
  await confirm();
  await dialog.getByText('表示の後に別の理由で保留になりました: h02', { exact: false }).waitFor();

  await page.reload();
  const row = page.getByRole('row', { name: /h02/ });
  await row.getByText('新しい注文データではキャンセルです').waitFor();
  await row.getByText('その前の保留の理由: 住所を確認中').waitFor();
  await choose();
  await open();
  await dialog
    .getByRole('alert')
    .getByText('キャンセルのまま請求します', { exact: false })
    .waitFor();
  expect(await look(page, 'cancelled-hold')).toEqual([]);
  await confirm();
  await page.getByText('保留中の注文はありません', { exact: false }).waitFor();
  const { body } = await ask(month, 'GET', `/cycles/${billed}/holds`);
  expect(body).toMatchObject({ holds: [] });
});
