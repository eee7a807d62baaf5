import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import { downloadExchangeFile, listExchanges } from '../../sandbox/operator.ts';
import { type Month, openMonth } from '../workflows/month.ts';
import {
  exchangePath,
  makeExport,
  makeResult,
  numbered,
  post,
  untilCycle,
  untilExchange,
} from '../workflows/month-acts.ts';
import { look } from './look.ts';
import { keepFailures, type OpenConsole, openConsole } from './open-console.ts';

/** What an operator sees who brings a result that nobody waits for: of a closed month, of a withdrawn file. */
const billed = '2026-10';
let month: Month;
let screens: OpenConsole;
let page: Page;
keepFailures(() => screens);
beforeAll(async () => {
  month = await openMonth();
  await month.begin(billed, makeExport(numbered('l', 2)));
  await billMonth(month.day, billed);
  await untilCycle(month, billed, ({ stage }) => stage === 'closed');
  screens = await openConsole(month);
  page = await screens.enter('operator');
});
afterAll(async () => {
  await screens?.close();
  await month?.close();
});

test('a result that comes after the close says that the record stays, and leads to what was kept', async () => {
  const [auth] = await listExchanges(month.day.desk, billed);
  if (auth?.kind !== 'auth') throw new Error('no authorization file');
  const request = await downloadExchangeFile(month.day.desk, auth);
  const late = makeResult(request, (orderNumber) => (orderNumber === 'l02' ? '1' : '0'));
  const bring = async () =>
    await page
      .locator('input[type=file][aria-label="訂正された結果ファイルを取り込む"]')
      .setInputFiles({ name: 'result.csv', mimeType: 'text/csv', buffer: late });
  const there = `${screens.url}/merchants/${month.day.desk.merchant}/exchanges/${billed}/auth/1`;
  await page.goto(there);
  await bring();
  await page.getByText('記録は変更していません', { exact: false }).waitFor();
  await page.getByText('記録と違う行を訂正として残しました: 1 件 / 1,001 円').waitFor();
  expect(await look(page, 'late-result')).toEqual([]);

  await page.getByRole('link', { name: '締めた後の訂正を見る' }).click();
  await page.getByRole('row', { name: /l02 1,001 円/ }).waitFor();

  await page.goto(there);
  await bring();
  await page.getByText('新しく訂正として残す行はありませんでした。').waitFor();
});

test('the result of a file that was withdrawn has a place on its page, and stops its orders', async () => {
  const open = '2026-11';
  await month.begin(open, makeExport(numbered('w', 2)));
  const auth = await untilExchange(month, open, 'auth-1');
  const result = makeResult(await downloadExchangeFile(month.day.desk, auth));
  const reason = '渡していない';
  expect((await post(month, `${exchangePath(auth)}/withdrawal`, { reason })).status).toBe(200);

  await page.goto(`${screens.url}/merchants/${month.day.desk.merchant}/exchanges/${open}/auth/1`);
  await page.getByText('ペイジェントでは処理されています', { exact: false }).waitFor();
  expect(await look(page, 'result-of-withdrawn-file')).toEqual([]);
  await page
    .locator('input[type=file][aria-label="届いた結果ファイルを取り込む"]')
    .setInputFiles({ name: 'result.csv', mimeType: 'text/csv', buffer: result });
  await page
    .locator('input[aria-label="訂正された結果ファイルを取り込む"]')
    .waitFor({ state: 'attached' });
  const blocked = await untilCycle(month, open, ({ charges }) => !('planned' in charges));
  expect(blocked.charges).toEqual({ quarantined: { rows: 2, yen: 2001 } });
});
