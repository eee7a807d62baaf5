import { listCharges } from '../../db/queries/charges.ts';
import { endCharges } from '../../workflows/messages.ts';
import type { chargeRoutes } from '../contract/charges.ts';
import type { Handlers } from '../handler.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { cycleOf, paginate, requireCycle, sayWhyCycleIsAway } from './cycles.ts';

export const chargeHandlers: Handlers<typeof chargeRoutes> = {
  async listCharges({ deps, merchant, params, query }) {
    const cycle = await requireCycle(deps, merchant, params.month);
    const rows = await listCharges(deps.db, merchant.id, {
      cycleId: cycle.id,
      state: query.state,
      orderNumber: query.orderNumber,
      afterPosition: query.after,
      limit: query.limit + 1,
    });
    const { page, nextAfter } = paginate(rows, query.limit, (row) => row.position);
    const charges = page.map((row) => ({ ...row, carriedFrom: [...row.carriedFrom] }));
    return { status: 200, body: { charges, nextAfter } };
  },

  async endCharges({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: endCharges,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },
};
