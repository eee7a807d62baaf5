import type { DeliveryOutcome } from '../billing/delivery.ts';
import { listAllowedHosts } from '../db/queries/allowed-hosts.ts';
import type { ClaimedDelivery } from '../db/queries/deliveries.ts';
import type { DeliveryEndpoint } from '../db/queries/delivery-endpoints.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { readSecret } from '../db/queries/secrets.ts';
import { type DeliveryLine, type LineAnswer, openDeliveryLine } from '../outside/delivery-line.ts';
import { OutsideError } from '../outside/outside-error.ts';
import { excerptOf, formOf, headersOf } from './delivery-request.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** What came of one attempt. */
export interface Sent {
  readonly outcome: DeliveryOutcome;
  readonly status: number | null;
  /** First characters of the answer; for `not_sent` why, in our own words. */
  readonly answerStart: string | null;
}

export interface Sender {
  /** @param now the merchant's clock, for the signature. */
  send(delivery: ClaimedDelivery, endpoint: DeliveryEndpoint, now: string): Promise<Sent>;
  close(): void;
}

type Opened = { readonly line: DeliveryLine; readonly secret: string } | Sent;

/**
 * Sends deliveries of one merchant over a line that is opened with the first one, and again when the
 * endpoint was changed.
 */
export function createSender(
  deps: Pick<ActivityDependencies, 'db' | 'fileKeys'>,
  merchant: Pick<Merchant, 'id' | 'kind'>,
): Sender {
  let opened: { version: number; result: Promise<Opened> } | undefined;
  const close = () => {
    opened?.result.then(
      (result) => 'line' in result && result.line.close(),
      () => {},
    );
    opened = undefined;
  };
  const openFor = (endpoint: DeliveryEndpoint): Promise<Opened> => {
    if (opened?.version !== endpoint.version) {
      close();
      opened = { version: endpoint.version, result: openLine(deps, merchant, endpoint) };
    }
    return opened.result;
  };
  return {
    close,
    async send(delivery, endpoint, now) {
      const open = await openFor(endpoint);
      if (!('line' in open)) return open;
      const form = formOf(delivery, endpoint.encoding);
      if (form === null)
        return notSent('送信先の文字コードで表せない文字があるため送信していません');
      const signing = { secret: open.secret, now };
      return toSent(await open.line.post(form, headersOf(delivery, form, endpoint, signing)));
    },
  };
}

async function openLine(
  { db, fileKeys }: Pick<ActivityDependencies, 'db' | 'fileKeys'>,
  merchant: Pick<Merchant, 'id' | 'kind'>,
  endpoint: DeliveryEndpoint,
): Promise<Opened> {
  const secret = await readSecret(db, merchant.id, endpoint.secretName, fileKeys);
  if (secret === null) {
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
    return { line, secret };
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
