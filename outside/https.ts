import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { judgeTarget, type NamedTarget } from './judged-target.ts';
import { errorCode, OutsideError } from './outside-error.ts';

/** How long each part of an exchange may take, from its start. */
export interface HttpsTimeouts {
  /** Until the connection stands, TLS included. */
  readonly connectMs: number;
  /** From there until the head of the answer is there; the other side may have to work for it. */
  readonly firstByteMs: number;
  /** From the start until the last byte of the answer. */
  readonly wholeMs: number;
}

export const defaultHttpsTimeouts: HttpsTimeouts = {
  connectMs: 10_000,
  firstByteMs: 60_000,
  wholeMs: 600_000,
};

/**
 * A server of TLS 1.3 judges our certificate after the connection stands for us. A refusal is on its
 * way by then; within this pause it arrives before anything is sent, and then surely nothing was.
 */
const CLIENT_CERTIFICATE_SETTLE_MS = 250;

/** Who we are to the other side. PEM texts, or one PKCS#12 file. Secret. */
export type ClientCertificate =
  | { readonly cert: string; readonly key: string; readonly passphrase?: string }
  | { readonly pfx: Uint8Array; readonly passphrase?: string };

export interface OutsideRequest extends NamedTarget {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes are sent with their length; a stream in chunks. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  /** A longer answer is an error, not a shorter answer. */
  readonly maxResponseBytes: number;
  readonly timeouts?: Partial<HttpsTimeouts>;
  readonly clientCertificate?: ClientCertificate;
  readonly signal?: AbortSignal;
}

export interface OutsideResponse {
  readonly status: number;
  /** Names in lower case; of a repeated header the first. */
  readonly headers: Readonly<Record<string, string>>;
  /** To be read or closed (`return()`); breaking off closes the connection. Throws OutsideError. */
  readonly body: AsyncGenerator<Buffer, void, undefined>;
}

/**
 * One request to a machine that a merchant's settings name. The host is resolved once and judged
 * (address-guard.ts), the connection goes to that very address under the name's certificate, no
 * redirect is followed (3xx is an answer like any other), no proxy and no kept connection is used.
 *
 * @throws OutsideError; `mayHaveReached` is false as long as nothing was sent
 */
export async function sendRequest(wanted: OutsideRequest): Promise<OutsideResponse> {
  const { url, open, options } = await judgeTarget(wanted);
  const timeouts = { ...defaultHttpsTimeouts, ...wanted.timeouts };
  const request = open({
    ...options,
    method: wanted.method,
    headers: headersOf(wanted),
    // One connection for one request: a kept one would skip the judgement of its address.
    agent: false,
    ...tlsIdentity(wanted.clientCertificate),
    ...(wanted.signal === undefined ? {} : { signal: wanted.signal }),
  });
  const settleMs = wanted.clientCertificate === undefined ? 0 : CLIENT_CERTIFICATE_SETTLE_MS;
  const exchange = new Exchange(request, url.hostname, timeouts);
  const answered = exchange.head();
  exchange.begin(settleMs, () => sendBody(request, wanted.body));
  const response = await answered;
  return {
    status: response.statusCode ?? 0,
    headers: readHeaders(response),
    body: exchange.readBody(response, wanted.maxResponseBytes),
  };
}

/** The whole body of a short answer, as one buffer. */
export async function readWhole(response: OutsideResponse): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of response.body) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Ends an answer whose body nobody wants. */
export async function dropBody(response: OutsideResponse): Promise<void> {
  await response.body.return();
}

function headersOf({ headers, body }: OutsideRequest): Record<string, string> {
  const length = body instanceof Uint8Array ? { 'Content-Length': String(body.byteLength) } : {};
  // No compression: lengths and limits are those of the bytes on the wire.
  return { 'Accept-Encoding': 'identity', 'User-Agent': 'Tsukigime', ...length, ...headers };
}

function tlsIdentity(certificate: ClientCertificate | undefined): SecureContextOptions {
  if (certificate === undefined) return {};
  const identity: SecureContextOptions =
    'pfx' in certificate
      ? { pfx: Buffer.from(certificate.pfx), passphrase: certificate.passphrase }
      : { cert: certificate.cert, key: certificate.key, passphrase: certificate.passphrase };
  try {
    createSecureContext(identity);
    return identity;
  } catch (error) {
    // Its text may quote what it read: the code alone is told.
    const code = errorCode(error);
    throw new OutsideError('login_refused', `The client certificate cannot be used. ${code}`, {
      ja: `クライアント証明書または秘密鍵を読み取れません${code && `（${code}）`}。接続していません。証明書・秘密鍵・パスフレーズを登録し直してください。`,
    });
  }
}

