import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { decodeTelegram, TelegramError } from '../../psp/paygent/telegram.ts';
import type { Authority } from './authority.ts';
import type { Desk } from './desk.ts';
import { writeFileDurably } from './journal.ts';
import { merchantOf } from './state.ts';
import { answerTelegram, type TelegramAnswer, writeRefusal } from './telegrams.ts';

/**
 * Paygent's file service by telegram 200 and 201, over HTTPS with client certificates. What public
 * code does not show of it is as we imagine it [assumed].
 */
export interface TelegramFront {
  /** What a merchant has to set to use it; each call issues another certificate. */
  accessOf(merchantId: string): Promise<TelegramAccess>;
  stop(): Promise<void>;
}

/** Settings of `paygent.telegram`, and the values of the secrets that they name. */
export interface TelegramAccess {
  readonly url: string;
  readonly connectId: string;
  readonly connectPassword: string;
  /** PEM of the client certificate and its key. */
  readonly certificate: string;
  /** PEM of the authority behind the server. */
  readonly certificateAuthority: string;
}

const path = '/n/o/requestdata';
const authorityFile = 'authority.json';
const maxBodyBytes = 64 * 1024 * 1024;

interface Listening {
  readonly authority: Authority;
  readonly server: Server;
}

/** Listens once somebody wants it, and from the start where somebody did before. */
export async function startTelegramFront(
  desk: Desk,
  options: { readonly dataDir: string; readonly port: number; readonly afterChange: () => void },
): Promise<TelegramFront> {
  let opened: Promise<Listening> | undefined;
  const open = () => {
    opened ??= listen(options.dataDir, options.port, (request, response, authority) =>
      answer(desk, { request, response, authority, afterChange: options.afterChange }),
    );
    return opened;
  };
  if (existsSync(join(options.dataDir, authorityFile))) await open();
  return {
    async accessOf(merchantId) {
      merchantOf(desk.state, merchantId);
      const { authority, server } = await open();
      const { cert, key } = await authority.issueClient(merchantId);
      return {
        url: `https://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
        ...connectionOf(authority, merchantId),
        certificate: `${cert}\n${key}`,
        certificateAuthority: authority.cert,
      };
    },
    async stop() {
      const listening = await opened;
      if (listening === undefined) return;
      await new Promise<void>((resolve) => {
        listening.server.close(() => resolve());
        listening.server.closeAllConnections();
      });
    },
  };
}

async function listen(
  dataDir: string,
  port: number,
  onRequest: (
    request: IncomingMessage,
    response: ServerResponse,
    authority: Authority,
  ) => Promise<void>,
): Promise<Listening> {
  // Loaded when it is wanted: most who run the sandbox never want it.
  const { openAuthority } = await import('./authority.ts');
  const authority = await openAuthority(join(dataDir, authorityFile));
  const own = await authority.issueServer();
  const wants = { ca: authority.cert, requestCert: true, rejectUnauthorized: true };
  const server = createServer({ ...own, ...wants }, (request, response) => {
    onRequest(request, response, authority).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  await listenAgain(server, port, join(dataDir, 'telegram-port'));
  return { authority, server };
}

/** Takes the port of last time where any will do: settings name it. */
async function listenAgain(server: Server, port: number, portPath: string): Promise<void> {
  const last = port === 0 && existsSync(portPath) ? Number(readFileSync(portPath, 'utf8')) : port;
  const listenAt = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listenAt(last).catch((error: unknown) => {
    if (port !== 0) throw error;
    return listenAt(0);
  });
  writeFileDurably(portPath, Buffer.from(String((server.address() as AddressInfo).port)));
}

/** The same after a restart, without being kept anywhere. */
function connectionOf({ cert }: Authority, merchantId: string) {
  const secret = createHash('sha256').update(`${cert} ${merchantId}`).digest('hex');
  return { connectId: `connect-${merchantId}`, connectPassword: secret.slice(0, 24) };
}

async function answer(
  desk: Desk,
  of: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly authority: Authority;
    readonly afterChange: () => void;
  },
): Promise<void> {
  const { request, response, authority, afterChange } = of;
  if (request.method !== 'POST' || request.url !== path) {
    response.writeHead(404).end();
    return;
  }
  const body = await readBody(request);
  if (body === null) return;
  const told = await answerBody(desk, { body, authority, socket: request.socket as TLSSocket });
  afterChange();
  give(response, told);
}

/** Null when the request broke off: what did not come whole is no telegram. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > maxBodyBytes) return null;
      pieces.push(piece);
    }
  } catch {
    return null;
  }
  return Buffer.concat(pieces);
}

async function answerBody(
  desk: Desk,
  of: { readonly body: Buffer; readonly authority: Authority; readonly socket: TLSSocket },
): Promise<TelegramAnswer> {
  try {
    const telegram = decodeTelegram(of.body);
    const merchantId = telegram.values.get('merchant_id') ?? '';
    const { connectId, connectPassword } = connectionOf(of.authority, merchantId);
    const known =
      desk.state.merchants.has(merchantId) &&
      of.socket.getPeerCertificate().subject?.CN === merchantId &&
      telegram.values.get('connect_id') === connectId &&
      telegram.values.get('connect_password') === connectPassword;
    if (!known) {
      return writeRefusal(telegram.kind, 'SANDBOX-AUTH', '接続IDまたは証明書が正しくありません');
    }
    return await answerTelegram(desk, merchantId, telegram);
  } catch (error) {
    if (!(error instanceof TelegramError)) throw error;
    return writeRefusal('', 'SANDBOX-TELEGRAM', error.ja);
  }
}

/** Sends an answer as far as an ordered fault lets it. */
function give(response: ServerResponse, { body, cut }: TelegramAnswer): void {
  if (cut === 'never') return;
  if (cut === 'before') {
    response.destroy();
    return;
  }
  response.writeHead(200, {
    'Content-Type': 'text/plain; charset=Windows-31J',
    'Content-Length': body.length,
  });
  if (cut === undefined) response.end(body);
  else response.write(body.subarray(0, Math.ceil(body.length / 2)), () => response.destroy());
}
