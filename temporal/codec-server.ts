import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PayloadCodec } from '@temporalio/common';
import { decodePayloads, maxPayloadsBytes } from './decode-payloads.ts';

/**
 * Lets the Temporal UI of the embedded server show payloads in clear to whoever sits at this
 * machine (`--ui-codec-endpoint`): what a workflow waits for, what an activity is about. Only
 * decodes, only on loopback, and only for pages of the given origins. Not for production: there
 * the API decodes, for people with a role (`api/routes/codec.ts`).
 */
export interface CodecServerOptions {
  readonly codec: PayloadCodec;
  /** 0 takes a free one. */
  readonly port: number;
  /** Origins of the UI, such as `http://127.0.0.1:8233`. */
  readonly allowedOrigins: readonly string[];
}

export interface CodecServer {
  /** For `--ui-codec-endpoint`. */
  readonly url: string;
  close(): Promise<void>;
}

export async function startCodecServer(options: CodecServerOptions): Promise<CodecServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch(() => {
      // The reason may quote what could not be read.
      response.writeHead(400).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) };
}

async function answer(
  options: CodecServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { origin, host } = request.headers;
  const loopback = /^(127\.0\.0\.1|localhost):\d+$/.test(host ?? '');
  // A page of another site may not read, and a foreign name that points here may not either.
  if (origin === undefined || !options.allowedOrigins.includes(origin) || !loopback) {
    response.writeHead(403).end();
    return;
  }
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Allow-Methods', 'POST');
  response.setHeader('Access-Control-Allow-Headers', 'content-type,x-namespace');
  response.setHeader('Vary', 'Origin');
  if (request.method === 'OPTIONS') {
    response.writeHead(204).end();
    return;
  }
  if (request.method !== 'POST' || request.url !== '/decode') {
    response.writeHead(404).end();
    return;
  }
  const decoded = await decodePayloads([options.codec], JSON.parse(await readBody(request)));
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(decoded));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxPayloadsBytes) throw new Error('the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
