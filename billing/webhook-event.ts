/**
 * What a shop's systems may be told. `charges.captured` tells of all that one file or one list captured,
 * `charge.captured` of each charge by itself: a million of them are a million calls.
 */
export const WEBHOOK_EVENT_TYPES = [
  'cycle.stage',
  'charges.captured',
  'charge.captured',
  'ng.opened',
  'ng.closed',
  'card.locked',
  'card.unlocked',
  'import.finished',
] as const;
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];

/** Sent when somebody asks for it; nothing has happened. */
export const TEST_EVENT_TYPE = 'ping';

export interface WebhookEvent {
  /** Public ID: the idempotency key of every attempt and re-send. */
  readonly id: string;
  readonly type: string;
  /** Slug. */
  readonly merchant: string;
  /** ISO instant on the merchant's clock. */
  readonly occurredAt: string;
  /** Months, order numbers, yen and states; docs/webhooks.md names them for each type. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The event as it leaves and as the API shows it: byte for byte the same at every attempt. */
export function shapeWebhookEvent({ id, type, merchant, occurredAt, data }: WebhookEvent) {
  const orders = `/v1/merchants/${merchant}/webhook-events/${id}/orders`;
  const shown = type === 'charges.captured' ? { ...data, orders } : { ...data };
  return { id, type, merchant, occurredAt, data: shown };
}
