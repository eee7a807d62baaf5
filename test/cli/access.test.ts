import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { inheritedEnvironment } from '../../config.ts';
import { isPortFree } from '../../stack/ports.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

const entry = fileURLToPath(new URL('../../cli/tsukigime.js', import.meta.url));
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

function start(...args: string[]) {
  return spawn(process.execPath, [entry, ...args], {
    env: {
      ...inheritedEnvironment(),
      TSUKIGIME_DATABASE_URL_APP: database.appUrl,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TEMPORAL_NAMESPACE: inject('temporalNamespace'),
      TSUKIGIME_PAYLOAD_KEYS: inject('payloadKeys'),
      TSUKIGIME_FILE_KEYS: inject('fileKeys'),
      API_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(...args: string[]) {
  const child = start(...args);
  let out = '';
  let err = '';
  child.stdout.on('data', (piece: Buffer) => {
    out += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    err += piece.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, out: out.trim(), err: err.trim() };
}

test('a merchant, a token for it, the API over it, and an end that leaves nothing and cuts nobody off', async () => {
  const settings = join(mkdtempSync(join(tmpdir(), 'tsukigime-cli-')), 'settings.json');
  writeFileSync(settings, JSON.stringify({ capture: { windowDays: 50 } }));
  const shop = ['--merchant', 'cli-shop', '--name', '店', '--kind', 'sandbox'];
  const made = await run(
    'merchant',
    'create',
    ...shop,
    '--paygent-id',
    'M1',
    '--settings',
    settings,
  );
  expect(made).toMatchObject({ code: 0, err: '' });
  const shown = JSON.parse((await run('merchant', 'show', '--merchant', 'cli-shop')).out) as object;
  expect(shown).toMatchObject({
    slug: 'cli-shop',
    settings: {
      version: 1,
      settings: { paygent: { merchantId: 'M1', width: 15 }, capture: { windowDays: 50 } },
    },
  });
  expect(shown).not.toHaveProperty('id');
  expect(await run('merchant', 'create', ...shop)).toMatchObject({ code: 2, out: '' });

  const who = ['--actor', 'Hanako', '--role', 'operator', '--merchant', 'cli-shop'];
  const token = await run('token', 'create', ...who);
  expect(token.code).toBe(0);
  expect(token.out).toMatch(/^tsk_[A-Za-z0-9_-]{43}$/);
  expect(token.err).not.toContain(token.out);

  const api = start('api');
  let log = '';
  api.stdout.on('data', (piece: Buffer) => {
    log += piece.toString();
  });
  await expect.poll(() => log, { timeout: 60_000 }).toMatch(/^api ready http/m);
  const url = /^api ready (\S+)$/m.exec(log)?.[1] ?? '';
  const ask = async () =>
    await fetch(`${url}/v1/merchants`, { headers: { Authorization: `Bearer ${token.out}` } });
  expect(await (await ask()).json()).toMatchObject({ merchants: [{ merchant: 'cli-shop' }] });
  expect((await fetch(`${url}/readyz`)).status).toBe(200);

  const upload = await beginUpload(url, token.out);
  const { tokens } = JSON.parse((await run('token', 'list', '--json')).out) as {
    tokens: { tokenId: string; merchants: string[] }[];
  };
  expect(tokens).toMatchObject([{ actor: 'Hanako', role: 'operator', merchants: ['cli-shop'] }]);
  expect((await run('token', 'revoke', '--id', tokens[0]?.tokenId ?? '')).code).toBe(0);
  expect((await ask()).status).toBe(401);

  api.kill('SIGTERM');
  const ended = once(api, 'close');
  // Nobody new is let in; who is at it may finish.
  await expect.poll(() => isPortFree(Number(new URL(url).port)), { timeout: 60_000 }).toBe(true);
  expect(await upload.finish()).toMatch(/^HTTP\/1\.1 201 /);
  const [code] = (await ended) as [number];
  expect(code).toBe(0);
  expect(log).not.toContain(token.out);
});

/** A file of which half is still to come, to an API that has agreed to take it. */
async function beginUpload(url: string, token: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    'POST /v1/merchants/cli-shop/files?name=a.csv&kind=order-export HTTP/1.1\r\nHost: x\r\n' +
      `Authorization: Bearer ${token}\r\nContent-Type: text/csv\r\nContent-Length: 10\r\n` +
      'Expect: 100-continue\r\n\r\n',
  );
  const [agreed] = (await once(socket, 'data')) as [Buffer];
  expect(agreed.toString()).toMatch(/^HTTP\/1\.1 100 /);
  socket.write('a,b\r\n');
  return {
    async finish(): Promise<string> {
      const answered = once(socket, 'data');
      socket.write('1,2\r\n');
      return String(((await answered) as [Buffer])[0]);
    },
  };
}

test.each([
  [['token', 'create', '--actor', 'x', '--role', 'admin'], 'Give either --all-merchants'],
  [['token', 'create', '--actor', 'x', '--role', 'owner', '--all-merchants'], 'must be one of'],
  [['token', 'create', '--actor', 'x\ny', '--role', 'admin', '--all-merchants'], 'actor: '],
  [['token', 'create', '--actor', 'x', '--role', 'admin', '--merchant', 'nobody'], 'no merchant'],
  [['token', 'revoke', '--id', '%'], '16 hex digits'],
  [['token', 'revoke', '--id', '0123456789abcdef'], 'There is no token'],
  [['merchant', 'show', '--merchant', 'nobody'], 'There is no merchant'],
  [['merchant', 'create', '--merchant', 'X', '--name', 'x', '--kind', 'real'], 'merchant: '],
])('%j says what is wrong and ends with 2', async (args, message) => {
  const { code, out, err } = await run(...args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(message);
  expect(err).not.toMatch(/^\s+at /m);
});
