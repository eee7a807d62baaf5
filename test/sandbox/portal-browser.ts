import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Download, Locator, Page } from 'playwright-core';
import { makeDataDir, merchantId, type PortalSession } from './portal-session.ts';

/** A person's hands at the portal's pages, in a real browser. */
export interface PortalBrowser {
  readonly page: Page;
  /** Opens a page of the account by its path, such as `files`. */
  open(path: string): Promise<void>;
  /** Chooses a file and its kind and presses アップロード. */
  upload(bytes: Uint8Array, transactionKind: string, paymentKind?: string): Promise<void>;
  press(name: string): Promise<void>;
  follow(name: string): Promise<void>;
  /** The text of the one element that a CSS selector finds. */
  read(selector: string): Promise<string>;
  /** The title of the page. */
  readTitle(): Promise<string>;
  /** What a sentence in a frame says: an error, or that something is done. */
  readNotice(): Promise<string>;
  /** A table by its ID, row by row with its head, as it is read on the screen. */
  readTable(id: string): Promise<string[][]>;
  /** Two columns of names and values. */
  readFacts(): Promise<Record<string, string>>;
  /** The bytes that a link downloads. */
  download(link: Locator): Promise<{ name: string; bytes: Buffer }>;
  close(): Promise<void>;
}

export async function openPortalBrowser(
  browser: Browser,
  session: PortalSession,
): Promise<PortalBrowser> {
  const context = await browser.newContext({ acceptDownloads: true, locale: 'ja-JP' });
  const page = await context.newPage();
  const folder = await makeDataDir();
  // Nothing on these pages is a script: whatever speaks up is a hole.
  page.on('dialog', (dialog) => {
    throw new Error(`a page opened a dialog: ${dialog.message()}`);
  });
  /** Without scripts every button and link leads to a new page: it is there before anybody reads. */
  const goBy = async (control: Locator): Promise<void> => {
    const loaded = page.waitForEvent('load');
    await control.click();
    await loaded;
  };
  const press = (name: string) => goBy(page.getByRole('button', { name, exact: true }));
  const open = async (path: string): Promise<void> => {
    await page.goto(`${session.account.url}/portal/${merchantId}/${path}`);
  };
  const read = async (selector: string) => (await page.locator(selector).textContent()) ?? '';
  return {
    page,
    open,
    press,
    follow: (name) => goBy(page.getByRole('link', { name, exact: true }).first()),
    async upload(bytes, transactionKind, paymentKind = 'クレジットカード決済') {
      const path = join(folder, 'order120601093522.csv');
      await writeFile(path, bytes);
      await open('files');
      await page.getByLabel('取引ファイル', { exact: true }).setInputFiles(path);
      await page.getByLabel('決済種別', { exact: true }).selectOption(paymentKind);
      await page.getByLabel('取引種別', { exact: true }).selectOption(transactionKind);
      await press('アップロード');
    },
    read,
    readTitle: () => read('h1'),
    readNotice: () => read('.notice'),
    async readTable(id) {
      const rows = page.locator(`#${id} tr`);
      if ((await rows.count()) === 0) throw new Error(`no table ${id}: ${await read('main')}`);
      return await rows.evaluateAll((found) =>
        found.map((row) => [...row.children].map((cell) => cell.textContent?.trim() ?? '')),
      );
    },
    async readFacts() {
      const rows = await page
        .locator('table.facts tr')
        .evaluateAll((found) =>
          found.map((row) => [...row.children].map((cell) => cell.textContent?.trim() ?? '')),
        );
      return Object.fromEntries(rows as [string, string][]);
    },
    async download(link) {
      const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
      return { name: download.suggestedFilename(), bytes: await readDownload(download) };
    },
    async close() {
      await context.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function readDownload(download: Download): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
