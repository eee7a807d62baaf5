import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { holdSums, insertLargeMonth } from '../db/large-month.ts';
import { connectTestTemporal } from '../temporal.ts';
import { look } from './look.ts';
import { keepFailures, type OpenConsole, openConsole } from './open-console.ts';

/** What keeps a large month open, while its sums are still being counted and after. */
let database: TestDatabase;
let db: Db;
let owner: Db;
let temporal: Awaited<ReturnType<typeof connectTestTemporal>>;
let screens: OpenConsole;
let page: Page;
keepFailures(() => screens);
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 5 });
  owner = openDatabase(database.ownerUrl, { maxConnections: 2 });
  temporal = await connectTestTemporal();
  const { client } = temporal;
  const taskQueue = temporal.taskQueue('nobody');
  screens = await openConsole({ db, client, taskQueue, merchantId: null });
  page = await screens.enter('operator');
});
afterAll(async () => {
  await screens?.close();
  await temporal?.close();
  await owner?.destroy();
  await db?.destroy();
  await database?.drop();
});

const follows = '記録の件数と金額が合うかを集計しています';
const broken = '判定のない取込行';

test('a page of a large month says what it knows, and says nothing of being done while it adds up', async () => {
  const { slug } = await insertLargeMonth(owner, [100, 200]);
  const merchant = `${screens.url}/merchants/${slug}`;
  const sums = await holdSums(database.ownerUrl);
  await page.goto(`${merchant}/cycles/2026-11`);
  const open = page.getByRole('region', { name: '締めるまでに残っていること' });
  await open.getByRole('row', { name: /未送信 2/ }).waitFor();
  await open.getByText(follows, { exact: false }).waitFor();
  const now = page.getByRole('region', { name: '現在の状況' });
  await now.getByText('件数と金額が合うかを集計しています', { exact: false }).waitFor();
  expect(await now.getByText('すべて合っています').count()).toBe(0);
  expect(await look(page, 'open-rows-pending')).toEqual([]);
  await open.getByRole('button', { name: '未送信' }).click();
  await open.getByRole('row', { name: /order-2 200 円/ }).waitFor();
  await sums.release();
  await open.getByRole('button', { name: '理由の一覧へ戻る' }).click();
  await open.getByRole('row', { name: new RegExp(`${broken} 1`) }).waitFor();
  await open.getByText(follows, { exact: false }).waitFor({ state: 'detached' });
  await now.getByRole('alert').getByText('取込件数と判定件数', { exact: false }).waitFor();
  await now.getByText('集計しています', { exact: false }).waitFor({ state: 'detached' });
});

test('where nothing else is open, neither page gives an all-clear before the sums are there', async () => {
  const { slug } = await insertLargeMonth(owner, []);
  const merchant = `${screens.url}/merchants/${slug}`;
  const sums = await holdSums(database.ownerUrl);
  await page.goto(`${merchant}/cycles/2026-11`);
  const open = page.getByRole('region', { name: '締めるまでに残っていること' });
  await open.getByText(follows, { exact: false }).waitFor();
  expect(await open.getByText('残っている行はありません').count()).toBe(0);
  await page.goto(merchant);
  const tasks = page.getByRole('region', { name: '対応が必要なこと' });
  await tasks.getByText(follows, { exact: false }).waitFor();
  expect(await tasks.getByText('対応が必要なことはありません').count()).toBe(0);
  await sums.release();
  await tasks.getByRole('link', { name: broken }).waitFor();
  await tasks.getByText(follows, { exact: false }).waitFor({ state: 'detached' });
});
