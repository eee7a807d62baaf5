import {
  findCarrierPayment,
  listCarrierCalls,
  listCarrierResults,
} from '../../db/queries/carrier-results.ts';
import type { carrierResultRoutes } from '../contract/carrier-results.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';

export const carrierResultHandlers: Handlers<typeof carrierResultRoutes> = {
  async listCarrierResults({ deps, merchant, query }) {
    const { orderNumber = null, before = null, limit } = query;
    const page = { orderNumber, before, limit: limit + 1 };
    const found = await listCarrierResults(deps.db, merchant.id, page);
    const results = found.slice(0, limit);
    const nextBefore = found.length > limit ? (results.at(-1)?.id ?? null) : null;
    return { status: 200, body: { results, nextBefore } };
  },

  async readCarrierResult({ deps, merchant, params }) {
    const payment = await findCarrierPayment(deps.db, merchant.id, params.result);
    if (payment === undefined) throw new Problem('carrier-result-not-found');
    const versions = payment.versions.map((version) => ({
      ...version,
      parameters: version.parameters.map(([name, value]) => [name, value] as [string, string]),
    }));
    return { status: 200, body: { versions, deliveries: [...payment.deliveries] } };
  },

  async listCarrierCalls({ deps, merchant, query }) {
    const { unusable: unusableOnly, before = null, limit } = query;
    const page = { unusableOnly, before, limit: limit + 1 };
    const found = await listCarrierCalls(deps.db, merchant.id, page);
    const calls = found.slice(0, limit).map(({ query: asked, body, ...call }) => ({
      ...call,
      query: asked?.toString('latin1') ?? null,
      body: body?.toString('latin1') ?? null,
    }));
    const nextBefore = found.length > limit ? (calls.at(-1)?.id ?? null) : null;
    return { status: 200, body: { calls, nextBefore } };
  },
};
