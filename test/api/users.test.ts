import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Role } from '../../billing/role.ts';
import { type BrowserSession, openBrowser } from './browser-session.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

let api: RunningApi;
let own: number;
let other: number;
const password = randomUUID();

beforeAll(async () => {
  api = await startApi();
  own = await api.addMerchant('own-shop');
  other = await api.addMerchant('other-shop');
});
afterAll(() => api.close());

let people = 0;

async function addPerson(role: Role = 'admin', merchantId: number | null = own): Promise<string> {
  people += 1;
  const login = `hanako-${people}`;
  await api.addUser(login, password, [{ merchantId, role, rights: [] }]);
  return login;
}

async function logIn(login: string): Promise<BrowserSession> {
  const browser = openBrowser(api);
  expect((await browser.logIn(login, password)).status).toBe(200);
  return browser;
}

describe('an admin of one merchant', () => {
  const newUser = (more: object) => ({
    ...{ login: `taro-${randomUUID().slice(0, 8)}`, name: '太郎', password: randomUUID() },
    ...more,
  });

  test('lets people in there, and nowhere else', async () => {
    const admin = await logIn(await addPerson());
    const create = async (json: object) => await admin.call('/v1/users', { method: 'POST', json });
    const made = await create(newUser({ merchants: [{ merchant: 'own-shop', role: 'admin' }] }));
    expect(made.status).toBe(201);
    const refusals = await Promise.all([
      create(newUser({ merchants: [{ merchant: 'other-shop', role: 'viewer' }] })),
      create(newUser({ everywhere: { role: 'viewer' } })),
      create(newUser({})),
      create({ ...newUser({}), login: 'UPPER', merchants: [] }),
    ]);
    const slugs = (await Promise.all(refusals.map(readProblem))).map(({ slug }) => slug);
    expect(slugs).toEqual([
      ...['merchant-not-found', 'role-too-low', 'invalid-fields', 'invalid-fields'],
    ]);
    const { login } = (await made.json()) as { login: string };
    const twice = await create(
      newUser({ login, merchants: [{ merchant: 'own-shop', role: 'viewer' }] }),
    );
    expect((await readProblem(twice)).slug).toBe('user-exists');
  });

  test('logs somebody out of every browser, who may log in again', async () => {
    const admin = await logIn(await addPerson());
    const login = await addPerson('operator');
    const [first, second] = [await logIn(login), await logIn(login)];
    const json = { reason: '端末の紛失' };
    const done = await admin.call(`/v1/users/${login}/log-out`, { method: 'POST', json });
    expect(await done.json()).toEqual({ ended: 2 });
    const seen = await Promise.all([first, second].map((one) => one.call('/v1/session')));
    expect(seen.map(({ status }) => status)).toEqual([401, 401]);
    await logIn(login);
  });

  test('cannot become somebody who reaches further', async () => {
    const admin = await logIn(await addPerson());
    people += 1;
    const both = `hanako-${people}`;
    await api.addUser(both, password, [
      { merchantId: own, role: 'viewer', rights: [] },
      { merchantId: other, role: 'admin', rights: [] },
    ]);
    const everywhere = await addPerson('viewer', null);
    const foreign = await addPerson('viewer', other);
    for (const login of [both, everywhere, foreign]) {
      const acts = [
        ['PUT', 'password', { password: randomUUID(), reason: 'x' }],
        ['POST', 'disable', { reason: 'x' }],
        ['POST', 'log-out', { reason: 'x' }],
      ] as const;
      for (const [method, path, json] of acts) {
        const response = await admin.call(`/v1/users/${login}/${path}`, { method, json });
        expect((await readProblem(response)).slug, `${login} ${path}`).toBe('user-not-found');
      }
    }
    const seen = (await (await admin.call('/v1/users')).json()) as { users: { login: string }[] };
    expect(seen.users.map(({ login }) => login)).not.toContain(both);
    // But what they may do here is the admin's to say, where they are let in.
    const grant = async (login: string) =>
      await admin.call(`/v1/merchants/own-shop/users/${login}`, {
        method: 'PUT',
        json: { grant: null, reason: '不要' },
      });
    expect((await grant(both)).status).toBe(200);
    expect((await readProblem(await grant(foreign))).slug).toBe('user-not-found');
  });

  test('of one merchant and a viewer of another makes no token for the other', async () => {
    people += 1;
    const login = `hanako-${people}`;
    await api.addUser(login, password, [
      { merchantId: own, role: 'admin', rights: [] },
      { merchantId: other, role: 'viewer', rights: [] },
    ]);
    const browser = await logIn(login);
    const create = async (merchants: string[]) =>
      await browser.call('/v1/tokens', {
        method: 'POST',
        json: { actor: 'x', role: 'viewer', merchants },
      });
    expect((await create(['own-shop'])).status).toBe(201);
    expect((await readProblem(await create(['other-shop']))).slug).toBe('merchant-not-found');
    expect((await browser.call('/v1/merchants/other-shop')).status).toBe(200);
  });
});
