import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../api/dependencies.ts';
import { openDatabase } from '../../db/database.ts';
import { cardLikeNumber } from '../db/card-like-number.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

const uploadBytes = 3 * 1024 * 1024;
let api: RunningApi;
let operator: string;

beforeAll(async () => {
  api = await startApi({
    limits: { ...defaultLimits, uploadBytes, uploadsAtOnce: 2, uploadSilenceMs: 4000 },
  });
  await api.addMerchant('file-shop');
  operator = await api.addToken('operator');
});

afterAll(() => api.close());

interface Stored {
  sha256: string;
  bytes: number;
  name: string;
  kind: string;
  alreadyStored: boolean;
}

const path = '/v1/merchants/file-shop/files';

async function upload(body: RequestInit['body'], name = 'orders.csv', kind = 'order-export') {
  return await api.call(`${path}?name=${encodeURIComponent(name)}&kind=${kind}`, {
    method: 'POST',
    token: operator,
    body: body ?? null,
    headers: { 'Content-Type': 'application/octet-stream' },
    duplex: 'half',
  } as RequestInit);
}

test('what is stored comes back byte for byte, under a safe name', async () => {
  const bytes = randomBytes(2_500_000);
  const response = await upload(bytes, '11月 "受注".csv');
  expect(response.status).toBe(201);
  const stored = (await response.json()) as Stored;
  expect(stored).toMatchObject({
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.byteLength,
    kind: 'order-export',
    alreadyStored: false,
  });
  expect(Object.keys(stored)).not.toContain('fileId');
  const download = await api.call(`${path}/${stored.sha256}`, { token: operator });
  expect(download.headers.get('content-type')).toBe('application/octet-stream');
  expect(download.headers.get('content-length')).toBe(String(bytes.byteLength));
  expect(download.headers.get('content-disposition')).toBe(
    `attachment; filename="11? \\"??\\".csv"; filename*=UTF-8''11%E6%9C%88%20%22%E5%8F%97%E6%B3%A8%22.csv`,
  );
  expect(Buffer.from(await download.arrayBuffer()).equals(bytes)).toBe(true);
});

test('an empty file is a file', async () => {
  const stored = (await (await upload('')).json()) as Stored;
  const download = await api.call(`${path}/${stored.sha256}`, { token: operator });
  expect(await download.text()).toBe('');
});

test('the same bytes again are 200 and the file that is there', async () => {
  const first = await upload('a,b\r\n9,9\r\n', 'first.csv');
  const again = await upload('a,b\r\n9,9\r\n', 'second.csv', 'auth-result');
  expect([first.status, again.status]).toEqual([201, 200]);
  expect(await again.json()).toMatchObject({
    name: 'first.csv',
    kind: 'order-export',
    alreadyStored: true,
  });
});

test('who put a file in and who took it out is in the audit', async () => {
  const { sha256 } = (await (await upload('audited')).json()) as Stored;
  await (await api.call(`${path}/${sha256}`, { token: operator })).text();
  const { rows } = await sql<{ entry: string }>`
    select entry from audit_entries where entry like ${`%${sha256}%`}`.execute(api.db);
  expect(rows.map((row) => JSON.parse(row.entry) as object)).toMatchObject([
    { act: 'file.stored', actor: 'operator of the test' },
    { act: 'file.downloaded', actor: 'operator of the test' },
  ]);
});

