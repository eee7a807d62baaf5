import { existsSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { runCall } from '../../cli/call.ts';
import { temporaryDir } from '../stack/temporary-dir.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** A server that is called as the API, and what the command wrote on standard error. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function call(url: string, command: Partial<Parameters<typeof runCall>[0]>) {
  vi.stubEnv('TSUKIGIME_URL', url);
  vi.stubEnv('TSUKIGIME_TOKEN', '');
  let err = '';
  vi.spyOn(console, 'error').mockImplementation((line: string) => {
    err += `${line}\n`;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => {
    err += String(line);
    return true;
  });
  const code = await runCall({ route: 'listMerchants', values: [], ...command });
  return { code, err };
}

test.each([307, 308, 302])('a call is not forwarded elsewhere (HTTP %i)', async (status) => {
  let stranger = 0;
  const elsewhere = await serve((_, response) => {
    stranger += 1;
    response.end('{}');
  });
  const url = await serve((_, response) => {
    response.writeHead(status, { location: `${elsewhere}/v1/taken` }).end();
  });
  const settings = JSON.stringify({ version: 1, settings: {}, reason: 'try' });
  const said = await call(url, {
    ...{ route: 'saveSettings', values: ['merchant=my-shop'], body: settings },
  });
  expect(said).toMatchObject({ code: 2, err: expect.stringContaining('forwards to another') });
  expect(stranger).toBe(0);
});

test('a parameter that would lead to another route is refused', async () => {
  let calls = 0;
  const url = await serve((_, response) => {
    calls += 1;
    response.end('{}');
  });
  const said = await call(url, { route: 'listCycles', values: ['merchant=..'] });
  expect(said).toMatchObject({ code: 2, err: expect.stringContaining('merchant=..') });
  expect(calls).toBe(0);
});

const values = ['merchant=my-shop', `sha256=${'a'.repeat(64)}`];

test('a download is written as it comes', async () => {
  const out = join(temporaryDir(), 'file.csv');
  const parts = ['first\n', 'second\n'];
  const url = await serve(async (_, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.write(parts[0]);
    // The rest is sent only once the beginning has been written.
    await expect
      .poll(() => (existsSync(out) ? readFileSync(out, 'utf8') : ''), { timeout: 60_000 })
      .toBe(parts[0]);
    response.end(parts[1]);
  });
  const said = await call(url, { route: 'downloadFile', values, out });
  expect(said).toMatchObject({ code: 0, err: expect.stringContaining('13 bytes') });
  expect(readFileSync(out, 'utf8')).toBe(parts.join(''));
});

test('of a download that breaks off nothing stays that looks like a file', async () => {
  const out = join(temporaryDir(), 'file.csv');
  const url = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('first\n', () => response.destroy());
  });
  await expect(call(url, { route: 'downloadFile', values, out })).rejects.toThrow();
  expect(existsSync(out)).toBe(false);
});
