import { EventEmitter, once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { Caller } from '../../outside/address-guard.ts';
import { dropBody, type OutsideRequest, readWhole, sendRequest } from '../../outside/https.ts';
import { lock, makeAuthority } from './certificates.ts';

const authority = makeAuthority();
const stranger = makeAuthority();
const host = 'shop.example';
const certificate = authority.issue(host);
const sandbox: Caller = { kind: 'sandbox', allowedHosts: [] };
const open: TcpServer[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of open.splice(0)) {
    server.close();
    await once(server, 'close');
  }
});
afterAll(() => expect(open).toEqual([]));

async function listen(server: TcpServer): Promise<number> {
  open.push(server);
  server.on('connection', (socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const serve = (answer: RequestListener, options: ServerOptions = {}) =>
  listen(createServer({ ...certificate, ...options }, answer));

function ask(port: number, more: Partial<OutsideRequest> & { path?: string } = {}) {
  return sendRequest({
    url: `https://${host}:${port}${more.path ?? '/'}`,
    method: 'GET',
    caller: sandbox,
    maxResponseBytes: 1000,
    trustedAuthorities: [authority.cert],
    resolve: async () => ['127.0.0.1'],
    ...more,
  });
}

test('sends method, headers and body, and streams the answer', async () => {
  const port = await serve((request, response) => {
    response.setHeader('X-Seen', `${request.method} ${request.url} ${request.headers.host}`);
    response.statusCode = 201;
    request.pipe(response);
  });
  const response = await ask(port, {
    method: 'POST',
    path: '/orders?a=1',
    headers: { 'Content-Type': 'text/plain' },
    body: Buffer.from('本文'),
  });
  expect(response.status).toBe(201);
  expect(response.headers['x-seen']).toBe(`POST /orders?a=1 ${host}:${port}`);
  expect((await readWhole(response)).toString()).toBe('本文');
});

test('a body that breaks off never looks whole to the other side', async () => {
  let ended = false;
  const seen = new EventEmitter();
  const port = await serve((request) => {
    request.on('end', () => {
      ended = true;
    });
    request.on('data', () => seen.emit('data'));
  });
  const half = once(seen, 'data');
  async function* broken() {
    yield Buffer.from('half');
    await half;
    throw new Error('the store is away');
  }
  const sent = ask(port, { method: 'POST', body: broken() });
  await expect(sent).rejects.toMatchObject({ problem: 'cut', mayHaveReached: true });
  expect(ended).toBe(false);
});

test('the name is resolved once, and the connection goes to that address', async () => {
  const port = await serve((_request, response) => response.end('ok'));
  let asked = 0;
  const resolve = async () => {
    asked += 1;
    // A rebinding name: public at first, then somewhere inside.
    return [asked === 1 ? '127.0.0.1' : '127.0.0.2'];
  };
  await dropBody(await ask(port, { resolve }));
  expect(asked).toBe(1);
});

test('a real merchant does not reach a name that leads to this machine', async () => {
  let called = false;
  const port = await serve(() => {
    called = true;
  });
  const asked = ask(port, { caller: { kind: 'real', allowedHosts: [host] } });
  await expect(asked).rejects.toMatchObject({ problem: 'address_refused', mayHaveReached: false });
  expect(called).toBe(false);
});

test('a redirect is an answer, and nobody follows it', async () => {
  const paths: (string | undefined)[] = [];
  const port = await serve((request, response) => {
    paths.push(request.url);
    response.writeHead(302, { Location: '/elsewhere' }).end();
  });
  const response = await ask(port, { path: '/here' });
  await dropBody(response);
  expect([response.status, response.headers.location]).toEqual([302, '/elsewhere']);
  expect(paths).toEqual(['/here']);
});

test.each([
  ['another authority', stranger.issue(host)],
  ['another name', authority.issue('other.example')],
])('the certificate of %s is refused before anything is sent', async (_what, wrong) => {
  const port = await serve((_request, response) => response.end('ok'), wrong);
  const asked = ask(port, { headers: { Authorization: 'Bearer secret' } });
  await expect(asked).rejects.toMatchObject({ problem: 'tls_refused', mayHaveReached: false });
});

test('a client certificate is shown to a server that wants one', async () => {
  const wants = { ca: authority.cert, requestCert: true, rejectUnauthorized: true };
  const port = await serve((_request, response) => response.end('welcome'), wants);
  const clientCertificate = authority.issue('merchant', 'client');
  const response = await ask(port, { clientCertificate });
  expect((await readWhole(response)).toString()).toBe('welcome');
  await expect(ask(port)).rejects.toMatchObject({ name: 'OutsideError' });
});

test.each([
  ['TLS 1.3', 'TLSv1.3'],
  ['TLS 1.2', 'TLSv1.2'],
] as const)(
  'a refused client certificate is heard before anything is sent: %s',
  async (_what, version) => {
    let asked = false;
    const wants = { ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    const port = await serve(
      () => {
        asked = true;
      },
      { ...wants, maxVersion: version, minVersion: version },
    );
    const clientCertificate = stranger.issue('merchant', 'client');
    const sent = ask(port, { method: 'POST', body: Buffer.from('file'), clientCertificate });
    await expect(sent).rejects.toMatchObject({ name: 'OutsideError', mayHaveReached: false });
    expect(asked).toBe(false);
  },
);

test('a client certificate may be locked, as PEM or PKCS#12', async () => {
  const wants = { ca: authority.cert, requestCert: true, rejectUnauthorized: true };
  const port = await serve((_request, response) => response.end('welcome'), wants);
  const own = authority.issue('merchant', 'client');
  const passphrase = 'open sesame';
  const { pfx, key } = lock(own, passphrase);
  for (const identity of [{ pfx }, { cert: own.cert, key }]) {
    const opened = ask(port, { clientCertificate: { ...identity, passphrase } });
    expect((await readWhole(await opened)).toString()).toBe('welcome');
    const locked = ask(port, { clientCertificate: { ...identity, passphrase: 'wrong' } });
    await expect(locked).rejects.toMatchObject({ problem: 'login_refused' });
  }
});

test('a client certificate that cannot be read stops before the connection, and is not quoted', async () => {
  const port = await listen(createTcpServer(() => {}));
  const { cert, key } = authority.issue('merchant', 'client');
  const other = stranger.issue('merchant', 'client');
  const broken = [
    { cert, key: 'no key' },
    { cert, key: other.key },
    { pfx: Buffer.from('no container') },
  ];
  for (const clientCertificate of broken) {
    const error: unknown = await ask(port, { clientCertificate }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ problem: 'login_refused', mayHaveReached: false });
    expect(JSON.stringify(error)).not.toContain(key.slice(40, 80));
  }
  const both = { cert: `${cert}${key}`, key: `${cert}${key}` };
  const wants = { ca: authority.cert, requestCert: true, rejectUnauthorized: true };
  const served = await serve((_request, response) => response.end('welcome'), wants);
  await expect(ask(served, { clientCertificate: both }).then(readWhole)).resolves.toHaveLength(7);
});

test('http is for the sandbox, and no address carries a password', async () => {
  const port = await listen(createHttpServer((_request, response) => response.end('plain')));
  const url = `http://localhost:${port}/`;
  expect((await readWhole(await ask(port, { url }))).toString()).toBe('plain');
  const real = ask(port, { url, caller: { kind: 'real', allowedHosts: [] } });
  await expect(real).rejects.toMatchObject({ problem: 'address_refused' });
  const withPassword = ask(port, { url: `https://user:secret@${host}:${port}/` });
  await expect(withPassword).rejects.toMatchObject({ problem: 'address_refused' });
  await expect(ask(port, { url: 'file:///etc/passwd' })).rejects.toMatchObject({
    problem: 'address_refused',
  });
});

test('too long an answer is an error, with or without its length said', async () => {
  const port = await serve((request, response) => {
    if (request.url === '/said') response.setHeader('Content-Length', 1001);
    response.end(Buffer.alloc(1001));
  });
  for (const path of ['/said', '/unsaid']) {
    const read = ask(port, { path }).then(readWhole);
    await expect(read, path).rejects.toMatchObject({ problem: 'too_large' });
  }
  expect((await readWhole(await ask(port, { maxResponseBytes: 1001 }))).byteLength).toBe(1001);
});

test('an answer that is cut is an error, not a shorter answer', async () => {
  const port = await serve((_request, response) => {
    response.setHeader('Content-Length', 500);
    response.write('x'.repeat(200), () => response.destroy());
  });
  const read = ask(port).then(readWhole);
  await expect(read).rejects.toMatchObject({ problem: 'cut', mayHaveReached: true });
});

test('nobody there, nobody answering, nobody ending', async () => {
  const silent = await listen(createTcpServer(() => {}));
  const slow = await serve((request, response) => {
    if (request.url === '/half') response.write('half');
  });
  const limited = (timeouts: OutsideRequest['timeouts']) => ({ timeouts: { ...timeouts } });
  const gone = await listen(createTcpServer(() => {}));
  open.pop()?.close();
  await expect(ask(gone)).rejects.toMatchObject({
    problem: 'unreachable',
    mayHaveReached: false,
  });
  await expect(ask(silent, limited({ connectMs: 50 }))).rejects.toMatchObject({
    problem: 'timed_out',
    mayHaveReached: false,
  });
  await expect(ask(slow, limited({ firstByteMs: 50 }))).rejects.toMatchObject({
    problem: 'timed_out',
    mayHaveReached: true,
  });
  const half = ask(slow, { path: '/half', ...limited({ wholeMs: 2000 }) }).then(readWhole);
  await expect(half).rejects.toMatchObject({ problem: 'timed_out', mayHaveReached: true });
});

test('no sentence holds the credentials or the query', async () => {
  const port = await serve((_request, response) => response.destroy());
  const failed = ask(port, {
    path: '/export?token=very-secret',
    headers: { Authorization: 'Bearer very-secret' },
  });
  const error = (await failed.catch((caught: unknown) => caught)) as Error & { ja: string };
  expect(`${error.message} ${error.ja}`).toContain(host);
  expect(JSON.stringify([error.message, error.ja, error.stack])).not.toContain('very-secret');
});
