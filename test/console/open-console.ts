import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { inject } from 'vitest';
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

const axeSource = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
/** Screenshots of a run, for whoever wants to see what the tests saw; not in git. */
export const screensDir = join(root, 'out', 'screens');

/** The console of a month in a real browser, as people use it. */
export interface OpenConsole {
  readonly url: string;
  /** A browser of its own, logged in by the form. */
  logIn(role: Role, login?: string): Promise<Page>;
  /** What pages said on their consoles: errors, refused styles and scripts. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export async function openConsole(month: Month): Promise<OpenConsole> {
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
  return {
    url: server.url,
    complaints,
    async logIn(role, login = role) {
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
      const context = await browser.newContext({
        locale: 'ja-JP',
        timezoneId: 'Asia/Tokyo',
        viewport: { width: 1280, height: 900 },
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
      await page.goto(server.url);
      await page.getByLabel('ログイン名').fill(login);
      await page.locator('input[type=password]').fill(password);
      await page.getByRole('button', { name: 'ログイン', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: '今月' }).waitFor();
      return page;
    },
    async close() {
      for (const context of contexts) await context.close();
      await browser.close();
      await server.close(1000);
      rmSync(consoleDir, { recursive: true, force: true });
    },
  };
}

interface AxeViolation {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];

/** What is seriously wrong on the page, in the colours that are on: by WCAG A and AA, or by some rules. */
async function findBarriers(page: Page, rules: readonly string[] = wcag): Promise<string[]> {
  if (await page.evaluate('window.axe === undefined')) await page.evaluate(axeSource);
  const violations = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(rules)} }).then((r) => r.violations)`,
  )) as AxeViolation[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
    );
}

/**
 * Looks at the page in light and in dark, and keeps a picture of it.
 *
 * @returns barriers of WCAG A and AA, and words that were not filled in
 */
export async function look(page: Page, name: string): Promise<string[]> {
  await wear(page, 'light');
  const light = await findBarriers(page);
  await page.screenshot({ path: join(screensDir, `${name}.png`), fullPage: true });
  await wear(page, 'dark');
  // In the dark only the colours are others.
  const dark = await findBarriers(page, ['color-contrast']);
  await wear(page, 'light');
  const text = (await page.locator('body').textContent()) ?? '';
  const unfilled = text.match(/\{\{\w+\}\}/g) ?? [];
  return [
    ...light.map((found) => `light ${found}`),
    ...dark.map((found) => `dark ${found}`),
    ...unfilled.map((found) => `unfilled ${found}`),
  ];
}

/** Colours change over a moment: what is looked at before is between the two. */
async function wear(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  const root = page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`);
  await root.waitFor({ state: 'attached' });
  // Ended, not waited for: one that stands still would never be done. What turns until an answer comes
  // has no end.
  await page.evaluate(`for (const one of document.getAnimations()) {
    if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
  }`);
}
