import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type FileDrop, putFile } from '../../outside/file-drop.ts';
import { openSftp } from '../../outside/sftp.ts';
import { type LinkerSandbox, startLinkerSandbox } from '../../sandbox/linker/server.ts';

const day = 86_400_000;
const start = Date.parse('2026-11-22T00:00:00Z');
const at = (days: number) => new Date(start + days * day).toISOString();

const head = '旧カートの顧客番号(連携用ID),サブスクストアの顧客ID\r\n';
const linkFile = `${head}A-1,US-00000001\r\n0002,US-00000002\r\nA-3,US-00000003\r\n`;

let linker: LinkerSandbox;
async function startLinker(dataDir?: string): Promise<LinkerSandbox> {
  const started = await startLinkerSandbox({ dataDir });
  onTestFinished(() => started.stop());
  started.feedClock(at(0));
  return started;
}
beforeEach(async () => {
  linker = await startLinker();
  await register({});
});

const send = async (method: string, path: string, body: object) => {
  const response = await fetch(`${linker.url}${path}`, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const register = (merchant: object) =>
  send('PUT', '/merchants/shop', { encoding: 'utf-8', ...merchant });
const order = (fault: object) => send('POST', '/faults', { merchantId: 'shop', fault });
const upload = async (content = linkFile) =>
  await fetch(`${linker.url}/merchants/shop/link-files?fileName=link-001-01.csv`, {
    method: 'POST',
    body: content,
  });
const answer = async (n = 1) => await fetch(`${linker.url}/merchants/shop/answers/${n}`);
const rowsOf = async (n = 1) => {
  const text = await (await answer(n)).text();
  return text
    .trim()
    .split('\r\n')
    .map((line) => line.split(','));
};

test('answers after its delay, with a card for each customer', async () => {
  const taken = await upload();
  expect(taken.status).toBe(201);
  expect(await taken.json()).toMatchObject({ n: 1, customers: 3, dueAt: at(3) });
  linker.feedClock(at(2.9));
  expect((await answer()).status).toBe(409);
  linker.feedClock(at(3));
  const response = await answer();
  expect(response.headers.get('content-disposition')).toContain('link-001-01-cards.csv');
  const [names, ...rows] = await rowsOf();
  expect(names).toEqual([
    'サブスクストアの顧客ID',
    'カード番号下3桁',
    'カードブランド',
    '有効期限',
    'クロネコwebコレクトカード認証キー',
  ]);
  expect(rows.map(([id]) => id)).toEqual(['US-00000001', 'US-00000002', 'US-00000003']);
  for (const [, digits, , expiry, key] of rows) {
    expect([digits, expiry, key]).toEqual([
      expect.stringMatching(/^\d{3}$/),
      expect.stringMatching(/^\d\d(0[1-9]|1[0-2])$/),
      expect.stringMatching(/^[A-Z][A-Z2-9]{7}$/),
    ]);
  }
});

test('gives the same cards to a corrected file, and keeps all of it over a restart', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tsukigime-linker-'));
  onTestFinished(() => rm(dataDir, { recursive: true }));
  linker = await startLinkerSandbox({ dataDir });
  linker.feedClock(at(0));
  await register({ delayMs: 0, service: 'GMO' });
  await upload();
  const before = await rowsOf();
  await linker.stop();
  linker = await startLinker(dataDir);
  await upload(linkFile.replace('A-3', 'A-4'));
  const after = await rowsOf(2);
  expect(await rowsOf(1)).toEqual(before);
  expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
  expect(after[3]?.slice(1, 4)).not.toEqual(before[3]?.slice(1, 4));
});

describe('answers as it was ordered to, once', () => {
  beforeEach(async () => {
    await register({ delayMs: 0 });
  });
  const ids = async (n = 1) => (await rowsOf(n)).slice(1).map(([id]) => id?.slice(-1));

  test('with customers missing, several cards, rows that are wrong or doubled', async () => {
    await order({ kind: 'customer_missing' });
    await order({ kind: 'several_cards', customerIds: ['US-00000002'] });
    await order({ kind: 'wrong_row' });
    await order({ kind: 'row_doubled', customerIds: ['US-00000003'] });
    await upload();
    expect(await ids()).toEqual(['2', '2', '3', '3']);
    expect((await rowsOf())[3]?.[2]).toBe('NOBODYS CARD');
    await upload();
    expect(await ids(2)).toEqual(['1', '2', '3']);
  });

  test('with strangers, another order of columns, and half a file', async () => {
    await order({ kind: 'stranger' });
    await order({ kind: 'columns_reordered' });
    await upload();
    expect((await rowsOf()).map((row) => row[4])).toEqual([
      ...['サブスクストアの顧客ID', 'US-00000001', 'US-00000002', 'US-00000003', 'US-99999999'],
    ]);
    await order({ kind: 'cut_off', rows: 1 });
    await upload();
    expect(await ids(2)).toEqual(['1']);
  });
});

describe('refuses a link file', () => {
  test.each([
    ['three columns', `${head}A-1,US-00000001,x\r\n`, 'wrong_columns'],
    ['another ID', `${head}A-1,1\r\n`, 'customer_id_unreadable'],
    ['no old number', `${head},US-00000001\r\n`, 'old_number_missing'],
    ['nobody', head, 'empty'],
  ])('with %s', async (_name, content, type) => {
    const response = await upload(content);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ type });
  });

  test('in another encoding than agreed', async () => {
    await register({ encoding: 'utf-8' });
    const form = new FormData();
    form.append('file', new Blob([Buffer.from([0x8b, 0x8c, 0x0a])]), 'link.csv');
    const url = `${linker.url}/merchants/shop/link-files`;
    const response = await fetch(url, { method: 'POST', body: form });
    expect(await response.json()).toMatchObject({ type: 'wrong_encoding' });
  });
});

test('takes a link file over SFTP, and puts its answer there when it is ready', async () => {
  const { host, port, user, password, hostKey, dropFolder, answerFolder } =
    linker.sftpLogin('shop');
  async function within<Answer>(folder: string, act: (drop: FileDrop) => Promise<Answer>) {
    const drop = await openSftp({
      ...{ host, port, user, folder, hostKeys: [hostKey], credential: { password } },
      caller: { kind: 'sandbox', allowedHosts: [host] },
    });
    try {
      return await act(drop);
    } finally {
      await drop.close();
    }
  }
  async function* content() {
    yield Buffer.from(linkFile);
  }
  await within(dropFolder, (drop) => putFile(drop, 'link-001-01.csv', content()));
  const list = () => within(answerFolder, async (drop) => (await drop.list()).map((f) => f.name));
  expect(await list()).toEqual([]);
  linker.feedClock(at(3));
  expect(await list()).toEqual(['link-001-01-cards.csv']);
});
