import { createHmac } from 'node:crypto';
import { shapeWebhookEvent } from '../billing/webhook-event.ts';
import type { ClaimedEvent } from '../db/queries/webhook-deliveries.ts';
import type { Signing, WrittenRequest } from './delivery-sender.ts';

/**
 * An event as it leaves: JSON, signed over `<unix seconds>.<body>` by every secret that is in force
 * (`v1=` once for each), so that a shop may change its own at its leisure.
 */
export function writeWebhookRequest(
  { event, attempt }: Pick<ClaimedEvent, 'event' | 'attempt'>,
  { secrets, now }: Signing,
): WrittenRequest {
  const body = Buffer.from(JSON.stringify(shapeWebhookEvent(event)));
  const timestamp = String(Math.floor(Date.parse(now) / 1000));
  const signatures = secrets.map((secret) => {
    const hmac = createHmac('sha256', secret).update(`${timestamp}.`).update(body);
    return `v1=${hmac.digest('hex')}`;
  });
  return {
    body,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Idempotency-Key': event.id,
      'Tsukigime-Event': event.type,
      'Tsukigime-Signature': [`t=${timestamp}`, ...signatures].join(','),
      'Tsukigime-Attempt': String(attempt),
    },
  };
}
