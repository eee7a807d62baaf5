import { once } from 'node:events';
import { connect } from 'node:net';
import type { Connection } from '@temporalio/client';
import { sql } from 'kysely';
import pino from 'pino';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { defaultLimits } from '../../api/dependencies.ts';
import { createBoundedStarts } from '../../api/workflow-starts.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { openDatabase } from '../../db/database.ts';
import { isPortFree } from '../../stack/ports.ts';
import { reachTemporal } from '../../temporal/client.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

let api: RunningApi | undefined;

afterEach(async () => {
  await api?.close();
  api = undefined;
});

const reachNobody = () =>
  reachTemporal({
    address: '127.0.0.1:9',
    namespace: 'none',
    keys: parseEncryptionKeys(inject('payloadKeys')),
  });

test('ready with Postgres and Temporal there', async () => {
  api = await startApi();
  const response = await api.call('/readyz');
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    ready: true,
    postgres: 'ok',
    temporal: 'ok',
    stopping: false,
  });
});

test('with Postgres and Temporal away it lives, says so, and blames neither on the caller', async () => {
  const db = openDatabase('postgres://nobody@127.0.0.1:9/none');
  const temporal = reachNobody();
  api = await startApi({ db, temporal });
  expect((await api.call('/healthz')).status).toBe(200);
  const ready = await api.call('/readyz');
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ ready: false, postgres: 'away', temporal: 'away' });
  const response = await api.call('/v1/merchants', { token: `tsk_${'A'.repeat(43)}` });
  expect(response.headers.get('retry-after')).toBe('5');
  expect(await readProblem(response)).toMatchObject({ status: 503, slug: 'postgres-away' });
  await db.destroy();
  // Calls that nobody waits for any more are still tried again.
  await (temporal.connection as Connection).close();
});

test('with only Temporal away, starting and telling a workflow are 503, and soon', async () => {
  const temporal = reachNobody();
  api = await startApi({
    temporal,
    workflows: createBoundedStarts(temporal, 500),
    updateWaitMs: 500,
  });
  await api.addMerchant('lonely-shop');
  const operator = await api.addToken('operator');
  const post = async (path: string, json: object) =>
    await readProblem(
      (await api?.call(`/v1/merchants/lonely-shop/cycles${path}`, {
        method: 'POST',
        token: operator,
        json,
        headers: { 'Idempotency-Key': 'lonely-key' },
      })) as Response,
    );
  expect((await post('', { month: '2026-11' })).slug).toBe('temporal-away');
  const told = await post('/2026-11/order-export', { sha256: 'a'.repeat(64) });
  expect(told.slug).toBe('worker-away');
  await (temporal.connection as Connection).close();
});

test('a connection that Postgres ends is one failed request, not the end of the API', async () => {
  api = await startApi();
  const admin = await api.addToken('admin');
  const axe = openDatabase(api.appUrl, { applicationName: 'axe' });
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name <> 'axe'`.execute(axe);
  await axe.destroy();
  const statuses: number[] = [];
  await expect
    .poll(async () => {
      statuses.push((await api?.call('/v1/merchants', { token: admin }))?.status ?? 0);
      return statuses.at(-1);
    })
    .toBe(200);
  expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
});

describe('rate limits', () => {
  test('guessing tokens is stopped, also for the one good guess', async () => {
    api = await startApi({ limits: { ...defaultLimits, refusedPerMinute: 5 } });
    const admin = await api.addToken('admin');
    for (let i = 0; i < 5; i += 1) {
      expect((await api.call('/v1/merchants', { token: admin })).status).toBe(200);
      expect((await api.call('/v1/merchants', { token: 'guess' })).status).toBe(401);
    }
    const stopped = await api.call('/v1/merchants', { token: admin });
    expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await readProblem(stopped)).toMatchObject({ status: 429, slug: 'too-many-requests' });
  });

  test('many good requests at once are no guessing', async () => {
    api = await startApi({ limits: { ...defaultLimits, refusedPerMinute: 5 } });
    const admin = await api.addToken('admin');
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => api?.call('/v1/merchants', { token: admin })),
    );
    expect(new Set(answers.map((answer) => answer?.status))).toEqual(new Set([200]));
  });

  test('public routes are counted by address, a token by itself', async () => {
    api = await startApi({ limits: { ...defaultLimits, publicPerMinute: 3, tokenPerMinute: 2 } });
    const one = await api.addToken('viewer');
    const two = await api.addToken('viewer');
    const status = async (path: string, token?: string) =>
      (await api?.call(path, token === undefined ? {} : { token }))?.status;
    for (let i = 0; i < 3; i += 1) expect(await status('/openapi.json')).toBe(200);
    expect(await status('/openapi.json')).toBe(429);
    expect(await status('/v1/merchants', one)).toBe(200);
    expect(await status('/v1/merchants', one)).toBe(200);
    expect(await status('/v1/merchants', one)).toBe(429);
    expect(await status('/v1/merchants', two)).toBe(200);
  });
});

test('metrics name routes, statuses and slugs, never a person', async () => {
  api = await startApi();
  await api.addMerchant('metric-shop');
  const admin = await api.addToken('admin');
  await api.call('/v1/merchants/metric-shop', { token: admin });
  await api.call('/wp-login.php?user=yamada');
  const response = await api.call('/metrics', { token: admin });
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const text = await response.text();
  expect(text).toContain(
    'tsukigime_api_request_seconds_count{method="GET",route="/v1/merchants/:merchant",status="200"} 1',
  );
  expect(text).toContain('route="unmatched",status="404"');
  expect(text).toContain('tsukigime_charges{merchant="metric-shop",state="captured"} 0');
  expect(text).not.toMatch(/of the test|yamada|wp-login/);
});

test('the ID that a proxy gave a request is kept in answer, problem and log; a strange one is not', async () => {
  const running = await startApi();
  api = running;
  const ask = async (id: string) => {
    const response = await running.call('/v1/merchants', { headers: { 'X-Request-Id': id } });
    const { instance } = (await response.json()) as { instance: string };
    expect(response.headers.get('x-request-id')).toBe(instance);
    return instance;
  };
  const sane = 'proxy-4711.a_B';
  expect(await ask(sane)).toBe(sane);
  expect(running.logLines.map((line) => JSON.parse(line).requestId)).toContain(sane);
  for (const strange of ['4'.repeat(16), 'a b c d e f', 'x'.repeat(65), 'short']) {
    expect(await ask(strange)).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test('closing lets a running request end, turns readiness red and frees the port', async () => {
  api = await startApi();
  await api.addMerchant('closing-shop');
  const operator = await api.addToken('operator');
  const port = Number(new URL(api.url).port);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    'POST /v1/merchants/closing-shop/files?name=a.csv&kind=order-export HTTP/1.1\r\nHost: x\r\n' +
      `Authorization: Bearer ${operator}\r\nContent-Type: text/csv\r\nContent-Length: 10\r\n\r\na,b\r\n`,
  );
  await expect.poll(() => api?.uploadsRunning()).toBe(1);
  const closed = api.closeServer(60_000);
  expect(await isPortFree(port)).toBe(true);
  socket.write('1,2\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 201 /);
  await closed;
});

test('a request that never ends is cut after the grace', async () => {
  api = await startApi({ logger: pino({ level: 'silent' }) });
  const port = Number(new URL(api.url).port);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  socket.write('GET /healthz HTTP/1.1\r\n');
  await Promise.all([once(socket, 'close'), api.closeServer(100)]);
});
