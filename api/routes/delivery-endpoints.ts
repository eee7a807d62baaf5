import {
  changeEndpoint,
  createEndpoint,
  type DeliveryEndpoint,
  findEndpoint,
  listEndpoints,
  moveEndpoint,
} from '../../db/queries/delivery-endpoints.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import { wakeDeliveryDesk } from '../../temporal/start-delivery-desk.ts';
import type { deliveryEndpointRoutes } from '../contract/delivery-endpoints.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { refuseUnfitUrl } from '../endpoint-url.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';

export const deliveryEndpointHandlers: Handlers<typeof deliveryEndpointRoutes> = {
  async listDeliveryEndpoints({ deps, merchant }) {
    const endpoints = await listEndpoints(deps.db, merchant.id, 'carrier');
    return {
      status: 200,
      body: {
        endpoints: endpoints.map((one) => ({ ...show(one), due: one.due, failed: one.failed })),
      },
    };
  },

  async createDeliveryEndpoint({ deps, identity, merchant, body, now }) {
    const { endpoint: slug, reason, ...settings } = body;
    refuseUnfitUrl(merchant, settings.url);
    const by = { actor: identity.actor, reason, now };
    const created = await createEndpoint(deps.db, merchant.id, { slug, settings, ...by });
    return {
      status: 201,
      headers: { Location: `/v1/merchants/${merchant.slug}/delivery-endpoints/${slug}` },
      body: show(created),
    };
  },

  async readDeliveryEndpoint({ deps, merchant, params }) {
    return { status: 200, body: show(await requireEndpoint(deps, merchant, params.endpoint)) };
  },

  async changeDeliveryEndpoint({ deps, identity, merchant, params, body, now }) {
    const { version: seenVersion, reason, ...settings } = body;
    const { slug } = await requireEndpoint(deps, merchant, params.endpoint);
    refuseUnfitUrl(merchant, settings.url);
    const by = { actor: identity.actor, reason, now };
    const change = { slug, seenVersion, settings, ...by };
    const changed = await changeEndpoint(deps.db, merchant.id, change);
    await wakeDeliveryDesk(deps.workflows, merchant, slug);
    return { status: 200, body: show(changed) };
  },

  async pauseDeliveryEndpoint(call) {
    // No bell: a desk at work looks at the row before each batch, and one that waits has no work.
    return { status: 200, body: show((await move(call, 'paused')).endpoint) };
  },

  async resumeDeliveryEndpoint(call) {
    const { endpoint } = await move(call, 'active');
    await wakeDeliveryDesk(call.deps.workflows, call.merchant, endpoint.slug);
    return { status: 200, body: show(endpoint) };
  },

  async retireDeliveryEndpoint(call) {
    const { endpoint, settled } = await move(call, 'retired');
    await wakeDeliveryDesk(call.deps.workflows, call.merchant, endpoint.slug);
    return { status: 200, body: { ...show(endpoint), settled } };
  },
};

async function move(
  { deps, identity, merchant, params, body, now }: MoveCall,
  state: DeliveryEndpoint['state'],
) {
  const { slug } = await requireEndpoint(deps, merchant, params.endpoint);
  const by = { actor: identity.actor, reason: body.reason, now };
  return await moveEndpoint(deps.db, merchant.id, { slug, state, ...by });
}

type MoveCall = Pick<
  Parameters<Handlers<typeof deliveryEndpointRoutes>['pauseDeliveryEndpoint']>[0],
  'deps' | 'identity' | 'merchant' | 'params' | 'body' | 'now'
>;

async function requireEndpoint(
  deps: ApiDependencies,
  merchant: Merchant,
  slug: string,
): Promise<DeliveryEndpoint> {
  const endpoint = await findEndpoint(deps.db, merchant.id, slug);
  // A webhook has routes of its own: what can be changed here would not fit it.
  if (endpoint?.kind !== 'carrier') throw new Problem('endpoint-not-found');
  return endpoint;
}

function show(endpoint: DeliveryEndpoint) {
  const { slug, id: _, kind: _kind, circuit, ...shown } = endpoint;
  return {
    ...shown,
    backOffSeconds: [...shown.backOffSeconds],
    endpoint: slug,
    circuitOpenUntil: circuit.openUntil,
  };
}
