import { type ClientRequest, Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { judgeTarget, type NamedTarget } from './judged-target.ts';

export interface LineOptions extends NamedTarget {
  /** From the first byte out to the last byte in. */
  readonly timeoutMs: number;
  /** Connections at most; each is kept for the next delivery. */
  readonly connections: number;
}

/** What came of one delivery. */
export type LineAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** The first bytes of the body. */
      readonly start: Buffer;
    }
  /** `cut_off`: bytes had left, and no whole answer came back. */
  | { readonly kind: 'timed_out' | 'not_connected' | 'cut_off' };

export interface DeliveryLine {
  /** Never rejects: whatever the other side does is an answer. */
  post(body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<LineAnswer>;
  /** Ends all connections. */
  close(): void;
}

/** Enough to see what an error page says. */
const keptBytes = 512;
/** An answer is read to its end so that its connection can be used again, but not a longer one. */
const readBytesMax = 64 * 1024;

/**
 * Connections to one endpoint of a merchant, for many deliveries one after the other. Its host is
 * resolved and judged once, when the line is opened; all connections go to that address. A line lives
 * for one batch, so a host that moves is judged anew. No redirect is followed: 3xx is an answer.
 *
 * @throws OutsideError: address_refused, name_not_found
 */
export async function openDeliveryLine(options: LineOptions): Promise<DeliveryLine> {
  const { url, open, options: target } = await judgeTarget(options);
  const pool = { keepAlive: true, maxSockets: options.connections, noDelay: true };
  const agent = url.protocol === 'https:' ? new HttpsAgent(pool) : new HttpAgent(pool);
  return {
    post: (body, headers) =>
      post(() => open(requestOf({ ...target, agent }, body, headers)), body, options),
    close: () => agent.destroy(),
  };
}

function requestOf(target: object, body: Uint8Array, headers: Readonly<Record<string, string>>) {
  return {
    ...target,
    method: 'POST',
    headers: {
      'User-Agent': 'Tsukigime',
      'Accept-Encoding': 'identity',
      'Content-Length': String(body.byteLength),
      ...headers,
    },
  };
}

async function post(
  open: () => ClientRequest,
  body: Uint8Array,
  { timeoutMs }: Pick<LineOptions, 'timeoutMs'>,
): Promise<LineAnswer> {
  return await new Promise((resolve) => {
    const request = open();
    let connected = false;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      request.destroy();
    }, timeoutMs);
    const settle = (answer: LineAnswer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    const fail = () => {
      if (timedOut && connected) settle({ kind: 'timed_out' });
      else settle({ kind: connected ? 'cut_off' : 'not_connected' });
    };
    request.once('socket', (socket) => {
      // A kept connection stands already; of a new one nothing has left until it does.
      connected = request.reusedSocket;
      if (connected) return;
      const standing = 'encrypted' in socket ? 'secureConnect' : 'connect';
      socket.once(standing, () => {
        connected = true;
      });
    });
    request.on('error', fail);
    request.once('response', (response) => {
      readStart(response).then((start) => {
        settle({ kind: 'answered', status: response.statusCode ?? 0, start });
      }, fail);
    });
    request.end(body);
  });
}

/** The first bytes of an answer. Rejects when it breaks off before its end. */
async function readStart(response: IncomingMessage): Promise<Buffer> {
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response) {
    if (bytes < keptBytes) kept.push(piece as Buffer);
    bytes += (piece as Buffer).byteLength;
    // Leaving the loop closes the connection: the status and this much are the answer.
    if (bytes > readBytesMax) break;
  }
  return Buffer.concat(kept).subarray(0, keptBytes);
}
