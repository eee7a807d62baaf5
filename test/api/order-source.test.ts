import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { fetchExports } from '../../activities/fetch-exports.ts';
import { sourceTester } from '../../activities/look-at-source.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { openCycle } from '../../db/queries/cycles.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

const inboxDir = mkdtempSync(join(tmpdir(), 'tsukigime-inbox-'));
const folder = join(inboxDir, 'source-shop', 'shop');
const fileKeys = parseEncryptionKeys(inject('fileKeys'));
let api: RunningApi;
let admin: string;
let operator: string;
let shop: number;

beforeAll(async () => {
  api = await startApi({
    testOrderSource: (merchant, of) =>
      sourceTester({ db: api.db, fileKeys, inboxDir })(merchant, of),
  });
  admin = await api.addToken('admin');
  operator = await api.addToken('operator');
  shop = await api.addMerchant('source-shop');
  mkdirSync(folder, { recursive: true });
});
afterAll(() => api.close());

const path = '/v1/merchants/source-shop/order-source';
const read = async () => await (await api.call(path, { token: operator })).json();
type Tried = { files: Record<string, string>[] };

const tryOut = (month: string) =>
  api.call(`${path}/test`, { method: 'POST', token: operator, json: { month } });

async function setSource(version: number, orderSource: object) {
  const json = { version, settings: { orderSource }, reason: 'test' };
  const url = '/v1/merchants/source-shop/settings';
  return await api.call(url, { method: 'PUT', token: admin, json });
}

test('uploads have no source, and nothing goes wrong with it', async () => {
  expect(await read()).toEqual({
    ...{ kind: 'upload', source: null, lookedAt: null, error: null, errorAt: null },
    files: [],
  });
  expect(await (await tryOut('2026-11')).json()).toMatchObject({ works: true, files: [] });
});

test('a test says what would be taken and takes nothing', async () => {
  await setSource(1, { kind: 'directory', path: 'shop' });
  writeFileSync(join(folder, 'orders-2026-11.csv'), '注文番号\r\n1\r\n');
  writeFileSync(join(folder, 'readme.txt'), '?');
  const tried = (await (await tryOut('2026-11')).json()) as Tried;
  expect(tried).toMatchObject({ works: true, problem: null });
  const verdicts = tried.files.map((file) => [file.name, file.verdict]);
  expect(Object.fromEntries(verdicts)).toEqual({
    'orders-2026-11.csv': 'settling',
    'readme.txt': 'other',
  });
  expect(await read()).toMatchObject({ kind: 'directory', lookedAt: null, files: [] });
  expect(readdirSync(folder)).toHaveLength(2);
});

test('what a month took is shown, the newest first', async () => {
  const now = '2026-11-22T00:00:00.000Z';
  const cycle = { billingMonth: '2026-11', startedBy: 'test', scope: 'all' as const, now };
  await openCycle(api.db, shop, cycle);
  const access = { db: api.db, fileKeys, inboxDir };
  const of = { merchant: 'source-shop', month: '2026-11' };
  await fetchExports(access, { ...of, now: '2026-11-22T00:01:00.000Z' });
  await fetchExports(access, { ...of, now: '2026-11-22T00:02:00.000Z' });
  expect(await read()).toMatchObject({
    source: 'directory:shop',
    lookedAt: '2026-11-22T00:02:00.000Z',
    files: [{ month: '2026-11', name: 'orders-2026-11.csv', refusal: null }],
  });
  const tried = (await (await tryOut('2026-11')).json()) as Tried;
  expect(tried.files).toContainEqual(
    expect.objectContaining({ name: 'orders-2026-11.csv', verdict: 'taken' }),
  );
});

test('a source that cannot be reached says why, in words', async () => {
  await setSource(2, { kind: 'directory', path: 'no-such-folder' });
  expect(await (await tryOut('2026-11')).json()).toMatchObject({
    works: false,
    problem: 'missing',
    detail: expect.stringContaining('見つかりません'),
    files: [],
  });
});

test('settings that cannot work and months that are none are refused', async () => {
  const bad = await setSource(3, { kind: 'sftp', host: 'a', user: 'u', secretName: 's' });
  const problem = await readProblem(bad);
  expect(problem.errors.map((error) => error.path)).toContain('body.settings.orderSource.hostKeys');
  expect((await readProblem(await tryOut('2026-13'))).slug).toBe('invalid-fields');
});