describe('refused, with nothing kept', () => {
  const count = async () =>
    (
      await sql<{ n: number }>`
      select (select count(*) from files) + (select count(*) from file_chunks) as n`.execute(api.db)
    ).rows[0]?.n;

  test.each(['in its bytes', 'in its name'])('a card number %s', async (place) => {
    const before = await count();
    const number = cardLikeNumber();
    const response =
      place === 'in its name'
        ? await upload('a,b\r\n1,2\r\n', `${number}.csv`)
        : await upload(`注文番号,備考\r\n1,なし\r\n2,${number}\r\n`);
    const text = await response.clone().text();
    const problem = await readProblem(response);
    expect(problem).toMatchObject({ status: 422, slug: 'card-number-found' });
    expect(problem.errors[0]?.path).toBe(
      place === 'in its name' ? 'query.name' : 'line 3, column 備考',
    );
    expect(text).not.toContain(number);
    expect(api.logLines.join('')).not.toContain(number);
    expect(await count()).toBe(before);
  });

  test('a file over the limit, announced or not', async () => {
    const before = await count();
    const announced = await upload(Buffer.alloc(uploadBytes + 1, 'x'));
    expect(await readProblem(announced)).toMatchObject({ status: 413, slug: 'body-too-large' });
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        if (sent > 2 * (uploadBytes / 65_536)) controller.close();
        else controller.enqueue(new Uint8Array(65_536).fill(120));
      },
    });
    expect((await readProblem(await upload(endless))).slug).toBe('body-too-large');
    expect(await count()).toBe(before);
  });

  test.each([
    ['text/html', {}],
    ['text/csv', { 'Content-Encoding': 'gzip' }],
  ])('%s %j', async (type, headers) => {
    const response = await api.call(`${path}?name=a.csv&kind=order-export`, {
      method: 'POST',
      token: operator,
      body: 'a,b',
      headers: { 'Content-Type': type, ...headers },
    });
    expect((await readProblem(response)).slug).toBe('content-type-not-supported');
  });

  test.each(['../etc/passwd', 'a\\b', 'a\u0000b', 'a\u202eb', '..', ' ', 'x'.repeat(201)])(
    'the name %j',
    async (name) => {
      expect((await readProblem(await upload('a', name))).errors[0]?.path).toBe('query.name');
    },
  );

  test('an unknown kind', async () => {
    expect((await readProblem(await upload('a', 'a.csv', 'auth-file'))).errors[0]?.path).toBe(
      'query.kind',
    );
  });
});

test('a third upload at once is told to wait, a silent one is cut', async () => {
  const silent = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array(100));
      },
    });
  const open = [upload(silent()), upload(silent())].map((sent) => sent.catch(() => 'cut' as const));
  await expect.poll(() => api.uploadsRunning(), { timeout: 60_000 }).toBe(2);
  const third = await upload('quick');
  expect(third.headers.get('retry-after')).toBe('5');
  expect((await readProblem(third)).slug).toBe('busy');
  expect(await Promise.all(open)).toEqual(['cut', 'cut']);
  await expect.poll(() => api.uploadsRunning(), { timeout: 60_000 }).toBe(0);
  expect((await upload('quick')).status).toBe(201);
});

test('a reader who leaves early is no failure of ours', async () => {
  const { sha256 } = (await (await upload(randomBytes(uploadBytes), 'left.csv')).json()) as Stored;
  api.logLines.length = 0;
  const leave = new AbortController();
  const download = await api.call(`${path}/${sha256}`, { token: operator, signal: leave.signal });
  await download.body?.getReader().read();
  leave.abort();
  await expect.poll(() => api.logLines.join('')).toContain('"status":"cut"');
  expect(api.logLines.join('')).not.toContain('"level":50');
});

test('a damaged file never looks whole to its reader', async () => {
  const { sha256 } = (await (await upload(randomBytes(2_500_000), 'damaged.csv')).json()) as Stored;
  const owner = openDatabase(api.ownerUrl);
  const damage = async (n: number) =>
    await sql`update file_chunks set data = set_byte(data, 50, 255 - get_byte(data, 50))
      where n = ${n} and file_id = (select id from files where sha256 = ${sha256})`.execute(owner);
  await damage(2);
  const half = await api.call(`${path}/${sha256}`, { token: operator });
  await expect(half.arrayBuffer()).rejects.toThrow();
  await damage(1);
  const none = await api.call(`${path}/${sha256}`, { token: operator });
  expect(await readProblem(none)).toMatchObject({ status: 500, slug: 'file-unreadable' });
  await owner.destroy();
});
