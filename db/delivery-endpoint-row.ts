import type { Selectable } from 'kysely';
import type { Circuit, DeliveryPolicy } from '../billing/delivery.ts';
import type { DeliveryEndpointsTable, EndpointEncoding, EndpointState } from './carrier-tables.ts';

/** What an admin decides about an endpoint. */
export interface EndpointSettings extends DeliveryPolicy {
  readonly url: string;
  /** The merchant's secret that signs each delivery. */
  readonly secretName: string;
  readonly encoding: EndpointEncoding;
  readonly timeoutMs: number;
  /** Deliveries under way at a time. */
  readonly concurrency: number;
  /** Only of an endpoint that gets events, not carrier results. */
  readonly webhook?: WebhookWishes;
}

export interface WebhookWishes {
  /** What it is told (billing/webhook-event.ts). */
  readonly events: readonly string[];
  /** For how long after a change of the secret the one before signs as well. */
  readonly secretOverlapHours: number;
}

export type EndpointKind = 'carrier' | 'webhook';

export interface DeliveryEndpoint extends EndpointSettings {
  /** Of the database; it does not leave. */
  readonly id: number;
  readonly slug: string;
  readonly kind: EndpointKind;
  readonly state: EndpointState;
  readonly version: number;
  readonly circuit: Circuit;
  readonly createdAt: string;
}

export function columnsOf(settings: EndpointSettings) {
  return {
    url: settings.url,
    secret_name: settings.secretName,
    encoding: settings.encoding,
    back_off_seconds: [...settings.backOffSeconds],
    timeout_ms: settings.timeoutMs,
    concurrency: settings.concurrency,
    circuit_failures: settings.circuitFailures,
    circuit_pause_seconds: settings.circuitPauseSeconds,
    ...(settings.webhook === undefined
      ? {}
      : {
          events: [...settings.webhook.events],
          secret_overlap_hours: settings.webhook.secretOverlapHours,
        }),
  };
}

export function toEndpoint(row: Selectable<DeliveryEndpointsTable>): DeliveryEndpoint {
  return {
    id: row.id,
    slug: row.slug,
    kind: row.kind,
    ...(row.events === null
      ? {}
      : { webhook: { events: row.events, secretOverlapHours: row.secret_overlap_hours } }),
    url: row.url,
    secretName: row.secret_name,
    encoding: row.encoding,
    backOffSeconds: row.back_off_seconds,
    timeoutMs: row.timeout_ms,
    concurrency: row.concurrency,
    circuitFailures: row.circuit_failures,
    circuitPauseSeconds: row.circuit_pause_seconds,
    state: row.state,
    version: row.version,
    circuit: { failuresInARow: row.failures_in_a_row, openUntil: row.circuit_open_until },
    createdAt: row.created_at,
  };
}
