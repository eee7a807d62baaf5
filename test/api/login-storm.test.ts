import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultLimits } from '../../api/dependencies.ts';
import { openBrowser } from './browser-session.ts';
import { cheapPasswordCost, type RunningApi, startApi } from './running-api.ts';

/** The limits of production, but for what a comparison costs; a proxy in front says who calls. */
const password = randomUUID();
let api: RunningApi;
beforeAll(async () => {
  api = await startApi({
    limits: { ...defaultLimits, passwordCost: cheapPasswordCost },
    trustedProxies: 1,
  });
  const merchantId = await api.addMerchant('own-shop');
  for (const login of ['hanako', 'taro']) {
    await api.addUser(login, password, [{ merchantId, role: 'approver', rights: [] }]);
  }
});
afterAll(() => api.close());

const lines = 20;
const batches = 20;
const guessesABatch = 25;

/** Half of them at one name, half at made-up ones; each of the attacker's machines guesses fifty times. */
function guess(line: number, batch: number, n: number): string {
  const login = line % 2 === 0 ? 'hanako' : `made-up-${line}-${batch}-${n}`;
  const body = JSON.stringify({ login, password: `guess ${n}` });
  const head = [
    'POST /v1/session HTTP/1.1',
    'Host: x',
    `X-Forwarded-For: 203.0.${line}.${Math.floor(batch / 2)}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...(n === guessesABatch - 1 ? ['Connection: close'] : []),
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** Many guesses on one connection, without waiting for an answer. @returns the statuses of the answers */
async function guessAtOnce(line: number, batch: number): Promise<string[]> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const guesses = Array.from({ length: guessesABatch }, (_, n) => guess(line, batch, n));
  socket.write(guesses.join(''));
  const answers = await text(socket);
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = '']) => status);
}

async function storm(line: number): Promise<string[]> {
  const statuses: string[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    statuses.push(...(await guessAtOnce(line, batch)));
  }
  return statuses;
}

test('ten thousand wrong passwords shut nobody out and try few', async () => {
  const known = openBrowser(api);
  expect((await known.logIn('hanako', password)).status).toBe(200);
  const token = await api.addToken('viewer');
  const storms = Promise.all(Array.from({ length: lines }, (_, line) => storm(line)));
  // In the middle of it: her own browser at once, a colleague's new one after a wait at the most.
  expect((await known.logIn('hanako', password)).status).toBe(200);
  expect((await api.call('/v1/merchants', { token })).status).toBe(200);
  await expect
    .poll(async () => (await openBrowser(api).logIn('taro', password)).status, { timeout: 60_000 })
    .toBe(200);
  const statuses = await storms;
  expect(statuses.map(({ length }) => length)).toEqual(Array(lines).fill(batches * guessesABatch));
  const compared = (which: number) =>
    statuses.flatMap((all, line) => (line % 2 === which ? all : [])).filter((one) => one === '401');
  expect(compared(0)).toHaveLength(defaultLimits.logins.perAccount);
  // Thirty from each of their hundred addresses; fewer where the line of strangers was too long.
  expect(compared(1).length).toBeLessThanOrEqual(100 * defaultLimits.logins.perAddress);
  expect(new Set(statuses.flat())).toEqual(new Set(['401', '429']));
  expect((await known.logIn('hanako', password)).status).toBe(200);
}, 300_000);
