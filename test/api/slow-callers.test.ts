import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApi, startApi, testLimits } from './running-api.ts';

/** Slowloris in its three places. None of them holds a connection, a transaction or others up. */
let api: RunningApi;
let admin: string;
beforeAll(async () => {
  const slow = { jsonBodyMs: 600, uploadGraceMs: 400, uploadPace: 1000, uploadsAtOnce: 2 };
  api = await startApi({ limits: { ...testLimits, ...slow } }, undefined, {
    headersTimeoutMs: 600,
  });
  await api.addMerchant('slow-shop');
  admin = await api.addToken('admin');
});
afterAll(() => api.close());

/** Sends the beginning, then a byte now and then until the other side closes. */
async function drip(beginning: string): Promise<void> {
  const { hostname, port } = new URL(api.url);
  const socket: Socket = connect(Number(port), hostname);
  // What was dripped into a closed connection comes back as a reset.
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(beginning);
  const dripping = setInterval(() => socket.write('a'), 50);
  socket.resume();
  await once(socket, 'close');
  clearInterval(dripping);
}

const post = (path: string, more: string) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${admin}\r\n${more}`;
const upload = '/v1/merchants/slow-shop/files?name=a.csv&kind=order-export';

test('headers that drip are cut, however many come', async () => {
  const many = Array.from({ length: 200 }, () => drip('GET /v1/merchants HTTP/1.1\r\nX-Slow: '));
  expect((await api.call('/v1/merchants', { token: admin })).status).toBe(200);
  await Promise.all(many);
});

test('a JSON body that drips is cut', async () => {
  await drip(
    post('/v1/merchants', 'Content-Type: application/json\r\nContent-Length: 99999\r\n\r\n"'),
  );
  // Also of somebody whom nobody knows.
  await drip(
    'POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n"',
  );
});

test('an upload that drips is cut, its transaction with it, and the next one comes in', async () => {
  const dripping = [1, 2].map(() =>
    drip(post(upload, 'Content-Type: text/csv\r\nContent-Length: 99999\r\n\r\nk,')),
  );
  await expect.poll(() => api.uploadsRunning(), { timeout: 60_000 }).toBe(2);
  await Promise.all(dripping);
  await expect.poll(() => api.uploadsRunning(), { timeout: 60_000 }).toBe(0);
  await expect.poll(openTransactions, { timeout: 60_000 }).toBe(0);
  const headers = { 'Content-Type': 'text/csv' };
  const good = await api.call(upload, { method: 'POST', token: admin, body: 'a,b\r\n', headers });
  expect(good.status).toBe(201);
});

async function openTransactions(): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from pg_stat_activity
     where datname = current_database() and state = 'idle in transaction'`.execute(api.db);
  return rows[0]?.n ?? -1;
}
