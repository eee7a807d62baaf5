import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Role } from '../../billing/role.ts';
import { type BrowserSession, openBrowser } from './browser-session.ts';
import { type RunningApi, readProblem, startApi, startOfTime, testLimits } from './running-api.ts';

let api: RunningApi;
let own: number;
const password = randomUUID();

beforeAll(async () => {
  api = await startApi({
    limits: { ...testLimits, logins: { perAddress: 30, perAccount: 10, perDevice: 20 } },
  });
  own = await api.addMerchant('own-shop');
});
afterAll(() => api.close());

let people = 0;
let hours = 0;
// Each test has a quarter of an hour of its own: what another failed at does not count for it.
beforeEach(() => {
  hours += 1;
  api.setNow(new Date(Date.parse(startOfTime) + hours * 3_600_000).toISOString());
});
const later = (ms: number) => {
  const at = Date.parse(startOfTime) + hours * 3_600_000 + ms;
  api.setNow(new Date(at).toISOString());
};

async function addPerson(role: Role = 'admin'): Promise<string> {
  people += 1;
  const login = `hanako-${people}`;
  await api.addUser(login, password, [{ merchantId: own, role, rights: [] }]);
  return login;
}

async function logIn(login: string): Promise<BrowserSession> {
  const browser = openBrowser(api);
  expect((await browser.logIn(login, password)).status).toBe(200);
  return browser;
}

const me = async (browser: BrowserSession) => await browser.call('/v1/session');
const minuteMs = 60_000;

describe('a session', () => {
  test('says who somebody is and what they may do where', async () => {
    const browser = await logIn(await addPerson('approver'));
    expect(await (await me(browser)).json()).toMatchObject({
      ...{ kind: 'session', actor: `hanako-${people}`, name: `hanako-${people}さん` },
      ...{ csrfToken: browser.csrfToken, passwordChangeDue: true, everywhere: null },
      merchants: [{ merchant: 'own-shop', grant: { role: 'approver', rights: [] } }],
    });
  });

  test('stands in a cookie that no script, no other site and no plain line sees', async () => {
    const login = await addPerson();
    const json = { login, password };
    const local = await api.call('/v1/session', { method: 'POST', json });
    for (const header of local.headers.getSetCookie()) {
      expect(header).toMatch(/^tsukigime-(session|device)=[\w-]{43}; .*HttpOnly; SameSite=Strict/);
      expect(header).not.toContain('Secure');
    }
    // fetch does not set Host; a request through a proxy of that name does.
    const { request } = await import('node:http');
    const cookies = await new Promise<string[]>((resolve, reject) => {
      const headers = { Host: 'tsukigime.example.jp', 'Content-Type': 'application/json' };
      const sent = request(`${api.url}/v1/session`, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.headers['set-cookie'] ?? []);
      });
      sent.on('error', reject);
      sent.end(JSON.stringify(json));
    });
    expect(cookies).toHaveLength(2);
    for (const header of cookies) {
      expect(header).toMatch(/^__Host-tsukigime-.*Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    }
  });

  test('ends when it is idle, and in any case', async () => {
    const browser = await logIn(await addPerson());
    for (let hour = 1; hour <= 11; hour += 1) {
      later(hour * 60 * minuteMs);
      expect((await me(browser)).status, `hour ${hour}`).toBe(200);
    }
    later(12 * 60 * minuteMs);
    expect((await me(browser)).status).toBe(401);
    later(0);
    const idle = await logIn(`hanako-${people}`);
    later(119 * minuteMs);
    expect((await me(idle)).status).toBe(200);
    later(239 * minuteMs);
    expect((await me(idle)).status).toBe(401);
  });

  test('ends here by a logout, and everywhere by the other one', async () => {
    const login = await addPerson();
    const [one, two, three] = [await logIn(login), await logIn(login), await logIn(login)];
    const kept = new Map(one.cookies);
    expect((await one.call('/v1/session', { method: 'DELETE' })).status).toBe(204);
    expect(one.cookies.has('tsukigime-session')).toBe(false);
    for (const [name, value] of kept) one.cookies.set(name, value);
    expect((await me(one)).status).toBe(401);
    expect((await me(two)).status).toBe(200);
    const ended = await two.call('/v1/sessions', { method: 'DELETE' });
    expect(await ended.json()).toEqual({ ended: 2 });
    expect((await me(three)).status).toBe(401);
  });

  test('is a new one after every login: what was planted before is worth nothing', async () => {
    const login = await addPerson();
    const browser = openBrowser(api);
    const planted = 'p'.repeat(43);
    browser.cookies.set('tsukigime-session', planted);
    await browser.logIn(login, password);
    const first = browser.cookies.get('tsukigime-session');
    expect(first).not.toBe(planted);
    const older = browser.csrfToken;
    await browser.logIn(login, password);
    expect(browser.csrfToken).not.toBe(older);
    for (const worthless of [planted, first]) {
      const headers = { Cookie: `tsukigime-session=${worthless}` };
      expect((await api.call('/v1/session', { headers })).status).toBe(401);
    }
  });

  test('goes with the password, and a new one is given to who changed it', async () => {
    const login = await addPerson();
    const [mine, elsewhere] = [await logIn(login), await logIn(login)];
    const change = async (json: object) =>
      await mine.call('/v1/session/password', { method: 'PUT', json });
    const next = randomUUID();
    expect((await readProblem(await change({ current: next, next }))).slug).toBe('login-refused');
    const weak = await change({ current: password, next: `${login}-2026` });
    expect((await readProblem(weak)).errors[0]?.path).toBe('body.next');
    const changed = await change({ current: password, next });
    expect(await changed.json()).toMatchObject({ actor: login, passwordChangeDue: false });
    expect((await me(mine)).status).toBe(200);
    expect((await me(elsewhere)).status).toBe(401);
    expect((await openBrowser(api).logIn(login, password)).status).toBe(401);
    expect((await openBrowser(api).logIn(login, next)).status).toBe(200);
  });

  test('holds what its user may do now, not what they might when it began', async () => {
    const login = await addPerson('operator');
    const browser = await logIn(login);
    const token = await api.addToken('admin');
    const grant = async (json: object) =>
      await api.call(`/v1/merchants/own-shop/users/${login}`, { method: 'PUT', token, json });
    const settings = async () => (await browser.call('/v1/merchants/own-shop/secrets')).status;
    expect(await settings()).toBe(403);
    const admin = { grant: { role: 'admin', rights: [] }, reason: '昇格' };
    expect((await grant(admin)).status).toBe(200);
    expect(await settings()).toBe(200);
    await grant({ grant: null, reason: '異動' });
    expect((await browser.call('/v1/merchants/own-shop')).status).toBe(403);
    expect((await me(browser)).status).toBe(200);
    await api.call(`/v1/users/${login}/disable`, {
      method: 'POST',
      token,
      json: { reason: '退職' },
    });
    expect((await me(browser)).status).toBe(401);
    const again = await openBrowser(api).logIn(login, password);
    expect((await readProblem(again)).slug).toBe('login-refused');
  });

  test('leaves no password and no secret in the record, the log or the audit', async () => {
    const login = await addPerson();
    const browser = await logIn(login);
    await openBrowser(api).logIn(login, 'a wrong one of mine');
    const secrets = [password, 'a wrong one of mine', ...browser.cookies.values()];
    secrets.push(String(browser.csrfToken));
    const tables = await Promise.all(
      ['users', 'sessions', 'audit_entries'].map(
        async (table) => (await sql`select * from ${sql.table(table)}`.execute(api.db)).rows,
      ),
    );
    const everything = JSON.stringify([tables, api.logLines]);
    for (const secret of secrets) expect(everything).not.toContain(secret);
    expect(everything).toContain('user.logged-in');
  });
});

