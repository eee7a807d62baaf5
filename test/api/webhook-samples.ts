import type { RouteName } from '../../api/contract.ts';
import type { RouteSample } from './route-samples.ts';

const nowhere = '00000000-0000-4000-8000-000000000000';
const merchant = (path: string) => (slug: string) => `/v1/merchants/${slug}${path}`;
const webhook = (path = '') => merchant(`/webhooks/no-such-hook${path}`);
const settings = { url: 'https://shop.example/events', events: ['ng.opened'], secretName: 's' };

/** Samples of the routes for what the shop's systems are told. */
export const webhookSamples = {
  listWebhooks: { path: merchant('/webhooks'), answer: 200 },
  createWebhook: {
    path: merchant('/webhooks'),
    json: (unique) => ({ webhook: `hook-${unique}`, ...settings, reason: 'walk' }),
    answer: 201,
  },
  readWebhook: { path: webhook(), answer: 'endpoint-not-found' },
  changeWebhook: {
    path: webhook(),
    json: () => ({ version: 1, ...settings, reason: 'walk' }),
    answer: 'endpoint-not-found',
  },
  pauseWebhook: {
    path: webhook('/pause'),
    json: () => ({ reason: 'walk' }),
    answer: 'endpoint-not-found',
  },
  resumeWebhook: {
    path: webhook('/resume'),
    json: () => ({ reason: 'walk' }),
    answer: 'endpoint-not-found',
  },
  retireWebhook: {
    path: webhook('/retire'),
    json: () => ({ reason: 'walk' }),
    answer: 'endpoint-not-found',
  },
  testWebhook: {
    path: webhook('/test'),
    json: () => ({ reason: 'walk' }),
    answer: 'endpoint-not-found',
  },
  listWebhookDeliveries: { path: webhook('/deliveries'), answer: 'endpoint-not-found' },
  resendWebhookEvents: {
    path: webhook('/resends'),
    json: () => ({ events: null, reason: 'walk' }),
    answer: 'endpoint-not-found',
  },
  readWebhookEvent: {
    path: merchant(`/webhook-events/${nowhere}`),
    answer: 'webhook-event-not-found',
  },
  listWebhookEventOrders: {
    path: merchant(`/webhook-events/${nowhere}/orders`),
    answer: 'webhook-event-not-found',
  },
} as const satisfies Partial<Record<RouteName, RouteSample>>;
