import type { WebhookEventType } from '../../billing/webhook-event.ts';
import { shapeWebhookEvent } from '../../billing/webhook-event.ts';
import {
  changeEndpoint,
  createEndpoint,
  type DeliveryEndpoint,
  findEndpoint,
  listEndpoints,
  moveEndpoint,
} from '../../db/queries/delivery-endpoints.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import { listWebhookDeliveries } from '../../db/queries/webhook-deliveries.ts';
import { findWebhookEvent, listOrdersOfEvent } from '../../db/queries/webhook-events.ts';
import { wakeDeliveryDesk } from '../../temporal/start-delivery-desk.ts';
import { resendWebhookEvents, sendTestEvent } from '../../workflows/messages.ts';
import type { webhookRoutes } from '../contract/webhooks.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { refuseUnfitUrl } from '../endpoint-url.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { tellDeliveryDesk } from '../tell-delivery-desk.ts';
import { webhookSettings } from '../webhook-settings.ts';

export const webhookHandlers: Handlers<typeof webhookRoutes> = {
  async listWebhooks({ deps, merchant }) {
    const webhooks = await listEndpoints(deps.db, merchant.id, 'webhook');
    return {
      status: 200,
      body: {
        webhooks: webhooks.map((one) => ({ ...show(one), due: one.due, failed: one.failed })),
      },
    };
  },

  async createWebhook({ deps, identity, merchant, body, now }) {
    const { webhook: slug, reason, ...given } = body;
    refuseUnfitUrl(merchant, given.url);
    const settings = webhookSettings(given);
    const by = { actor: identity.actor, reason, now };
    const created = await createEndpoint(deps.db, merchant.id, { slug, settings, ...by });
    return {
      status: 201,
      headers: { Location: `/v1/merchants/${merchant.slug}/webhooks/${slug}` },
      body: show(created),
    };
  },

  async readWebhook({ deps, merchant, params }) {
    return { status: 200, body: show(await requireWebhook(deps, merchant, params.webhook)) };
  },

  async changeWebhook({ deps, identity, merchant, params, body, now }) {
    const { version: seenVersion, reason, ...given } = body;
    const { slug } = await requireWebhook(deps, merchant, params.webhook);
    refuseUnfitUrl(merchant, given.url);
    const by = { actor: identity.actor, reason, now };
    const change = { slug, seenVersion, settings: webhookSettings(given), ...by };
    const changed = await changeEndpoint(deps.db, merchant.id, change);
    await wakeDeliveryDesk(deps.workflows, merchant, slug);
    return { status: 200, body: show(changed) };
  },

  async pauseWebhook(call) {
    // No bell: a desk at work looks at the row before each batch, and one that waits has no work.
    return { status: 200, body: show((await move(call, 'paused')).endpoint) };
  },

  async resumeWebhook(call) {
    const { endpoint } = await move(call, 'active');
    await wakeDeliveryDesk(call.deps.workflows, call.merchant, endpoint.slug);
    return { status: 200, body: show(endpoint) };
  },

  async retireWebhook(call) {
    const { endpoint, settled } = await move(call, 'retired');
    await wakeDeliveryDesk(call.deps.workflows, call.merchant, endpoint.slug);
    return { status: 200, body: { ...show(endpoint), settled } };
  },

  async testWebhook({ deps, identity, merchant, params, body, idempotencyKey }) {
    const { slug } = await requireWebhook(deps, merchant, params.webhook);
    return await tellDeliveryDesk(deps, merchant, {
      endpoint: slug,
      location: `/v1/merchants/${merchant.slug}/webhooks/${slug}/deliveries`,
      update: sendTestEvent,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
  },

  async listWebhookDeliveries({ deps, merchant, params, query }) {
    const { id: endpointId } = await requireWebhook(deps, merchant, params.webhook);
    const { state = null, event = null, before = null, limit } = query;
    const page = { endpointId, state, event, before, limit: limit + 1 };
    const found = await listWebhookDeliveries(deps.db, merchant.id, page);
    const deliveries = found.slice(0, limit).map(({ event: told, attempts, ...delivery }) => ({
      ...delivery,
      event: shapeWebhookEvent(told),
      attempts: [...attempts],
    }));
    const nextBefore = found.length > limit ? (deliveries.at(-1)?.event.id ?? null) : null;
    return { status: 200, body: { deliveries, nextBefore } };
  },

  async resendWebhookEvents({ deps, identity, merchant, params, body, idempotencyKey }) {
    const { slug } = await requireWebhook(deps, merchant, params.webhook);
    return await tellDeliveryDesk(deps, merchant, {
      endpoint: slug,
      location: `/v1/merchants/${merchant.slug}/webhooks/${slug}/deliveries`,
      update: resendWebhookEvents,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
  },

  async readWebhookEvent({ deps, merchant, params }) {
    const event = await findWebhookEvent(deps.db, merchant.id, params.event);
    if (event === undefined) throw new Problem('webhook-event-not-found');
    return { status: 200, body: shapeWebhookEvent(event) };
  },

  async listWebhookEventOrders({ deps, merchant, params, query }) {
    const event = await findWebhookEvent(deps.db, merchant.id, params.event);
    if (event === undefined) throw new Problem('webhook-event-not-found');
    const { after, limit } = query;
    const page = { event: params.event, after, limit: limit + 1 };
    const found = await listOrdersOfEvent(deps.db, merchant.id, page);
    const orders = found.slice(0, limit);
    return {
      status: 200,
      body: {
        orders: orders.map(({ orderNumber, amountYen }) => ({ orderNumber, amountYen })),
        nextAfter: found.length > limit ? (orders.at(-1)?.position ?? null) : null,
      },
    };
  },
};

type MoveCall = Pick<
  Parameters<Handlers<typeof webhookRoutes>['pauseWebhook']>[0],
  'deps' | 'identity' | 'merchant' | 'params' | 'body' | 'now'
>;

async function move(
  { deps, identity, merchant, params, body, now }: MoveCall,
  state: DeliveryEndpoint['state'],
) {
  const { slug } = await requireWebhook(deps, merchant, params.webhook);
  const by = { actor: identity.actor, reason: body.reason, now };
  return await moveEndpoint(deps.db, merchant.id, { slug, state, ...by });
}

async function requireWebhook(
  deps: ApiDependencies,
  merchant: Merchant,
  slug: string,
): Promise<DeliveryEndpoint> {
  const endpoint = await findEndpoint(deps.db, merchant.id, slug);
  if (endpoint?.kind !== 'webhook') throw new Problem('endpoint-not-found');
  return endpoint;
}

function show(endpoint: DeliveryEndpoint) {
  const { slug, id: _, kind: _kind, encoding: _encoding, circuit, webhook, ...shown } = endpoint;
  return {
    ...shown,
    webhook: slug,
    // The contract names what may be chosen; what was chosen once is shown even if it is no more.
    events: [...(webhook?.events ?? [])] as WebhookEventType[],
    secretOverlapHours: webhook?.secretOverlapHours ?? 0,
    backOffSeconds: [...shown.backOffSeconds],
    circuitOpenUntil: circuit.openUntil,
  };
}
