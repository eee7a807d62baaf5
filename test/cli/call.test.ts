import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkoutDir, inheritedEnvironment } from '../../config.ts';
import { type RunningApi, startApi } from '../api/running-api.ts';
import { temporaryDir } from '../stack/temporary-dir.ts';

let api: RunningApi;
let token: string;

beforeAll(async () => {
  api = await startApi();
  await api.addMerchant('my-shop');
  token = await api.addToken('admin');
});
afterAll(() => api.close());

/** As on an operator's own machine: an address and a token, and neither a database nor keys. */
async function call(args: readonly string[], place = { url: api.url, token }) {
  const child = spawn(process.execPath, [join(checkoutDir, 'cli/tsukigime.js'), 'call', ...args], {
    env: { ...inheritedEnvironment(), TSUKIGIME_URL: place.url, TSUKIGIME_TOKEN: place.token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ]);
  return { code, out, err };
}

test('a route is called by its name: read, change, upload, download, refusal', async () => {
  const file = join(temporaryDir(), 'orders.csv');
  writeFileSync(file, 'a,b\n1,2\n');
  const settings = JSON.stringify({ version: 1, settings: {}, reason: 'try' });
  const [read, saved, upload, unknown, far] = await Promise.all([
    call(['listCycles', 'merchant=my-shop', 'open=true']),
    call(['saveSettings', 'merchant=my-shop', '--body', settings]),
    call([
      'uploadFile',
      'merchant=my-shop',
      'name=orders.csv',
      'kind=order-export',
      '--file',
      file,
    ]),
    call(['readCycle', 'merchant=my-shop']),
    call(['listMerchants'], { url: 'http://billing.shop.example', token }),
  ]);
  expect(read).toMatchObject({ code: 0 });
  expect(JSON.parse(read.out)).toMatchObject({ cycles: [] });
  expect(saved).toMatchObject({ code: 0, out: expect.stringContaining('"version": 2') });
  expect(upload.code).toBe(0);
  const { sha256 } = JSON.parse(upload.out) as { sha256: string };
  expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('month is missing') });
  expect(far).toMatchObject({ code: 2, err: expect.stringContaining('would travel readable') });
  expect(far.err).not.toContain(token);

  const copy = join(temporaryDir(), 'copy.csv');
  const [loaded, gone] = await Promise.all([
    call(['downloadFile', 'merchant=my-shop', `sha256=${sha256}`, '--out', copy]),
    call(['readCycle', 'merchant=my-shop', 'month=2026-11']),
  ]);
  expect(loaded).toMatchObject({ code: 0 });
  expect(readFileSync(copy, 'utf8')).toBe('a,b\n1,2\n');
  expect(gone).toMatchObject({ code: 2, err: expect.stringContaining('cycle-not-found: ') });
});

test('a reader who has seen enough ends the command without a word', async () => {
  const child = spawn(process.execPath, [join(checkoutDir, 'cli/tsukigime.js'), 'call', '--list'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  const [err, [code]] = await Promise.all([
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
});
