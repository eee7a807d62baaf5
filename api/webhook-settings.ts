import type { EndpointSettings } from '../db/queries/delivery-endpoints.ts';

/** What somebody said of a webhook, by the API or on the command line. */
interface SaidOfWebhook extends Omit<EndpointSettings, 'encoding' | 'webhook'> {
  readonly events: readonly string[];
  readonly secretOverlapHours: number;
}

/** As an endpoint keeps it. */
export function webhookSettings(said: SaidOfWebhook): EndpointSettings {
  const { events, secretOverlapHours, ...given } = said;
  // JSON is UTF-8, whatever the shop's forms are in.
  return { ...given, encoding: 'utf-8', webhook: { events, secretOverlapHours } };
}
