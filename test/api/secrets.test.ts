import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { parseEncryptionKeys } from '../../config.ts';
import { readSecret } from '../../db/queries/secrets.ts';
import { cardLikeNumber } from '../db/card-like-number.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

let api: RunningApi;
let shop: number;
let token: string;

beforeAll(async () => {
  api = await startApi();
  shop = await api.addMerchant('secret-shop');
  token = await api.addToken('admin');
});

afterAll(() => api.close());

const put = (path: string, json: unknown) =>
  api.call(`/v1/merchants/secret-shop${path}`, { method: 'PUT', token, json });
const get = async (path: string) =>
  await (await api.call(`/v1/merchants/secret-shop${path}`, { token })).json();
const keys = parseEncryptionKeys(inject('fileKeys'));

test('a secret goes in, never out, and is in no log and no audit', async () => {
  const value = `秘密-${randomBytes(9).toString('hex')}`;
  const set = await put('/secrets/sftp-password', { value });
  expect(set.status).toBe(200);
  expect(await set.json()).toMatchObject({ name: 'sftp-password', version: 1 });
  expect(await readSecret(api.db, shop, 'sftp-password', keys)).toBe(value);

  const listed = await get('/secrets');
  expect(listed).toMatchObject({ secrets: [{ name: 'sftp-password', version: 1 }] });
  const audit = await get('/audit');
  expect(JSON.stringify(audit)).toContain('secret.set');
  expect(JSON.stringify([listed, audit, api.logLines])).not.toContain(value);
});

test('a card number is no secret that is kept', async () => {
  const value = `4x ${cardLikeNumber()}`;
  const problem = await readProblem(await put('/secrets/card', { value }));
  expect(problem).toMatchObject({ status: 422, slug: 'card-number-found' });
  expect(await readSecret(api.db, shop, 'card', keys)).toBeNull();
  expect(api.logLines.join()).not.toContain(value);
});

test.each(['UPPER', 'a b', '-a', 'a'.repeat(65)])('a secret is not called %s', async (name) => {
  const response = await put(`/secrets/${encodeURIComponent(name)}`, { value: 'v' });
  expect((await readProblem(response)).slug).toBe('invalid-fields');
});

test('a host is allowed and disallowed, with the reason in the audit', async () => {
  await put('/allowed-hosts/Files.Shop.Example', { allowed: true, reason: 'VPN 経由' });
  await put('/allowed-hosts/10.0.0.5', { allowed: true, reason: '社内サーバー' });
  await put('/allowed-hosts/10.0.0.5', { allowed: false, reason: '廃止' });
  expect(await get('/allowed-hosts')).toMatchObject({
    hosts: [
      { host: '10.0.0.5', allowed: false, reason: '廃止' },
      { host: 'files.shop.example', allowed: true, reason: 'VPN 経由' },
    ],
  });
  expect(JSON.stringify(await get('/audit'))).toContain('社内サーバー');
});
