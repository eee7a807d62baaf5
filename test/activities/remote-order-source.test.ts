import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxSftpServer, startSftpServer } from '../../sandbox/sftp-server.ts';
import { dropExport } from '../../sandbox/shop/export-drop.ts';
import { type SandboxExportServer, startExportServer } from '../../sandbox/shop/export-server.ts';
import { makeAuthority } from '../outside/certificates.ts';
import { at, type SourceShop, type SourceShops, startSourceShops } from './source-shop.ts';

const secret = randomBytes(9).toString('hex');
const authority = makeAuthority();
const servers: { close(): Promise<void> }[] = [];
let shops: SourceShops;

beforeAll(async () => {
  shops = await startSourceShops();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(() => shops.close());

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

describe('over SFTP', () => {
  async function open(): Promise<{ shop: SourceShop; server: SandboxSftpServer }> {
    const folder = mkdtempSync(join(tmpdir(), 'tsukigime-shop-'));
    const server = await startSftpServer([{ user: 'tsukigime', password: secret, folder }]);
    servers.push(server);
    const { port, hostKey } = server;
    const shop = await shops.open(() => ({
      kind: 'sftp',
      host: '127.0.0.1',
      port,
      user: 'tsukigime',
      secretName: 'shop-sftp',
      hostKeys: [hostKey],
      folder: '/',
    }));
    await shop.setSecret('shop-sftp', secret);
    return { shop: { ...shop, folder }, server };
  }
  const orders = { month: '2026-11', orders: 2000 };

  test('the shop’s export is taken as it is', async () => {
    const { shop } = await open();
    const path = await dropExport(shop.folder, 'orders-2026-11.csv', orders);
    expect((await shop.lookTwice(1)).sha256s).toEqual([sha256(readFileSync(path))]);
  });

  test.each([0, 10_000, 200_000])('a line cut after %i bytes loses nothing', async (bytes) => {
    const { shop, server } = await open();
    const path = await dropExport(shop.folder, 'orders-2026-11.csv', orders);
    await shop.look(1);
    server.faults.cutDownloadAfterBytes = bytes;
    expect((await shop.look(2)).sha256s).toEqual([]);
    expect(await shop.error()).toMatch(/途中で切れました/);
    expect(await shop.files()).toEqual([]);
    server.faults.cutDownloadAfterBytes = null;
    expect((await shop.look(17)).sha256s).toEqual([sha256(readFileSync(path))]);
    expect(await shop.error()).toBeNull();
  });

  test('a half-written export waits for its other half', async () => {
    const { shop } = await open();
    await dropExport(shop.folder, 'orders-2026-11.csv', orders, 5000);
    expect((await shop.look(1)).sha256s).toEqual([]);
    const path = await dropExport(shop.folder, 'orders-2026-11.csv', orders);
    expect((await shop.look(2)).sha256s).toEqual([]);
    expect((await shop.look(3)).sha256s).toEqual([sha256(readFileSync(path))]);
  });

  test('a changed host key is told at once and sees no password', async () => {
    const { shop, server } = await open();
    server.changeHostKey();
    await shop.look(1);
    await shop.look(16);
    expect(server.triedLogins).toEqual([]);
    expect(await shop.notices()).toMatchObject([{ text: expect.stringContaining('ホスト鍵') }]);
  });

  test('a refused login and a missing secret say so, without the secret', async () => {
    const { shop, server } = await open();
    server.faults.refusedLogins = 10;
    await shop.look(1);
    expect(await shop.error()).toMatch(/ログインが拒否/);
    expect(JSON.stringify([await shop.notices(), await shop.error()])).not.toContain(secret);
    const { port, hostKey } = server;
    const other = await shops.open(() => ({
      ...{ kind: 'sftp', host: '127.0.0.1', port, user: 'tsukigime', hostKeys: [hostKey] },
      secretName: 'never-set',
    }));
    await other.look(1);
    expect(await other.error()).toMatch(/never-set/);
  });
});

describe('over HTTPS', () => {
  async function open(
    authorization: string,
    auth: object,
  ): Promise<{ shop: SourceShop; server: SandboxExportServer }> {
    const folder = mkdtempSync(join(tmpdir(), 'tsukigime-shop-'));
    const server = await startExportServer({
      folder,
      certificate: authority.issue('127.0.0.1'),
      authorization,
    });
    servers.push(server);
    const { url } = server;
    const shop = await shops.open(() => ({
      kind: 'https',
      url: `${url}/orders-{YYYY-MM}.csv?from=tsukigime`,
      auth: auth as { kind: 'none' },
      certificateAuthority: authority.cert,
    }));
    await shop.setSecret('shop-token', secret);
    return { shop: { ...shop, folder }, server };
  }
  const bearer = () => open(`Bearer ${secret}`, { kind: 'bearer', secretName: 'shop-token' });
  const orders = { month: '2026-11', orders: 500 };

  test('the export is taken at the first look, and asked for news by its ETag', async () => {
    const { shop, server } = await bearer();
    const path = await dropExport(shop.folder, 'orders-2026-11.csv', orders);
    const first = sha256(readFileSync(path));
    expect(await shop.look(1)).toEqual({ sha256s: [first], nextLookAt: at(16) });
    await shop.look(16);
    expect(server.answers).toEqual(['orders-2026-11.csv 200', 'orders-2026-11.csv 304']);
    await dropExport(shop.folder, 'orders-2026-11.csv', { ...orders, orders: 501 });
    expect((await shop.look(31)).sha256s).toEqual([first, sha256(readFileSync(path))]);
  });

  test('what the month has may be taken away at the source: nobody is told of that', async () => {
    const { shop, server } = await bearer();
    const path = await dropExport(shop.folder, 'orders-2026-11.csv', orders);
    const { sha256s } = await shop.look(1);
    rmSync(path);
    expect((await shop.look(16)).sha256s).toEqual(sha256s);
    expect(server.answers.at(-1)).toBe('orders-2026-11.csv 404');
    expect(await shop.error()).toBeNull();
  });

  test('with a user and a password', async () => {
    const pair = Buffer.from(`shop:${secret}`).toString('base64');
    const auth = { kind: 'basic', user: 'shop', secretName: 'shop-token' };
    const { shop } = await open(`Basic ${pair}`, auth);
    await dropExport(shop.folder, 'orders-2026-11.csv', orders);
    expect((await shop.look(1)).sha256s).toHaveLength(1);
  });

  test.each([0, 1000, 20_000])('an answer cut after %i bytes loses nothing', async (bytes) => {
    const { shop, server } = await bearer();
    const path = await dropExport(shop.folder, 'orders-2026-11.csv', orders);
    server.faults.cutAfterBytes = bytes;
    expect((await shop.look(1)).sha256s).toEqual([]);
    expect(await shop.files()).toEqual([]);
    expect(await shop.error()).toMatch(/途中で切れました/);
    server.faults.cutAfterBytes = null;
    expect((await shop.look(16)).sha256s).toEqual([sha256(readFileSync(path))]);
    expect(await shop.error()).toBeNull();
  });

  test('a redirect is followed nowhere, a wrong token is told, no export yet is none', async () => {
    const { shop, server } = await bearer();
    await shop.look(1);
    expect(await shop.error()).toMatch(/まだありません/);
    server.faults.redirect = true;
    await shop.look(2);
    expect(await shop.error()).toMatch(/リダイレクト/);
    server.faults.redirect = false;
    await shop.setSecret('shop-token', 'another');
    await shop.look(3);
    expect(await shop.error()).toMatch(/401/);
    expect(server.answers.map((answer) => answer.split(' ')[1])).toEqual(['404', '302', '401']);
    expect(await shop.files()).toEqual([]);
  });

  test.each([
    ['with an ETag', true],
    ['without one', false],
  ])('an address that names no month, %s: no month takes an earlier one’s', async (_how, etag) => {
    const { server, shop: first } = await bearer();
    server.faults.noEtag = !etag;
    const shop = await shops.open(() => ({
      kind: 'https',
      url: `${server.url}/orders.csv`,
      auth: { kind: 'bearer', secretName: 'shop-token' },
      certificateAuthority: authority.cert,
    }));
    await shop.setSecret('shop-token', secret);
    const november = await dropExport(first.folder, 'orders.csv', orders);
    const hash = sha256(readFileSync(november));
    expect((await shop.look(1)).sha256s).toEqual([hash]);
    await shop.openMonth('2026-12', 10);
    expect((await shop.look(11, '2026-12')).sha256s).toEqual([]);
    await dropExport(first.folder, 'orders.csv', { ...orders, month: '2026-12' });
    const next = sha256(readFileSync(november));
    expect((await shop.look(12, '2026-12')).sha256s).toEqual([next]);
    expect((await shop.look(13)).sha256s).toEqual([hash, next]);
  });

  test('an address whose name leads elsewhere is not called', async () => {
    const { server } = await bearer();
    const shop = await shops.open(
      () => ({ kind: 'https', url: server.url.replace('127.0.0.1', 'shop.example') }),
      { resolve: async () => ['10.0.0.1'] },
    );
    await shop.look(1);
    expect(await shop.error()).toMatch(/接続しませんでした/);
    expect(server.answers).toEqual([]);
  });
});
