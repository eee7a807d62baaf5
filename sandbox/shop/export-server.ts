import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { basename, join } from 'node:path';

export interface ExportServerFaults {
  /** The connection breaks after so many bytes of the body; null = never. */
  cutAfterBytes: number | null;
  /** Answers that lead somewhere else, as a session that has ended does. */
  redirect: boolean;
  /** Answers that say nothing about their version. */
  noEtag: boolean;
}

export interface SandboxExportServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly faults: ExportServerFaults;
  /** `path status` of each answer. */
  readonly answers: readonly string[];
  close(): Promise<void>;
}

/** The simulated shop's export over HTTP: the files of a folder by name, with ETag and a login. */
export async function startExportServer(shop: {
  readonly folder: string;
  /** PEM; without it the server speaks plain HTTP. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** What the Authorization header must hold; undefined = nothing. */
  readonly authorization?: string;
}): Promise<SandboxExportServer> {
  const faults: ExportServerFaults = { cutAfterBytes: null, redirect: false, noEtag: false };
  const answers: string[] = [];
  const sockets = new Set<Socket>();
  const listener: RequestListener = async (request, response) => {
    const name = basename(decodeURIComponent(new URL(request.url ?? '/', 'http://shop').pathname));
    const content = await readFile(join(shop.folder, name)).catch(() => null);
    const etag = `"${createHash('sha256')
      .update(content ?? '')
      .digest('hex')
      .slice(0, 16)}"`;
    const end = (status: number, headers: Record<string, string>, body?: Buffer) => {
      answers.push(`${name} ${status}`);
      response.writeHead(status, headers).end(body);
    };
    if (faults.redirect) return end(302, { Location: '/login' });
    if (shop.authorization !== undefined && request.headers.authorization !== shop.authorization) {
      return end(401, {});
    }
    if (content === null) return end(404, {});
    const plain = { 'Content-Type': 'text/csv' };
    if (faults.noEtag) return end(200, plain, content);
    if (request.headers['if-none-match'] === etag) return end(304, { ETag: etag });
    const headers = { ...plain, ETag: etag };
    if (faults.cutAfterBytes === null) return end(200, headers, content);
    answers.push(`${name} cut`);
    response.writeHead(200, { ...headers, 'Content-Length': String(content.byteLength) });
    response.write(content.subarray(0, faults.cutAfterBytes), () => response.destroy());
  };
  const server: Server =
    shop.certificate === undefined
      ? createHttpServer(listener)
      : createHttpsServer(shop.certificate, listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const scheme = shop.certificate === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    answers,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
