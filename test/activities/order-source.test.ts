import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { createOrderSourceActivities } from '../../activities/order-source.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { findFile, storeFile } from '../../db/queries/files.ts';
import { saveSettings } from '../../db/queries/settings.ts';
import { cardLikeNumber } from '../db/card-like-number.ts';
import { newFile, pieces } from '../db/new-file.ts';
import { at, type SourceShop, type SourceShops, startSourceShops } from './source-shop.ts';

const csv = (text: string) => `注文番号,購入金額\r\n${text}\r\n`;
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

let shops: SourceShops;

beforeAll(async () => {
  shops = await startSourceShops();
});
afterAll(() => shops.close());

const directoryShop = (more: object = {}) => shops.open(() => ({ kind: 'directory', ...more }));

describe('a month takes from its folder', () => {
  test('what stood still for a minute, once, and leaves it there', async () => {
    const shop = await directoryShop();
    const content = csv('1,100');
    shop.put('orders-2026-11.csv', content);
    expect(await shop.look(10)).toEqual({ sha256s: [], nextLookAt: at(11) });
    expect(await shop.look(11)).toEqual({ sha256s: [sha256(content)], nextLookAt: at(26) });
    expect(await findFile(shop.db, shop.merchantId, sha256(content))).toMatchObject({
      name: 'orders-2026-11.csv',
      kind: 'order-export',
      direction: 'inbound',
    });
    // Not read yet: it is handed out again. Not fetched again.
    expect(await shop.look(26)).toEqual({ sha256s: [sha256(content)], nextLookAt: at(41) });
    expect(await shop.files()).toHaveLength(1);
    expect(readdirSync(shop.folder)).toEqual(['orders-2026-11.csv']);
  });

  test('nothing that is still being written', async () => {
    const shop = await directoryShop();
    const whole = csv('1,100\r\n2,200');
    shop.put('orders-2026-11.csv', whole.slice(0, 20), at(1));
    await shop.look(1);
    shop.put('orders-2026-11.csv', whole.slice(0, 25), at(2));
    expect((await shop.look(2)).sha256s).toEqual([]);
    shop.put('orders-2026-11.csv', whole, at(3));
    expect((await shop.look(3)).sha256s).toEqual([]);
    expect((await shop.look(4)).sha256s).toEqual([sha256(whole)]);
  });

  test('its own exports and no other month’s, the newest last', async () => {
    const shop = await directoryShop();
    await shop.openMonth('2026-12', 5);
    shop.put('orders-2026-11-b.csv', csv('b,1'), at(1));
    shop.put('orders-2026-11-a.csv', csv('a,1'), at(2));
    shop.put('orders-2026-12.csv', csv('c,1'), at(3));
    const november = await shop.lookTwice(10);
    expect(november.sha256s).toEqual([sha256(csv('b,1')), sha256(csv('a,1'))]);
    expect((await shop.lookTwice(12, '2026-12')).sha256s).toEqual([sha256(csv('c,1'))]);
  });

  test('no bytes that it has already, under whatever name', async () => {
    const shop = await directoryShop();
    shop.put('orders-2026-11.csv', csv('1,100'), at(1));
    await shop.lookTwice(10);
    shop.put('orders-2026-11-again.csv', csv('1,100'), at(2));
    expect((await shop.lookTwice(20)).sha256s).toEqual([sha256(csv('1,100'))]);
    expect(await shop.files()).toHaveLength(2);
  });

  test('what was stored before it could be noted', async () => {
    const shop = await directoryShop();
    const content = csv('1,100');
    const file = newFile(pieces(Buffer.from(content)), { keys: shop.fileKeys });
    await storeFile(shop.db, shop.merchantId, file);
    shop.put('orders-2026-11.csv', content);
    expect((await shop.lookTwice(10)).sha256s).toEqual([sha256(content)]);
    expect(await shop.files()).toHaveLength(1);
  });

  test('an export of no named month only if no earlier month had it', async () => {
    const shop = await directoryShop({ pattern: 'export*.csv' });
    shop.put('export.csv', csv('november,1'), at(1));
    expect((await shop.lookTwice(10)).sha256s).toEqual([sha256(csv('november,1'))]);
    await shop.openMonth('2026-12', 20);
    expect((await shop.lookTwice(21, '2026-12')).sha256s).toEqual([]);
    // Both months are under way when it comes: its news may concern both.
    shop.put('export.csv', csv('december,1'), at(25));
    expect((await shop.lookTwice(30, '2026-12')).sha256s).toEqual([sha256(csv('december,1'))]);
    expect((await shop.lookTwice(40)).sha256s).toContain(sha256(csv('december,1')));
  });

  test('two months that look at once get each its own', async () => {
    const shop = await directoryShop();
    await shop.openMonth('2026-12', 0);
    shop.put('orders-2026-11.csv', csv('1,1'));
    shop.put('orders-2026-12.csv', csv('2,2'));
    await shop.look(1);
    const both = [shop.look(5), shop.look(5, '2026-12'), shop.look(5), shop.look(5, '2026-12')];
    const found = (await Promise.all(both)).map(({ sha256s }) => sha256s);
    const [november, december] = [[sha256(csv('1,1'))], [sha256(csv('2,2'))]];
    expect(found).toEqual([november, december, november, december]);
    expect(await shop.files()).toHaveLength(2);
  });
});

