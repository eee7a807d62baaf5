import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type FormEncoding, type FormParameters, readForm } from '../zeus/form.ts';
import { openShopLedger, type ShopDelivery, type ShopLedger } from './issue-ledger.ts';

/**
 * What goes wrong with a delivery. Before the shop has worked on it: `time_out` (no answer ever),
 * `server_error` (500), `reset_before`. After it has issued what was bought: `slow` (a late 200),
 * `silent_after` (no answer ever), `error_after` (500), `reset_after`.
 */
export const SHOP_FAULTS = [
  'time_out',
  'server_error',
  'reset_before',
  'slow',
  'silent_after',
  'error_after',
  'reset_after',
] as const;
export type ShopFault = (typeof SHOP_FAULTS)[number];

export interface OrderedShopFault {
  readonly fault: ShopFault;
  /** How many deliveries it strikes. */
  readonly count?: number;
  /** Only deliveries of this オーダーNo; without it the next ones of any. */
  readonly orderNumber?: string;
}

export interface ShopEndpointOptions {
  /** 0 takes a free port. */
  readonly port?: number;
  /** How long `slow` takes, in real time. */
  readonly slowMs?: number;
  /** The encoding of the values; unless said UTF-8 where it is valid, else CP932. */
  readonly encoding?: FormEncoding;
  /** False: a shop that does not look at the key and issues at every call. */
  readonly looksAtKey?: boolean;
  /** What the shop checks before it works: false is answered with 401. */
  readonly verify?: (headers: IncomingMessage['headers'], body: Buffer) => boolean;
}

export interface ShopEndpoint {
  /** Where deliveries go. */
  readonly url: string;
  readonly ledger: ShopLedger;
  orderFault(ordered: OrderedShopFault): void;
  clearFaults(): void;
  stop(): Promise<void>;
}

const loopback = '127.0.0.1';
/** The header by which a shop recognises a result that it has had before. */
export const idempotencyKeyHeader = 'idempotency-key';
const longestBodyBytes = 65_536;
/** UTF-8 first: Japanese CP932 is almost never valid UTF-8. */
const eitherEncoding: readonly FormEncoding[] = ['utf-8', 'cp932'];

/**
 * The shop's side of carrier results: it issues what was bought when a payment's result comes, and
 * keeps a ledger of what it issued under which idempotency key. Besides `/carrier-results` it shows
 * `GET /ledger` and takes faults by `POST /faults` and `DELETE /faults` (docs/sandbox.md).
 */
export async function startShopEndpoint(options: ShopEndpointOptions = {}): Promise<ShopEndpoint> {
  const { slowMs = 1_500, encoding, looksAtKey = true, verify = () => true } = options;
  const ledger = openShopLedger(looksAtKey);
  let faults: { fault: ShopFault; left: number; orderNumber: string | undefined }[] = [];
  const stopping = new AbortController();

  const takeFault = (orderNumber: string | null): ShopFault | null => {
    const found = faults.find((one) => (one.orderNumber ?? orderNumber) === orderNumber);
    if (found === undefined) return null;
    found.left -= 1;
    if (found.left <= 0) faults = faults.filter((one) => one !== found);
    return found.fault;
  };
  const orderFault = ({ fault, count = 1, orderNumber }: OrderedShopFault) => {
    faults.push({ fault, left: count, orderNumber });
  };
  const clearFaults = () => {
    faults = [];
  };

  async function takeDelivery(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (!verify(request.headers, body)) return answer(response, 401, { error: 'signature' });
    const parameters = tryReadForm(body, encoding === undefined ? eitherEncoding : [encoding]);
    if (parameters === null) return answer(response, 400, { error: 'no text in our encoding' });
    const delivery = toDelivery(request, parameters);
    const fault = takeFault(delivery.orderNumber);
    if (fault === 'time_out') return ledger.receive(delivery);
    if (fault === 'reset_before') {
      ledger.receive(delivery);
      request.socket.resetAndDestroy();
      return;
    }
    if (fault === 'server_error') {
      ledger.receive(delivery);
      return answer(response, 500, { error: 'the shop is out of order' });
    }
    const { issued } = ledger.take(delivery);
    if (fault === 'silent_after') return;
    if (fault === 'reset_after') {
      request.socket.resetAndDestroy();
      return;
    }
    if (fault === 'error_after') return answer(response, 500, { error: 'after the work was done' });
    if (fault === 'slow') await delay(slowMs, undefined, { signal: stopping.signal });
    answer(response, 200, { issued });
  }

  async function control(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/ledger') return answer(response, 200, ledger.show());
    if (request.url !== '/faults') return answer(response, 404, { error: 'no such page' });
    if (request.method === 'DELETE') clearFaults();
    if (request.method === 'POST') {
      const asked = JSON.parse((await readBody(request)).toString()) as OrderedShopFault;
      if (!SHOP_FAULTS.includes(asked.fault)) {
        return answer(response, 422, { error: `fault is one of ${SHOP_FAULTS.join(', ')}` });
      }
      orderFault(asked);
    }
    answer(response, 200, { faults });
  }

  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    const work =
      path === '/carrier-results' ? takeDelivery(request, response) : control(request, response);
    // A caller that hung up, or a body that is no form: the sandbox goes on.
    work.catch(() => response.destroy());
  });
  server.keepAliveTimeout = 30_000;
  server.listen(options.port ?? 0, loopback);
  await once(server, 'listening');
  return {
    url: `http://${loopback}:${(server.address() as AddressInfo).port}/carrier-results`,
    ledger,
    orderFault,
    clearFaults,
    async stop() {
      stopping.abort();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** In the first of the encodings that has all of its bytes; null when none has. */
function tryReadForm(body: Buffer, encodings: readonly FormEncoding[]): FormParameters | null {
  for (const encoding of encodings) {
    try {
      return readForm(body, encoding);
    } catch {}
  }
  return null;
}

function toDelivery(
  request: IncomingMessage,
  parameters: readonly (readonly [string, string])[],
): ShopDelivery {
  const key = request.headers[idempotencyKeyHeader];
  return {
    idempotencyKey: typeof key === 'string' ? key : null,
    orderNumber: parameters.find(([name]) => name === 'ordd')?.[1] ?? null,
    parameters,
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestBodyBytes) throw new Error('the body is too long for a carrier result');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
