import { once } from 'node:events';
import { connect } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../api/dependencies.ts';
import { cardLikeNumber } from '../db/card-like-number.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

let api: RunningApi;
let admin: string;

beforeAll(async () => {
  api = await startApi();
  await api.addMerchant('http-shop');
  admin = await api.addToken('admin');
});

afterAll(() => api.close());

const merchants = '/v1/merchants';
const settings = '/v1/merchants/http-shop/settings';
const newMerchant = (more: object) => ({
  merchant: 'another-shop',
  name: '別の店',
  kind: 'sandbox',
  ...more,
});

describe('problems', () => {
  test('an unknown route and a URL that cannot be decoded', async () => {
    expect((await readProblem(await api.call('/v2/nothing'))).slug).toBe('route-not-found');
    expect((await readProblem(await api.call(`${merchants}/http-shop/`))).slug).toBe(
      'route-not-found',
    );
    const response = await api.call(`${merchants}/%E0%A4%A`, { token: admin });
    expect(await readProblem(response)).toMatchObject({ status: 400, slug: 'invalid-request' });
  });

  test('another method on a known path names those that it knows', async () => {
    const response = await api.call(settings, { method: 'DELETE', token: admin });
    expect(response.headers.get('allow')).toBe('GET, PUT');
    expect(await readProblem(response)).toMatchObject({ status: 405, slug: 'method-not-allowed' });
  });

  test('malformed JSON is not repeated in the answer', async () => {
    const response = await api.call(merchants, {
      method: 'POST',
      token: admin,
      body: '{"name": "山田太郎", ',
      headers: { 'Content-Type': 'application/json' },
    });
    const text = await response.clone().text();
    expect(await readProblem(response)).toMatchObject({ status: 400, slug: 'invalid-request' });
    expect(text).not.toContain('山田');
  });

  test.each([
    ['text/plain', {}],
    ['application/json', { 'Content-Encoding': 'zstd-of-the-future' }],
  ])('a body of %s %j is refused by its kind', async (type, headers) => {
    const response = await api.call(merchants, {
      method: 'POST',
      token: admin,
      body: '{}',
      headers: { 'Content-Type': type, ...headers },
    });
    expect(await readProblem(response)).toMatchObject({
      status: 415,
      slug: 'content-type-not-supported',
    });
  });

  test('a JSON body over the limit', async () => {
    const json = newMerchant({ name: 'x'.repeat(defaultLimits.jsonBytes) });
    const response = await api.call(merchants, { method: 'POST', token: admin, json });
    expect(await readProblem(response)).toMatchObject({ status: 413, slug: 'body-too-large' });
  });

  test('every wrong field is named by its path, its value by nothing', async () => {
    const json = newMerchant({
      merchant: 'Not A Slug of 山田',
      extra: 1,
      settings: { capture: { windowDays: 61 }, surprise: true },
    });
    const response = await api.call(merchants, { method: 'POST', token: admin, json });
    const text = await response.clone().text();
    const problem = await readProblem(response);
    expect(problem).toMatchObject({ status: 422, slug: 'invalid-fields' });
    expect(problem.errors.map((error) => error.path).sort()).toEqual([
      'body',
      'body.merchant',
      'body.settings',
      'body.settings.capture.windowDays',
    ]);
    expect(text).toContain('unknown: extra');
    expect(text).not.toContain('山田');
  });

  test('an unknown query parameter and one given twice', async () => {
    const unknown = await api.call(`${settings}?versoin=1`, { token: admin });
    expect((await readProblem(unknown)).errors).toEqual([
      { path: 'query', message: 'unknown: versoin', ja: '使えない項目です: versoin' },
    ]);
    const twice = await api.call(`${settings}?version=1&version=2`, { token: admin });
    expect((await readProblem(twice)).errors[0]?.path).toBe('query.version');
  });

  test.each([
    ['a NUL', 'a\u0000b', 'holds a NUL character'],
    ['half of a surrogate pair', 'a\ud800b', 'holds half of a character'],
  ])('%s is refused before anything takes it', async (_, text, message) => {
    const json = newMerchant({ name: text });
    const created = await api.call(merchants, { method: 'POST', token: admin, json });
    expect(await readProblem(created)).toMatchObject({
      status: 422,
      errors: [{ path: 'body.name', message }],
    });
    const known = (await (await api.call(settings, { token: admin })).json()) as {
      version: number;
      settings: { orderProfile: { unshippedWords: string[] } };
    };
    known.settings.orderProfile.unshippedWords = ['未発送', text];
    const saved = await api.call(settings, {
      method: 'PUT',
      token: admin,
      json: { version: known.version, settings: known.settings, reason: text },
    });
    expect((await readProblem(saved)).errors).toMatchObject([
      { path: 'body.settings.orderProfile.unshippedWords.1', message },
      { path: 'body.reason', message },
    ]);
  });

  test('a reason that holds a card number is kept nowhere, and the operator reads why', async () => {
    const known = (await (await api.call(settings, { token: admin })).json()) as object;
    const reason = `${cardLikeNumber()} の件`;
    const json = { ...known, reason };
    const saved = await api.call(settings, { method: 'PUT', token: admin, json });
    expect((await readProblem(saved)).errors).toContainEqual({
      path: 'body.reason',
      message: 'holds what looks like a card number',
      ja: expect.stringContaining('カード番号と思われる数字'),
    });
  });

  test('a NUL in the path is no merchant, a number beyond the database no row', async () => {
    const path = await api.call(`${merchants}/%00`, { token: admin });
    expect(await readProblem(path)).toMatchObject({ status: 404, slug: 'merchant-not-found' });
    const query = await api.call(`${settings}?version=2147483648`, { token: admin });
    expect(await readProblem(query)).toMatchObject({
      status: 422,
      errors: [{ path: 'query.version', message: 'is over 2147483647' }],
    });
  });

  test('a slug that is taken', async () => {
    const json = newMerchant({ merchant: 'http-shop' });
    const response = await api.call(merchants, { method: 'POST', token: admin, json });
    expect(await readProblem(response)).toMatchObject({ status: 409, slug: 'merchant-exists' });
  });
});

