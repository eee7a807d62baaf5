import { PORTAL_CAPTURE_HEAD, portalCaptureRow } from '../../billing/portal-captures.ts';
import { listPortalCaptures } from '../../db/queries/portal-captures.ts';
import { sumPortalList } from '../../db/queries/portal-lists.ts';
import { confirmPortalCaptures } from '../../workflows/portal-messages.ts';
import type { portalCaptureRoutes } from '../contract/portal-captures.ts';
import { replyWithCsv } from '../csv-download.ts';
import type { Handlers } from '../handler.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { cycleOf, paginate, requireCycle, sayWhyCycleIsAway } from './cycles.ts';

export const portalCaptureHandlers: Handlers<typeof portalCaptureRoutes> = {
  async listPortalCaptures({ deps, merchant, params, query }) {
    const { id: cycleId } = await requireCycle(deps, merchant, params.month);
    const of = { cycleId, afterPosition: query.after, limit: query.limit + 1 };
    const rows = await listPortalCaptures(deps.db, merchant.id, of);
    const { page, nextAfter } = paginate(rows, query.limit, (row) => row.position);
    const total = await sumPortalList(deps.db, merchant.id, { cycleId, kind: 'capture' });
    return { status: 200, body: { captures: page, total, nextAfter } };
  },

  async downloadPortalCaptures({ deps, merchant, params, query }) {
    const { id: cycleId } = await requireCycle(deps, merchant, params.month);
    return replyWithCsv({
      fileName: `captures-${params.month}.csv`,
      encoding: query.encoding,
      head: PORTAL_CAPTURE_HEAD,
      page: (afterPosition, limit) =>
        listPortalCaptures(deps.db, merchant.id, { cycleId, afterPosition, limit }),
      positionOf: ({ position }) => position,
      rowOf: (row) => portalCaptureRow(row),
    });
  },

  async confirmPortalCaptures({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: confirmPortalCaptures,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },
};
