import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { root } from '../tidy/checkout.ts';
import { readmeDir, readmeScreens } from './readme-screens.ts';
import { markLookedAt } from './routes.ts';

const axeSource = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
/** Screenshots of a run, for whoever wants to see what the tests saw; not in git. */
export const screensDir = join(root, 'out', 'screens');

interface AxeViolation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];
/** What costs most and is not read: selectors of what was found, and all that is well. */
const frugal = { selectors: false, resultTypes: ['violations'], iframes: false, preload: false };

/** Header and menu: around every page of a merchant the same. */
const shell = [['.mantine-AppShell-header'], ['.mantine-AppShell-navbar']];
/** Browsers that have looked at the shell with a page before, by the rules that were asked for. */
const shellSeen = new Map<string, WeakSet<Browser>>();

/** What is seriously wrong, in the colours that are on: by WCAG A and AA, or by some rules. */
async function findBarriers(
  page: Page,
  { within, rules = wcag }: { readonly within?: string; readonly rules?: string[] } = {},
): Promise<string[]> {
  if (await page.evaluate('window.axe === undefined')) await page.evaluate(axeSource);
  const context =
    within ?? ((await isShellSeen(page, String(rules))) ? { exclude: shell } : undefined);
  const options = JSON.stringify({ ...frugal, runOnly: rules });
  const violations = (await page.evaluate(
    `axe.run(${JSON.stringify(context ?? { include: ['html'] })}, ${options}).then((r) => r.violations)`,
  )) as AxeViolation[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
    );
}

/** Whether header and menu were looked at by these rules; from now on they were. */
async function isShellSeen(page: Page, rules: string): Promise<boolean> {
  const browser = page.context().browser();
  if (browser === null || (await page.locator('.mantine-AppShell-navbar').count()) === 0)
    return false;
  const browsers = shellSeen.get(rules) ?? new WeakSet();
  const isSeen = browsers.has(browser);
  shellSeen.set(rules, browsers.add(browser));
  return isSeen;
}

/**
 * Looks at the page in light and in dark once all of it is there, and keeps a picture of it.
 *
 * @returns barriers of WCAG A and AA, words that were not filled in, and what makes a narrow page wider
 */
export async function look(page: Page, name: string): Promise<string[]> {
  await settled(page);
  markLookedAt(page);
  await wear(page, 'light');
  const light = await findBarriers(page);
  await page.screenshot({ path: join(screensDir, `${name}.png`), fullPage: true });
  if (readmeScreens.includes(name)) {
    await page.screenshot({ path: join(readmeDir, `${name}.png`) });
  }
  await wear(page, 'dark');
  // In the dark only the colours are others.
  const dark = await findBarriers(page, { rules: ['color-contrast'] });
  await wear(page, 'light');
  return [
    ...light.map((found) => `light ${found}`),
    ...dark.map((found) => `dark ${found}`),
    ...(await unfilled(page.locator('body'))),
    ...(await findTooWide(page)),
  ];
}

/** WCAG 1.4.10, which axe does not look at: in this width nothing but a table in its own frame scrolls. */
const narrow = 320;

/** What reaches over the edge of a narrow page, the outermost of each. */
async function findTooWide(page: Page): Promise<string[]> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: narrow, height: 800 });
  await settled(page);
  await finishMotion(page);
  const wide = (await page.evaluate(`(() => {
    const frames = (one) => one && (getComputedStyle(one).overflowX !== 'visible' || frames(one.parentElement));
    const over = [...document.body.querySelectorAll('*')].filter(
      (one) => one.checkVisibility() && one.getBoundingClientRect().right > ${narrow} + 1
        && !frames(one.parentElement),
    );
    return over.filter((one) => !over.includes(one.parentElement)).map(
      (one) => 'too wide <' + one.tagName + '> ' + (one.textContent ?? '').slice(0, 60),
    );
  })()`)) as string[];
  if (before !== null) await page.setViewportSize(before);
  return wide;
}

/** Looks at the dialog that is open, and at nothing behind it. @returns as `look` does */
export async function lookAtDialog(page: Page): Promise<string[]> {
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await finishMotion(page);
  return [...(await findBarriers(page, { within: '[role=dialog]' })), ...(await unfilled(dialog))];
}

/** Until nothing on the page is on its way any more: answers, and code that comes after the page's. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  // Rows of the question before are paler until those of this one have come.
  for (const coming of ['.mantine-Skeleton-root', '.former']) {
    await page.locator(coming).first().waitFor({ state: 'detached' });
  }
}

async function unfilled(place: Locator): Promise<string[]> {
  const text = (await place.textContent()) ?? '';
  return (text.match(/\{\{\w+\}\}/g) ?? []).map((found) => `unfilled ${found}`);
}

/** Colours change over a moment: what is looked at before is between the two. */
async function wear(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  const html = page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`);
  await html.waitFor({ state: 'attached' });
  await finishMotion(page);
}

/**
 * Ended, not waited for: what stands still would never be done. What turns until an answer comes has
 * no end.
 */
async function finishMotion(page: Page): Promise<void> {
  await page.evaluate(`for (const one of document.getAnimations()) {
    if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
  }`);
}