test('answers carry the headers of a careful server', async () => {
  const response = await api.call(merchants, { token: admin });
  expect(response.headers.get('x-powered-by')).toBeNull();
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('a request is logged by its pattern, without query, token or body', async () => {
  api.logLines.length = 0;
  await api.call(`${settings}?version=1&q=yamada-taro`, { token: admin });
  const line = JSON.parse(api.logLines.at(-1) ?? '{}') as Record<string, unknown>;
  expect(line).toMatchObject({
    method: 'GET',
    route: '/v1/merchants/:merchant/settings',
    status: '422',
    tokenId: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  const all = api.logLines.join('');
  expect(all).not.toContain('yamada');
  expect(all).not.toContain(admin);
  expect(all).not.toContain(admin.slice(4));
});

describe('merchants and settings', () => {
  test('a merchant is made with version 1 of its settings, defaults written out', async () => {
    const json = newMerchant({
      merchant: 'fresh-shop',
      settings: { capture: { policy: 'immediate' } },
    });
    const made = await api.call(merchants, { method: 'POST', token: admin, json });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe('/v1/merchants/fresh-shop');
    const read = await (
      await api.call('/v1/merchants/fresh-shop/settings', { token: admin })
    ).json();
    expect(read).toMatchObject({
      version: 1,
      settings: {
        capture: { policy: 'immediate', windowDays: 60 },
        paygent: { maxRecordsPerFile: 10_000, width: 15, transport: 'portal' },
        orderIdentity: 'per-order',
      },
    });
    const list = (await (await api.call(merchants, { token: admin })).json()) as {
      merchants: { merchant: string }[];
    };
    expect(list.merchants.map((each) => each.merchant)).toContain('fresh-shop');
  });

  test('of twenty who change the same version at once, one wins', async () => {
    await api.addMerchant('race-shop');
    const path = '/v1/merchants/race-shop/settings';
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const json = { version: 1, settings: { capture: { windowDays: 10 + i } }, reason: 'race' };
        return (await api.call(path, { method: 'PUT', token: admin, json })).status;
      }),
    );
    expect(answers.filter((status) => status === 200)).toHaveLength(1);
    expect(answers.filter((status) => status === 409)).toHaveLength(19);
    const read = (await (await api.call(path, { token: admin })).json()) as { version: number };
    expect(read.version).toBe(2);
    const first = await api.call(`${path}?version=1`, { token: admin });
    expect(await first.json()).toMatchObject({ version: 1, reason: null });
    expect((await readProblem(await api.call(`${path}?version=3`, { token: admin }))).slug).toBe(
      'settings-not-found',
    );
  });

  test('a change is in the audit with who, why and which groups, in pages', async () => {
    const read = async (query: string) =>
      (await (
        await api.call(`/v1/merchants/race-shop/audit${query}`, { token: admin })
      ).json()) as { entries: Record<string, unknown>[]; nextAfter: number | null };
    const whole = await read('');
    expect(whole.nextAfter).toBeNull();
    expect(whole.entries.at(-1)).toMatchObject({
      act: 'settings.changed',
      actor: 'admin of the test',
      reason: 'race',
      details: { version: 2, changed: ['capture'] },
    });
    const first = await read('?limit=1');
    expect(first.entries).toEqual(whole.entries.slice(0, 1));
    expect(await read(`?limit=1&after=${first.nextAfter}`)).toEqual({
      entries: whole.entries.slice(1, 2),
      nextAfter: null,
    });
  });

  test('a merchant whose clock was moved sees its own time', async () => {
    const dayMs = 86_400_000;
    const id = await api.addMerchant('moved-shop');
    await api.db
      .updateTable('merchants')
      .set({ clock_offset_ms: dayMs })
      .where('id', '=', id)
      .execute();
    const read = await (await api.call('/v1/merchants/moved-shop', { token: admin })).json();
    expect(read).toMatchObject({ businessNow: '2026-11-23T00:00:00.000Z' });
    const json = { version: 1, settings: {}, reason: 'tomorrow' };
    const saved = await api.call('/v1/merchants/moved-shop/settings', {
      method: 'PUT',
      token: admin,
      json,
    });
    expect(await saved.json()).toMatchObject({ recordedAt: '2026-11-23T00:00:00.000Z' });
  });
});

describe('a slow or broken caller', () => {
  test('an upload that is cut leaves nothing, and its connection is free again', async () => {
    const { hostname, port } = new URL(api.url);
    const countChunks = async () =>
      (
        await api.db
          .selectFrom('file_chunks')
          .select((eb) => eb.fn.countAll().as('n'))
          .executeTakeFirstOrThrow()
      ).n;
    const patient = { timeout: 60_000 };
    const before = await countChunks();
    for (let i = 0; i < defaultLimits.uploadsAtOnce + 1; i += 1) {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      socket.write(
        'POST /v1/merchants/http-shop/files?name=a.csv&kind=order-export HTTP/1.1\r\n' +
          `Host: x\r\nAuthorization: Bearer ${admin}\r\nContent-Type: text/csv\r\n` +
          `Content-Length: ${8 * 1024 * 1024}\r\n\r\n`,
      );
      socket.write('a,b\r\n'.repeat(400_000));
      await expect.poll(openTransactions, patient).toBeGreaterThan(0);
      socket.destroy();
      await expect.poll(openTransactions, patient).toBe(0);
    }
    expect(await countChunks()).toBe(before);
    const good = await api.call('/v1/merchants/http-shop/files?name=a.csv&kind=order-export', {
      method: 'POST',
      token: admin,
      body: 'a,b\r\n1,2\r\n',
      headers: { 'Content-Type': 'text/csv' },
    });
    expect(good.status).toBe(201);
  });

  test('who asks before sending is refused before sending, or told to go on', async () => {
    const ask = async (token: string) => {
      const { hostname, port } = new URL(api.url);
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      socket.write(
        'POST /v1/merchants/http-shop/files?name=c.csv&kind=order-export HTTP/1.1\r\nHost: x\r\n' +
          `Authorization: Bearer ${token}\r\nContent-Type: text/csv\r\nContent-Length: 5\r\n` +
          'Expect: 100-continue\r\n\r\n',
      );
      const [answer] = (await once(socket, 'data')) as [Buffer];
      return { socket, answer: answer.toString().split('\r\n')[0] };
    };
    const refused = await ask('nobody');
    expect(refused.answer).toBe('HTTP/1.1 401 Unauthorized');
    await once(refused.socket, 'close');
    const wanted = await ask(admin);
    expect(wanted.answer).toBe('HTTP/1.1 100 Continue');
    wanted.socket.write('a,b\r\n');
    const [answer] = (await once(wanted.socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 20[01] /);
    wanted.socket.destroy();
  });

  async function openTransactions(): Promise<number> {
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from pg_stat_activity
      where datname = current_database() and state = 'idle in transaction'`.execute(api.db);
    return rows[0]?.n ?? -1;
  }
});
