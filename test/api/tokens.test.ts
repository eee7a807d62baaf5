import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

let api: RunningApi;
let admin: string;
let ownId: number;

beforeAll(async () => {
  api = await startApi();
  ownId = await api.addMerchant('own-shop');
  await api.addMerchant('other-shop');
  admin = await api.addToken('admin');
});

afterAll(() => api.close());

interface Made {
  tokenId: string;
  token: string;
  expiresAt: string | null;
}

const post = async (json: object, token = admin) =>
  await api.call('/v1/tokens', { method: 'POST', token, json });

const list = async (token: string) =>
  (
    (await (await api.call('/v1/tokens', { token })).json()) as {
      tokens: Record<string, unknown>[];
    }
  ).tokens;

test('a token works until it expires, on real time', async () => {
  const response = await post({
    actor: 'Hanako',
    role: 'viewer',
    merchants: ['own-shop'],
    expiresInDays: 1,
  });
  expect(response.status).toBe(201);
  const made = (await response.json()) as Made;
  expect(made.expiresAt).toBe('2026-11-23T00:00:00.000Z');
  const use = async () => (await api.call('/v1/merchants/own-shop', { token: made.token })).status;
  expect(await use()).toBe(200);
  api.setNow('2026-11-22T23:59:59.999Z');
  expect(await use()).toBe(200);
  api.setNow('2026-11-23T00:00:00.000Z');
  expect(await use()).toBe(401);
  api.setNow('2026-11-22T00:00:00.000Z');
});

test('a revoked token stops at once; revoking again changes nothing', async () => {
  const made = (await (
    await post({ actor: 'Taro', role: 'operator', merchants: 'all' })
  ).json()) as Made;
  const revoke = async () =>
    await api.call(`/v1/tokens/${made.tokenId}?reason=left`, { method: 'DELETE', token: admin });
  expect((await api.call('/v1/merchants', { token: made.token })).status).toBe(200);
  expect([(await revoke()).status, (await revoke()).status]).toEqual([204, 204]);
  expect((await api.call('/v1/merchants', { token: made.token })).status).toBe(401);
  const shown = (await list(admin)).find((token) => token.tokenId === made.tokenId);
  expect(shown).toMatchObject({ actor: 'Taro', revokedAt: '2026-11-22T00:00:00.000Z' });
  const { rows } = await sql<{ entry: string }>`
    select entry from audit_entries where chain_id = 0 and entry like ${`%"subject":"${made.tokenId}"%`}
    order by n`.execute(api.db);
  expect(rows.map((row) => (JSON.parse(row.entry) as { act: string }).act)).toEqual([
    'token.created',
    'token.revoked',
  ]);
});

test('the secret stands in its one answer and nowhere else', async () => {
  api.logLines.length = 0;
  const made = (await (
    await post({ actor: 'Secret', role: 'viewer', merchants: 'all' })
  ).json()) as Made;
  await api.call('/v1/merchants', { token: made.token });
  await api.call('/v1/merchants', { headers: { Authorization: `Basic ${made.token}` } });
  expect(made.token).toMatch(/^tsk_[A-Za-z0-9_-]{43}$/);
  const secret = made.token.slice(4);
  expect(api.logLines.join('')).not.toContain(secret);
  expect(JSON.stringify(await list(admin))).not.toContain(secret);
  const rows = await api.db.selectFrom('tokens').selectAll().orderBy('id', 'desc').execute();
  const hash = createHash('sha256').update(made.token).digest();
  expect(rows[0]?.token_hash.equals(hash)).toBe(true);
  const audit = await api.db.selectFrom('audit_entries').select('entry').execute();
  expect(JSON.stringify([rows, audit])).not.toContain(secret);
});

test('nobody hands out or takes away more than they hold', async () => {
  const own = await api.addToken('admin', { all: false, merchantIds: [ownId] });
  const everything = (await (
    await post({ actor: 'All', role: 'viewer', merchants: 'all' })
  ).json()) as Made;
  const both = (await (
    await post({ actor: 'Both', role: 'viewer', merchants: ['own-shop', 'other-shop'] })
  ).json()) as Made;
  expect(
    (await readProblem(await post({ actor: 'x', role: 'admin', merchants: 'all' }, own))).status,
  ).toBe(403);
  expect(
    await readProblem(await post({ actor: 'x', role: 'viewer', merchants: ['other-shop'] }, own)),
  ).toMatchObject({ status: 404, slug: 'merchant-not-found' });
  expect((await post({ actor: 'x', role: 'admin', merchants: ['own-shop'] }, own)).status).toBe(
    201,
  );
  const seen = (await list(own)).map((token) => token.tokenId);
  expect(seen).not.toContain(everything.tokenId);
  expect(seen).not.toContain(both.tokenId);
  expect(seen.length).toBeGreaterThan(0);
  for (const { tokenId, token } of [everything, both]) {
    const response = await api.call(`/v1/tokens/${tokenId}`, { method: 'DELETE', token: own });
    expect((await readProblem(response)).slug).toBe('token-not-found');
    expect((await api.call('/v1/merchants', { token })).status).toBe(200);
  }
});

test.each([
  { actor: 'x', role: 'owner', merchants: 'all' },
  { actor: 'x', role: 'viewer', merchants: [] },
  { actor: '', role: 'viewer', merchants: 'all' },
  { actor: 'x\ny', role: 'viewer', merchants: 'all' },
  { actor: 'x', role: 'viewer' },
  { actor: 'x', role: 'viewer', merchants: 'all', expiresInDays: 0 },
])('a token that makes no sense is not made: %j', async (json) => {
  expect((await post(json)).status).toBe(422);
});

test('a forged, cut or doubled header opens nothing', async () => {
  for (const value of [
    'Bearer',
    'Bearer ',
    `Bearer ${admin}x`,
    `Bearer ${admin.slice(0, -1)}`,
    admin,
  ]) {
    const response = await api.call('/v1/merchants', { headers: { Authorization: value } });
    expect(response.status, value.replace(admin, '…')).toBe(401);
  }
});