function sendBody(request: ClientRequest, body: OutsideRequest['body']): void {
  if (body === undefined || body instanceof Uint8Array) {
    request.end(body);
    return;
  }
  // A source that fails must not look like a whole body: the connection is broken instead.
  const source = Readable.from(body, { objectMode: false });
  source.once('error', (error) => request.destroy(error));
  source.pipe(request);
  request.once('close', () => source.destroy());
}

function readHeaders(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(response.headersDistinct).map(([name, values]) => [name, values?.[0] ?? '']),
  );
}

/** Time-outs and failures of one request and its answer. */
class Exchange {
  private readonly request: ClientRequest;
  private readonly host: string;
  private readonly timers: NodeJS.Timeout[] = [];
  private connected = false;
  /** Whether a byte of the request may have left. */
  private sending = false;
  private failure: OutsideError | undefined;

  constructor(request: ClientRequest, host: string, timeouts: HttpsTimeouts) {
    this.request = request;
    this.host = host;
    const connecting = this.limit(timeouts.connectMs);
    this.limit(timeouts.wholeMs);
    const onConnected = () => {
      this.connected = true;
      clearTimeout(connecting);
      const answering = this.limit(timeouts.firstByteMs);
      request.once('response', () => clearTimeout(answering));
    };
    request.once('socket', (socket: Socket) => {
      const encrypted = 'encrypted' in socket;
      socket.once(encrypted ? 'secureConnect' : 'connect', onConnected);
    });
    // Whatever happens later is told to the reader of the body; unheard it would end the process.
    request.on('error', () => {});
    request.once('close', () => {
      for (const timer of this.timers) clearTimeout(timer);
    });
  }

  /** Sends once the connection stands, and has stood for a moment; not at all when it ends before. */
  begin(settleMs: number, send: () => void): void {
    const settled = () => {
      if (this.request.destroyed) return;
      this.sending = true;
      send();
    };
    const stands = () => {
      if (settleMs === 0) settled();
      else this.timers.push(setTimeout(settled, settleMs));
    };
    this.request.once('socket', (socket: Socket) => {
      socket.once('encrypted' in socket ? 'secureConnect' : 'connect', stands);
    });
  }

  async head(): Promise<IncomingMessage> {
    return await new Promise((resolve, reject) => {
      this.request.once('response', resolve);
      this.request.once('error', (error) => reject(this.explain(error)));
    });
  }

  async *readBody(response: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer, void> {
    let bytes = 0;
    try {
      for await (const piece of response) {
        bytes += (piece as Buffer).byteLength;
        if (bytes > maxBytes) throw this.tooLarge(maxBytes);
        yield piece as Buffer;
      }
    } catch (error) {
      throw error instanceof OutsideError ? error : this.explain(error);
    } finally {
      response.destroy();
      this.request.destroy();
    }
  }

  private limit(afterMs: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.failure = new OutsideError('timed_out', `${this.host} did not answer in time.`, {
        ja: `ホスト ${this.host} が時間内に応答しませんでした。時間をおいて再度実行します。`,
        mayHaveReached: this.sending,
      });
      this.request.destroy(this.failure);
    }, afterMs);
    this.timers.push(timer);
    return timer;
  }

  private tooLarge(maxBytes: number): OutsideError {
    return new OutsideError('too_large', `${this.host} answered more than ${maxBytes} bytes.`, {
      ja: `ホスト ${this.host} の応答が上限（${maxBytes} バイト）を超えました。何も保存していません。`,
      mayHaveReached: true,
    });
  }

  private explain(error: unknown): OutsideError {
    if (this.failure !== undefined) return this.failure;
    const { host, connected, sending } = this;
    const nothingLeft = connected && !sending;
    const code = errorCode(error);
    if (isTlsRefusal(code)) {
      return new OutsideError('tls_refused', `The certificate of ${host} is refused: ${code}.`, {
        ja: `ホスト ${host} との暗号化通信を確立できません（${code}）。証明書を確かめてください。`,
        mayHaveReached: sending,
      });
    }
    const problem = connected ? 'cut' : 'unreachable';
    return new OutsideError(problem, `The connection to ${host} failed: ${code || 'cut'}.`, {
      ja: nothingLeft
        ? `ホスト ${host} に接続を切られました（${code || '切断'}）。何も送信していません。クライアント証明書が受け入れられていない可能性があります。`
        : connected
          ? `ホスト ${host} との接続が途中で切れました（${code || '切断'}）。途中まで受信したデータは保存していません。`
          : `ホスト ${host} に接続できません（${code}）。何も送信していません。時間をおいて再度実行します。`,
      mayHaveReached: sending,
      cause: error,
    });
  }
}

function isTlsRefusal(code: string): boolean {
  return /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code);
}
