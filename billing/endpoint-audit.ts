import type { DeliveryPolicy } from './delivery.ts';

/** What an admin decides about an endpoint or a webhook. */
export interface AuditedEndpoint extends DeliveryPolicy {
  readonly url: string;
  readonly secretName: string;
  readonly encoding: string;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly webhook?: { readonly events: readonly string[]; readonly secretOverlapHours: number };
}

type Told = Readonly<Record<string, unknown>>;

/** As the audit tells it: of the address origin and path, since shops put keys into the query. */
export function tellEndpoint(endpoint: AuditedEndpoint): Told {
  return { ...namedOf(endpoint), url: maskQuery(endpoint.url) };
}

/** What an endpoint was and is, as far as it differs; an address also where only its query does. */
export function tellEndpointChange(
  before: AuditedEndpoint,
  after: AuditedEndpoint,
): { readonly before: Told; readonly after: Told } {
  const [was, is] = [namedOf(before), namedOf(after)];
  const changed = Object.keys({ ...was, ...is }).filter(
    (name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]),
  );
  const only = (told: Told) =>
    Object.fromEntries(Object.entries(told).filter(([name]) => changed.includes(name)));
  return { before: only(tellEndpoint(before)), after: only(tellEndpoint(after)) };
}

/** By name, so that nothing that an endpoint may get one day is told unseen. */
function namedOf(endpoint: AuditedEndpoint): Told {
  const { url, secretName, encoding, timeoutMs, concurrency, webhook } = endpoint;
  const { backOffSeconds, circuitFailures, circuitPauseSeconds } = endpoint;
  return {
    ...{ url, secretName, encoding, timeoutMs, concurrency },
    ...{ backOffSeconds, circuitFailures, circuitPauseSeconds },
    ...(webhook && { events: webhook.events, secretOverlapHours: webhook.secretOverlapHours }),
  };
}

function maskQuery(url: string): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search === '' ? '' : '?…'}`;
}
