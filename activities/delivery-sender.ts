import type { DeliveryOutcome } from '../billing/delivery.ts';
import { listAllowedHosts } from '../db/queries/allowed-hosts.ts';
import type { DeliveryEndpoint } from '../db/queries/delivery-endpoints.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { readSecretsInForce } from '../db/queries/secrets.ts';
import { type DeliveryLine, type LineAnswer, openDeliveryLine } from '../outside/delivery-line.ts';
import { OutsideError } from '../outside/outside-error.ts';
import { excerptOf } from './delivery-request.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** What came of one attempt. */
export interface Sent {
  readonly outcome: DeliveryOutcome;
  readonly status: number | null;
  /** First characters of the answer; for `not_sent` why, in our own words. */
  readonly answerStart: string | null;
}

export interface Sender<Delivery> {
  /** @param now the merchant's clock, for the signature. */
  send(delivery: Delivery, endpoint: DeliveryEndpoint, now: string): Promise<Sent>;
  close(): void;
}

export interface Signing {
  /** The newest first; then those that a change has not put out of force yet. */
  readonly secrets: readonly string[];
  /** ISO instant on the merchant's clock. */
  readonly now: string;
}

export interface WrittenRequest {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** @returns why it cannot be written, in our own words, where it cannot. */
export type WriteRequest<Delivery> = (
  delivery: Delivery,
  signing: Signing,
  endpoint: DeliveryEndpoint,
) => WrittenRequest | string;

type Opened = { readonly line: DeliveryLine; readonly secrets: readonly string[] } | Sent;

/**
 * Sends deliveries of one merchant over a line that is opened with the first one, and again when the
 * endpoint was changed.
 */
export function createSender<Delivery>(
  deps: Pick<ActivityDependencies, 'db' | 'fileKeys'>,
  merchant: Pick<Merchant, 'id' | 'kind'>,
  write: WriteRequest<Delivery>,
): Sender<Delivery> {
  let opened: { version: number; result: Promise<Opened> } | undefined;
  const close = () => {
    opened?.result.then(
      (result) => 'line' in result && result.line.close(),
      () => {},
    );
    opened = undefined;
  };
  const openFor = (endpoint: DeliveryEndpoint, now: string): Promise<Opened> => {
    if (opened?.version !== endpoint.version) {
      close();
      opened = { version: endpoint.version, result: openLine(deps, merchant, endpoint, now) };
    }
    return opened.result;
  };
  return {
    close,
    async send(delivery, endpoint, now) {
      const open = await openFor(endpoint, now);
      if (!('line' in open)) return open;
      const written = write(delivery, { secrets: open.secrets, now }, endpoint);
      if (typeof written === 'string') return notSent(written);
      return toSent(await open.line.post(written.body, written.headers));
    },
  };
}

async function openLine(
  { db, fileKeys }: Pick<ActivityDependencies, 'db' | 'fileKeys'>,
  merchant: Pick<Merchant, 'id' | 'kind'>,
  endpoint: DeliveryEndpoint,
  now: string,
): Promise<Opened> {
  const overlapHours = endpoint.webhook?.secretOverlapHours ?? 0;
  const named = { name: endpoint.secretName, overlapHours, now };
  const secrets = await readSecretsInForce(db, merchant.id, named, fileKeys);
  if (secrets.length === 0) {
    return notSent(`署名用のシークレット ${endpoint.secretName} が未登録のため送信していません`);
  }
  const hosts = await listAllowedHosts(db, merchant.id);
  try {
    const line = await openDeliveryLine({
      url: endpoint.url,
      caller: {
        kind: merchant.kind,
        allowedHosts: hosts.filter(({ allowed }) => allowed).map(({ host }) => host),
      },
      timeoutMs: endpoint.timeoutMs,
      connections: endpoint.concurrency,
    });
    return { line, secrets };
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    if (error.problem === 'address_refused') return notSent(error.ja);
    return { outcome: 'not_connected', status: null, answerStart: null };
  }
}

function notSent(why: string): Sent {
  return { outcome: 'not_sent', status: null, answerStart: why };
}

function toSent(answer: LineAnswer): Sent {
  if (answer.kind !== 'answered') return { outcome: answer.kind, status: null, answerStart: null };
  const { status, start } = answer;
  return {
    outcome: status >= 200 && status < 300 ? 'delivered' : 'refused',
    status,
    answerStart: excerptOf(start),
  };
}
