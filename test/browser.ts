import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { inheritedEnvironment } from '../config.ts';

/** The one place that knows which browser the tests use. */

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Starts a real browser without a window; close it when done. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: findBrowser(),
    // Without a sandbox of its own it also runs as root in a container; it only visits this machine.
    args: ['--no-sandbox', '--disable-gpu'],
  });
}

/**
 * The browser of this machine: on PATH, else Playwright's own download, else installed by apt-get
 * where that is allowed.
 */
export function findBrowser(): string {
  const found = lookForBrowser() ?? (installBrowser() ? lookForBrowser() : null);
  if (found !== null) return found;
  throw new Error(
    'no browser for the tests of pages: install one with `apt-get install chromium` or `npx playwright-core install --with-deps chromium`',
  );
}

function lookForBrowser(): string | null {
  const folders = (inheritedEnvironment().PATH ?? '').split(delimiter).filter((dir) => dir !== '');
  const candidates = [...folders, '/usr/bin'].flatMap((dir) =>
    names.map((name) => join(dir, name)),
  );
  const downloaded = chromium.executablePath();
  if (existsSync(downloaded)) candidates.push(downloaded);
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Only root may; whether it worked is seen by looking again. */
function installBrowser(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
      execFileSync('apt-get', args, { stdio: 'ignore', timeout: 300_000 });
    }
    return true;
  } catch {
    return false;
  }
}
