import { listHolds } from '../../db/queries/holds.ts';
import { holdOrders, releaseCharges, releaseHolds } from '../../workflows/messages.ts';
import type { holdRoutes } from '../contract/holds.ts';
import type { Handlers } from '../handler.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { cycleOf, requireCycle, sayWhyCycleIsAway } from './cycles.ts';

export const holdHandlers: Handlers<typeof holdRoutes> = {
  async listHolds({ deps, merchant, params, query }) {
    const cycle = await requireCycle(deps, merchant, params.month);
    const rows = await listHolds(deps.db, merchant.id, {
      cycleId: cycle.id,
      afterOrder: query.after,
      limit: query.limit + 1,
    });
    const holds = rows.slice(0, query.limit);
    const nextAfter = rows.length > query.limit ? (holds.at(-1)?.orderNumber ?? null) : null;
    return { status: 200, body: { holds, nextAfter } };
  },

  async holdOrders({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: holdOrders,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },

  async releaseHolds({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: releaseHolds,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },

  async releaseCharges({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: releaseCharges,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },
};
