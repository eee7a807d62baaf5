import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { startCycle } from '../../sandbox/operator.ts';
import { advanceTo } from './hand-over-acts.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';
import { ask, makeExport, numbered, untilCycle, untilExchange } from './month-acts.ts';

/** A month whose shop leaves its exports in a folder. */
let inboxDir: string;
let folder: string;
let month: Month;
beforeAll(async () => {
  inboxDir = await mkdtemp(join(tmpdir(), 'tsukigime-inbox-'));
  month = await openMonth({ inboxDir });
  folder = join(inboxDir, month.day.desk.merchant);
  await mkdir(folder);
  const before = await findSettings(month.db, month.merchantId);
  if (before === undefined) throw new Error('a merchant has settings');
  await saveSettings(month.db, month.merchantId, {
    seenVersion: before.version,
    settings: {
      ...before.settings,
      orderSource: { kind: 'directory', path: folder, pattern: 'orders-*.csv', pollMinutes: 15 },
    },
    actor: 'test',
    reason: 'test',
    now: sandboxNow,
  });
});
afterAll(async () => {
  await month?.close();
  await rm(inboxDir, { recursive: true, force: true });
});

const hours = (count: number) => new Date(Date.parse(sandboxNow) + count * 3_600_000).toISOString();

test('exports are taken by themselves, a broken one is said and stops nothing, a newer one tells its news', async () => {
  await startCycle(month.day.desk, '2026-11');
  const waiting = await untilCycle(month, '2026-11', ({ stage }) => stage === 'collecting');
  expect(waiting.waitsFor).toContain('取り込み元を定期的に確認しています');
  await writeFile(join(folder, 'orders-0.csv'), '注文番号だけ\r\n1\r\n');
  await advanceTo(month, hours(1));
  const refused = await untilCycle(month, '2026-11', ({ stage }) => stage === 'collecting');
  expect(refused.selection).toBeNull();
  await vi.waitFor(
    async () => {
      const { text } = await ask(month, 'GET', '/notices');
      expect(text).toContain('orders-0.csv');
    },
    { timeout: 60_000, interval: 100 },
  );

  await writeFile(join(folder, 'orders-1.csv'), makeExport(numbered('61', 3)));
  await advanceTo(month, hours(2));
  expect(await untilExchange(month, '2026-11', 'auth-1')).toMatchObject({ records: 3 });

  // Later looks come four times a day: sooner where somebody asks, and again once the file stands still.
  await writeFile(join(folder, 'orders-2.csv'), makeExport(numbered('61', 4)));
  const asked = await ask(month, 'POST', '/order-source/looks', { month: '2026-11' });
  expect(asked.status).toBe(200);
  await advanceTo(month, hours(3));
  expect(await untilCycle(month, '2026-11', ({ unbilled }) => unbilled === 1)).toMatchObject({
    selection: { orders: 4, selected: 4 },
  });
  const exports = await ask(month, 'GET', '/cycles/2026-11/order-exports');
  expect(exports.body.exports).toMatchObject([
    { n: 1, fileName: 'orders-1.csv', added: 3 },
    { n: 2, fileName: 'orders-2.csv', added: 1, unchanged: 3 },
  ]);
});
