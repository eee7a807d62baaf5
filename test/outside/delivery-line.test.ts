import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { afterEach, expect, test } from 'vitest';
import {
  type DeliveryLine,
  type LineOptions,
  openDeliveryLine,
} from '../../outside/delivery-line.ts';
import { makeAuthority } from './certificates.ts';

const authority = makeAuthority();
const certificate = authority.issue('shop.example');
const servers: TcpServer[] = [];
const sockets = new Set<Socket>();
const lines: DeliveryLine[] = [];
let connections = 0;

afterEach(async () => {
  for (const line of lines.splice(0)) line.close();
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close');
  }
  connections = 0;
});

async function listen(server: TcpServer): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function openLine(url: string, more: Partial<LineOptions> = {}): Promise<DeliveryLine> {
  const line = await openDeliveryLine({
    url,
    caller: { kind: 'sandbox', allowedHosts: [] },
    timeoutMs: 2_000,
    connections: 2,
    trustedAuthorities: [authority.cert],
    resolve: async () => ['127.0.0.1'],
    ...more,
  });
  lines.push(line);
  return line;
}

const serve = async (answer: RequestListener) =>
  `http://127.0.0.1:${await listen(createHttpServer(answer))}/hook?shop=1`;
const body = Buffer.from('a=1');

test('posts many deliveries over a few kept connections', async () => {
  const seen: string[] = [];
  const url = await serve((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => {
      seen.push(`${request.method} ${request.url} ${request.headers['content-length']} ${text}`);
    });
    request.on('end', () => response.end('thanks'));
  });
  const line = await openLine(url);
  for (let n = 0; n < 20; n += 1) {
    const answers = await Promise.all([line.post(body, {}), line.post(body, {})]);
    for (const answer of answers) {
      expect(answer).toEqual({ kind: 'answered', status: 200, start: Buffer.from('thanks') });
    }
  }
  expect(seen).toHaveLength(40);
  expect(new Set(seen)).toEqual(new Set(['POST /hook?shop=1 3 a=1']));
  expect(connections).toBe(2);
});

test('speaks TLS to the name, at the address that was judged', async () => {
  const server = createServer(certificate, (request, response) =>
    response.end(`${request.headers.host} ${request.headers['x-key']}`),
  );
  const port = await listen(server);
  const line = await openLine(`https://shop.example:${port}/`);
  for (let n = 0; n < 3; n += 1) {
    const answer = await line.post(body, { 'X-Key': 'k' });
    expect(answer).toMatchObject({ status: 200, start: Buffer.from(`shop.example:${port} k`) });
  }
  expect(connections).toBe(1);
});

test('tells nothing to a machine with a foreign certificate', async () => {
  const foreign = makeAuthority().issue('shop.example');
  let requests = 0;
  const port = await listen(
    createServer(foreign, (_request, response) => {
      requests += 1;
      response.end();
    }),
  );
  const line = await openLine(`https://shop.example:${port}/`);
  expect(await line.post(body, {})).toEqual({ kind: 'not_connected' });
  expect(requests).toBe(0);
});

test('keeps the start of a long answer, and follows no redirect', async () => {
  let requests = 0;
  const url = await serve((_request, response) => {
    requests += 1;
    response.writeHead(302, { Location: '/elsewhere' }).end('x'.repeat(500_000));
  });
  const line = await openLine(url);
  const answer = await line.post(body, {});
  expect(answer).toEqual({ kind: 'answered', status: 302, start: Buffer.from('x'.repeat(512)) });
  expect(requests).toBe(1);
});

test('says whether anything had left when it fails', async () => {
  const reset = await serve((request) => {
    request.resume().on('end', () => request.socket.resetAndDestroy());
  });
  expect(await (await openLine(reset)).post(body, {})).toEqual({ kind: 'cut_off' });
  const half = await serve((_request, response) => {
    response.writeHead(200, { 'Content-Length': 100 }).write('half', () => response.destroy());
  });
  expect(await (await openLine(half)).post(body, {})).toEqual({ kind: 'cut_off' });
  const silent = await serve(() => {});
  const impatient = await openLine(silent, { timeoutMs: 100 });
  expect(await impatient.post(body, {})).toEqual({ kind: 'timed_out' });
  const server = createTcpServer();
  const port = await listen(server);
  server.close();
  const nobody = await openLine(`http://127.0.0.1:${port}/`);
  expect(await nobody.post(body, {})).toEqual({ kind: 'not_connected' });
});

test.each([
  ['a private address', 'https://shop.example/', ['10.0.0.1']],
  ['loopback by a name', 'https://shop.example/', ['127.0.0.1']],
  ['plain http', 'http://shop.example/', ['93.184.215.14']],
])('opens no line of a real merchant to %s', async (_what, url, addresses) => {
  const real = {
    caller: { kind: 'real', allowedHosts: [] },
    resolve: async () => addresses,
  } as const;
  await expect(openLine(url, real)).rejects.toMatchObject({ problem: 'address_refused' });
});
