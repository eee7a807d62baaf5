import type { Browser, Page } from 'playwright-core';
import { readText } from '../tidy/checkout.ts';

/**
 * Every page is looked at (look.ts) at least once in a run of the console's tests. Stories look at the
 * pages that they come by and answer for them here; `walkRoutes` are opened one after another by
 * cards.test.ts.
 */
export const storyRoutes = {
  month: [
    ...['/login', '', 'cycles', 'cycles/:month', 'cycles/:month/previews/:n'],
    ...['cycles/:month/report', 'exchanges', 'exchanges/:month/:kind/:number'],
    ...['reconciliation-desk', 'deadlines'],
  ],
  'ng-and-imports': [
    ...['cycles/:month/charges', 'cycles/:month/portal-captures', 'cycles/:month/voids'],
    ...['cycles/:month/inquiries', 'cycles/:month/inquiries/:n', 'corrections'],
    ...['ng-cases', 'ng-cases/:month/:order', 'ng-report', 'orders', 'imports/:number'],
    ...['customers', 'customers/:customerId', 'customers/number/:customerNumber', 'registers'],
    ...['send-errors', 'schedules', 'webhooks/:webhook', '/'],
    ...['carrier-results/:result', 'customer-mail-templates/:kind'],
  ],
  cards: [
    ...['card-migrations/:number', 'card-migrations/:number/returned-files/:n'],
    ...['card-refreshes/:month', 'card-expiries', 'card-locks', 'card-locks/:lock'],
    ...['card-refresh-settings', 'mails/:key', 'jobs', 'subscriptions'],
  ],
} as const satisfies Record<string, readonly string[]>;

export interface ConsoleRoute {
  /** As in routes.tsx: below a merchant, or from '/' on; the merchant's first page is ''. */
  readonly path: string;
  /** The page's source below console/. */
  readonly source: string;
}

/** The pages and their addresses, as the route table has them. */
export function readConsoleRoutes(): ConsoleRoute[] {
  const table = readText('console/src/routes.tsx');
  const entries = table.matchAll(
    /(?:path: '([^']+)'|(index): true),[^{}]*?import\('\.\/(pages\/[\w-]+\.tsx)'\)/g,
  );
  return [...entries].map(([, path = '', , source = '']) => ({ path, source: `src/${source}` }));
}

/** Pages that need nothing but a merchant, and that no story looks at. */
export function walkRoutes(): string[] {
  const told = new Set<string>(Object.values(storyRoutes).flat());
  return readConsoleRoutes()
    .map(({ path }) => path)
    .filter((path) => !told.has(path) && !path.includes(':'));
}

/** By browser: each file of tests has its own. */
const seen = new WeakMap<Browser, Set<string>>();

/** Notes that this page was looked at. */
export function markLookedAt(page: Page): void {
  const browser = page.context().browser();
  if (browser === null) return;
  const { pathname } = new URL(page.url());
  const below = /^\/merchants\/[^/]+\/?(.*)$/.exec(pathname)?.[1];
  const found = readConsoleRoutes().filter(({ path }) => {
    const address = path.startsWith('/') ? pathname : below;
    return address !== undefined && new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`).test(address);
  });
  const paths = [...(seen.get(browser) ?? []), ...found.map(({ path }) => path)];
  seen.set(browser, new Set(paths));
}

/** Of these pages those that were not looked at in this browser. */
export function findUnseen(browser: Browser, routes: readonly string[]): string[] {
  return routes.filter((path) => seen.get(browser)?.has(path) !== true);
}
