import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterEach, inject } from 'vitest';
import { listen } from '../../api/server.ts';
import type { Role } from '../../billing/role.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { createUser } from '../../db/queries/users.ts';
import { createWorkflowStarter } from '../../temporal/workflow-starter.ts';
import { cheapPasswordCost } from '../api/running-api.ts';
import { launchBrowser } from '../browser.ts';
import { root } from '../tidy/checkout.ts';
import { type Month, sandboxNow } from '../workflows/month.ts';
import { createOwnApi } from '../workflows/own-service.ts';
import { screensDir } from './look.ts';
import { findUnseen } from './routes.ts';

/** The console of a month in a real browser, as people use it. */
export interface OpenConsole {
  readonly url: string;
  /** A browser of its own in which this person is logged in already; it shows no page yet. */
  enter(role: Role, login?: string, timeZone?: string): Promise<Page>;
  /** The same at the login form, which is filled in. */
  openLogin(role: Role, timeZone: string): Promise<Page>;
  /** Logs out in every browser, by a double click, and closes the page. */
  leave(page: Page): Promise<void>;
  /** What pages said on their consoles: errors, refused styles and scripts. */
  readonly complaints: readonly string[];
  /** Of these pages those that nobody has looked at yet. */
  notLookedAt(routes: readonly string[]): string[];
  /** Of every page that is open, as it is now; a page that no longer answers is left out. */
  keepPictures(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Twice before the page can have noticed the first; by the mouse, the page may be gone for the second. */
export async function doubleClick(button: Locator): Promise<void> {
  await button.click({ trial: true });
  await button.evaluate((one) => {
    one.click();
    one.click();
  });
}

/** Keeps what the pages showed when a test of this file failed, beside the pictures of `look`. */
export function keepFailures(screens: () => OpenConsole | undefined): void {
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await screens()?.keepPictures(`failed-${task.id}`);
  });
}

/** @param month a `merchantId` of null: people have their role at all merchants, of which there may be none */
export async function openConsole(
  month: Pick<Month, 'db' | 'client' | 'taskQueue'> & { readonly merchantId: number | null },
): Promise<OpenConsole> {
  execFileSync(process.execPath, [join(root, 'cli/build-console.js')], { stdio: 'ignore' });
  mkdirSync(screensDir, { recursive: true });
  // A copy: whoever builds the console anew beside a run takes the parts away that pages load later.
  const consoleDir = mkdtempSync(join(tmpdir(), 'tsukigime-console-'));
  cpSync(join(root, 'console', 'dist'), consoleDir, { recursive: true });
  const api = createOwnApi({
    db: month.db,
    temporal: month.client,
    workflows: createWorkflowStarter(month.client, month.taskQueue),
    fileKeys: parseEncryptionKeys(inject('fileKeys')),
    consoleDir,
    temporalUiOrigin: 'http://127.0.0.1:8233',
  });
  const server = await listen(api, { host: '127.0.0.1', port: 0 });
  const browser: Browser = await launchBrowser();
  const complaints: string[] = [];
  const contexts: BrowserContext[] = [];
  async function openPage(timezoneId: string): Promise<Page> {
    const context = await browser.newContext({
      locale: 'ja-JP',
      timezoneId,
      viewport: { width: 1280, height: 800 },
      acceptDownloads: true,
      reducedMotion: 'reduce',
    });
    contexts.push(context);
    const page = await context.newPage();
    // Ten people may be at this machine: what is missing is missing after a minute.
    page.setDefaultTimeout(60_000);
    page.on('console', (message) => {
      // A session that is not there yet is asked for and refused: that is how the page learns it.
      const expected = /status of 401/.test(message.text());
      if (message.type() === 'error' && !expected) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    return page;
  }
  async function addPerson(role: Role, login: string): Promise<string> {
    const password = `${['kura', 'zono', 'mipe'].join(' ')} ${login.length}9`;
    await createUser(month.db, {
      login,
      name: login,
      password,
      cost: cheapPasswordCost,
      grants: [{ merchantId: month.merchantId, role, rights: [] }],
      // Chosen by themselves: no page asks them to change the password.
      actor: login,
      reason: null,
      now: sandboxNow,
    });
    return password;
  }
  return {
    url: server.url,
    complaints,
    async enter(role, login = role, timeZone = 'Asia/Tokyo') {
      const password = await addPerson(role, login);
      const page = await openPage(timeZone);
      const answer = await page.request.post(`${server.url}/v1/session`, {
        data: { login, password },
      });
      if (!answer.ok()) throw new Error(`${login}: ${answer.status()} ${await answer.text()}`);
      return page;
    },
    async openLogin(role, timeZone) {
      const password = await addPerson(role, role);
      const page = await openPage(timeZone);
      await page.goto(server.url);
      await page.getByLabel('ログイン名').fill(role);
      await page.locator('input[type=password]').fill(password);
      return page;
    },
    async leave(page) {
      const out = 'すべてのブラウザーからログアウトする';
      await page.getByRole('button', { name: 'アカウント' }).click();
      await page.getByRole('menuitem', { name: out }).click();
      // The login is shown at once, and then the page is left for it: closed in between, it never answers.
      const left = page.waitForEvent('load');
      await doubleClick(page.getByRole('dialog').getByRole('button', { name: out }));
      await left;
      await page.waitForURL(/\/login$/);
      await page.context().close();
    },
    notLookedAt: (routes) => findUnseen(browser, routes),
    async keepPictures(name) {
      for (const [index, page] of contexts.flatMap((context) => context.pages()).entries()) {
        const path = join(screensDir, `${name}-${index + 1}.png`);
        await page.screenshot({ path, timeout: 5000 }).catch(() => {});
        console.error(`${path}: ${page.url()}`);
      }
    },
    async close() {
      await browser.close();
      await server.close(1000);
      rmSync(consoleDir, { recursive: true, force: true });
    },
  };
}
