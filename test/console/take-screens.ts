// Pictures of the console for docs/screens, over a demo that runs:
// `npx tsx test/console/take-screens.ts <console's address> <login> <password>`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from '../browser.ts';
import { root } from '../tidy/checkout.ts';

const folder = join(root, 'docs', 'screens');
/** Where each picture is taken, below the merchant's page. */
const places = {
  'this-month': '',
  cycle: 'cycles/{month}',
  'cycle-report': 'cycles/{month}/report',
  'ng-cases': 'ng-cases',
  orders: 'orders',
  deadlines: 'deadlines',
} as const;

const [address = '', login = '', password = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await launchBrowser();
try {
  const page = await browser.newPage({
    locale: 'ja-JP',
    timezoneId: 'Asia/Tokyo',
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
  });
  await page.goto(address);
  await page.getByLabel('ログイン名').fill(login);
  await page.locator('input[type=password]').fill(password);
  await page.getByRole('button', { name: 'ログイン', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: '今月' }).waitFor();
  const home = page.url().replace(/\/$/, '');
  await page.goto(`${home}/cycles`);
  const month = await page
    .getByRole('table')
    .getByRole('link', { name: /^\d{4}-\d{2}$/ })
    .first()
    .textContent();
  for (const [name, place] of Object.entries(places)) {
    await page.goto(`${home}/${place.replace('{month}', month ?? '')}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page
      .locator('[role=status][aria-label=読み込んでいます]')
      .first()
      .waitFor({ state: 'detached' });
    await page.waitForLoadState('networkidle');
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }
} finally {
  await browser.close();
}