describe('a file that is no export', () => {
  test.each([
    ['holds a card number', csv(`1,${cardLikeNumber()}`), /カード番号/],
    ['is a workbook', `PK\x03\x04${'x'.repeat(600)}`, /xlsx/],
    ['is a login page', '<!DOCTYPE html><html></html>', /HTML/],
  ])('because it %s is refused once, with its reason', async (_why, content, reason) => {
    const shop = await directoryShop();
    shop.put('orders-2026-11.csv', content);
    for (const minute of [10, 11, 26, 41]) {
      expect((await shop.look(minute)).sha256s).toEqual([]);
    }
    expect(await shop.files()).toMatchObject([
      { name: 'orders-2026-11.csv', sha256: null, refusal: expect.stringMatching(reason) },
    ]);
    const notices = await shop.notices();
    expect(notices).toMatchObject([{ text: expect.stringMatching(reason) }]);
    expect(JSON.stringify([notices, await shop.files()])).not.toContain(cardLikeNumber());
    expect(await findFile(shop.db, shop.merchantId, sha256(content))).toBeUndefined();
    expect(await shop.error()).toBeNull();

    shop.put('orders-2026-11.csv', csv('1,100'), at(50));
    expect((await shop.lookTwice(60)).sha256s).toEqual([sha256(csv('1,100'))]);
  });

  test('a name that holds a card number is not written down', async () => {
    const shop = await directoryShop({ pattern: '*.csv' });
    shop.put(`${cardLikeNumber()}.csv`, csv('1,100'));
    expect((await shop.lookTwice(10)).sha256s).toHaveLength(1);
    expect(JSON.stringify(await shop.files())).not.toContain(cardLikeNumber());
  });

  test('that cannot be read comes again with newer settings only', async () => {
    const shop = await directoryShop();
    shop.put('orders-2026-11.csv', csv('1,100'));
    const { sha256s } = await shop.lookTwice(10);
    const [hash = ''] = sha256s;
    const { refuseOrderExport } = createOrderSourceActivities({
      db: shop.db,
      sources: { inboxDir: undefined },
    } as ActivityDependencies);
    const of = { merchant: shop.slug, month: '2026-11', now: at(12) };
    const refused = { ...of, sha256: hash, refusal: '「受注日時」列がありません。' };
    await refuseOrderExport(refused);
    await refuseOrderExport(refused);
    // Not one of this source: nothing to refuse.
    await refuseOrderExport({ ...refused, sha256: sha256('other') });
    expect((await shop.look(20)).sha256s).toEqual([]);
    expect(await shop.notices()).toMatchObject([{ text: expect.stringContaining('受注日時') }]);

    const orderSource = { kind: 'directory' as const, pollMinutes: 30 };
    await saveSettings(shop.db, shop.merchantId, {
      seenVersion: 1,
      settings: merchantSettingsSchema.parse({ orderSource }),
      actor: 'test',
      reason: 'columns',
      now: at(30),
    });
    expect(await shop.look(31)).toEqual({ sha256s, nextLookAt: at(61) });
  });
});

describe('a source that cannot be reached', () => {
  test('is noted, told after an hour, and forgotten when it is back', async () => {
    const shop = await directoryShop({ path: 'later' });
    expect(await shop.look(0)).toEqual({ sha256s: [], nextLookAt: at(15) });
    expect(await shop.error()).toMatch(/見つかりません/);
    await shop.look(30);
    expect(await shop.notices()).toEqual([]);
    await shop.look(60);
    await shop.look(75);
    expect(await shop.notices()).toHaveLength(1);
  });

  test('for want of an inbox is told at its first hour too', async () => {
    const shop = await shops.open(() => ({ kind: 'directory' }), {
      inboxDir: undefined,
    });
    await shop.look(0);
    expect(await shop.error()).toMatch(/TSUKIGIME_INBOX_DIR/);
  });

  test.each(['..', '../other-shop'])(
    'outside its own folder (%s) is told at once',
    async (path) => {
      const shop = await directoryShop({ path });
      mkdirSync(join(shop.inboxDir, 'other-shop'));
      await shop.look(0);
      await shop.look(15);
      expect(await shop.notices()).toHaveLength(1);
    },
  );
});

test('a month whose exports are handed in looks nowhere', async () => {
  const shop = await shops.open(() => ({ kind: 'upload' }));
  expect(await shop.look(1)).toEqual({ sha256s: [], nextLookAt: null });
});

// Held whole, 80 MB more would need as much more memory; what garbage waits for its collector is less.
test('80 MB pass through little more memory than eight do', async () => {
  const peakOf = async (megabytes: number) => {
    const shop = await directoryShop();
    const line = `${'注文する顧客の名前,'.repeat(8)}\r\n`;
    const rows = Math.ceil((megabytes * 1024 * 1024) / Buffer.byteLength(line));
    shop.put('orders-2026-11.csv', line.repeat(rows));
    await shop.look(1);
    return await fetchInChild(shop, at(5));
  };
  const [small, large] = [await peakOf(8), await peakOf(80)];
  expect(large.sha256s).toHaveLength(1);
  expect(large.peakKb - small.peakKb).toBeLessThan(50 * 1024);
});

async function fetchInChild(shop: SourceShop, now: string) {
  const child = fileURLToPath(new URL('./fixtures/fetch-child.ts', import.meta.url));
  const order = {
    databaseUrl: shop.databaseUrl,
    fileKeys: inject('fileKeys'),
    inboxDir: shop.inboxDir,
    of: { merchant: shop.slug, month: '2026-11', now },
  };
  const args = ['--import', 'tsx', '--max-semi-space-size=1', child, JSON.stringify(order)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as { sha256s: string[]; peakKb: number };
}