describe('a thief', () => {
  test('learns nothing from a refusal: unknown, wrong and disabled look the same', async () => {
    const disabled = await addPerson();
    const token = await api.addToken('admin');
    await api.call(`/v1/users/${disabled}/disable`, {
      method: 'POST',
      token,
      json: { reason: 'x' },
    });
    const answers = await Promise.all(
      [
        ['nobody-at-all', password],
        ["'; drop table users; --", password],
        [await addPerson(), 'wrong'],
        [disabled, password],
      ].map(async ([login = '', guess = '']) =>
        readProblem(await openBrowser(api).logIn(login, guess)),
      ),
    );
    expect(answers[0]).toMatchObject({ status: 401, slug: 'login-refused' });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  test('guesses hundreds of times; the user logs in all the while, nobody else waits', async () => {
    const login = await addPerson();
    const known = await logIn(login);
    const token = await api.addToken('viewer');
    const statuses: number[] = [];
    const guess = async () => {
      const json = { login, password: randomUUID() };
      const response = await api.call('/v1/session', { method: 'POST', json });
      await response.body?.cancel();
      statuses.push(response.status);
    };
    const attack = Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let i = 0; i < 15; i += 1) await guess();
      }),
    );
    await expect.poll(() => statuses.includes(429), { timeout: 60_000 }).toBe(true);
    expect((await known.logIn(login, password)).status).toBe(200);
    expect((await api.call('/v1/merchants', { token })).status).toBe(200);
    await attack;
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(290);
    // Whoever comes from a browser of their own for the first time waits a quarter of an hour at most.
    const stranger = openBrowser(api);
    const told = await stranger.logIn(login, password);
    expect(Number(told.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await readProblem(told)).slug).toBe('too-many-logins');
    later(15 * minuteMs);
    expect((await stranger.logIn(login, password)).status).toBe(200);
    const { rows } = await sql<{ acts: string[] }>`
      select array_agg(entry::jsonb ->> 'act' order by n) as acts from audit_entries
      where chain_id = 0 and entry::jsonb ->> 'subject' = ${login}`.execute(api.db);
    expect(rows[0]?.acts.filter((act) => act === 'user.logins-throttled')).toHaveLength(1);
  });

  test('gets no longer try by guessing all at once, nor by other names', async () => {
    const login = await addPerson();
    const tries = Array.from({ length: 40 }, async () => await openBrowser(api).logIn(login, 'no'));
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    const names = Array.from({ length: 40 }, (_, i) => openBrowser(api).logIn(`name-${i}`, 'no'));
    const others = (await Promise.all(names)).map(({ status }) => status);
    // 30 an address, and ten are used up.
    expect(others.filter((status) => status === 401).length).toBeLessThanOrEqual(20);
  });

  test('needs the CSRF token of this very session', async () => {
    const login = await addPerson();
    const [mine, older] = [await logIn(login), await logIn(login)];
    for (const forged of [undefined, '', 'x'.repeat(43), older.csrfToken]) {
      mine.csrfToken = forged;
      const response = await mine.call('/v1/session', { method: 'DELETE' });
      expect((await readProblem(response)).slug).toBe('csrf-token-missing');
    }
  });

  test('cannot log somebody in from a page of another site', async () => {
    const login = await addPerson();
    const headers = { 'Sec-Fetch-Site': 'cross-site' };
    const json = { login, password };
    const response = await api.call('/v1/session', { method: 'POST', json, headers });
    expect(response.headers.getSetCookie()).toEqual([]);
    expect((await readProblem(response)).slug).toBe('csrf-token-missing');
    const form = await api.call('/v1/session', {
      method: 'POST',
      body: new URLSearchParams({ login, password }),
    });
    expect(form.status).toBe(415);
  });
});
