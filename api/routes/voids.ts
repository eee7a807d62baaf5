import { VOID_LIST_HEAD, voidListRow } from '../../billing/voids.ts';
import { sumPortalList } from '../../db/queries/portal-lists.ts';
import { listOpenVoids, listSuggestedVoids } from '../../db/queries/voids.ts';
import { confirmVoids, voidCharges } from '../../workflows/portal-messages.ts';
import type { voidRoutes } from '../contract/voids.ts';
import { replyWithCsv } from '../csv-download.ts';
import type { Handlers } from '../handler.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { cycleOf, paginate, requireCycle, sayWhyCycleIsAway } from './cycles.ts';

export const voidHandlers: Handlers<typeof voidRoutes> = {
  async listVoids({ deps, merchant, params, query }) {
    const { id: cycleId } = await requireCycle(deps, merchant, params.month);
    const of = { cycleId, afterPosition: query.after, limit: query.limit + 1 };
    const rows = await listOpenVoids(deps.db, merchant.id, of);
    const { page, nextAfter } = paginate(rows, query.limit, (row) => row.position);
    const total = await sumPortalList(deps.db, merchant.id, { cycleId, kind: 'void' });
    return { status: 200, body: { voids: page, total, nextAfter } };
  },

  async downloadVoids({ deps, merchant, params, query }) {
    const { id: cycleId } = await requireCycle(deps, merchant, params.month);
    return replyWithCsv({
      fileName: `voids-${params.month}.csv`,
      encoding: query.encoding,
      head: VOID_LIST_HEAD,
      page: (afterPosition, limit) =>
        listOpenVoids(deps.db, merchant.id, { cycleId, afterPosition, limit }),
      positionOf: ({ position }) => position,
      rowOf: (row) => voidListRow(row),
    });
  },

  async suggestVoids({ deps, merchant, params, query }) {
    const { id: cycleId } = await requireCycle(deps, merchant, params.month);
    const of = { cycleId, afterPosition: query.after, limit: query.limit + 1 };
    const rows = await listSuggestedVoids(deps.db, merchant.id, of);
    const { page, nextAfter } = paginate(rows, query.limit, (row) => row.position);
    return { status: 200, body: { suggestions: page, nextAfter } };
  },

  async voidCharges({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: voidCharges,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },

  async confirmVoids({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: confirmVoids,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },
};
