import { listCollections } from '../../db/queries/order-export.ts';
import { listOrderChanges } from '../../db/queries/order-news.ts';
import { listRuns, weighRun } from '../../db/queries/runs.ts';
import { captureCharges, recordShipments, startRun } from '../../workflows/messages.ts';
import type { runRoutes } from '../contract/runs.ts';
import type { Handlers } from '../handler.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { cycleOf, requireCycle, sayWhyCycleIsAway } from './cycles.ts';

export const runHandlers: Handlers<typeof runRoutes> = {
  async listCollections({ deps, merchant, params }) {
    const cycle = await requireCycle(deps, merchant, params.month);
    const collections = await listCollections(deps.db, merchant.id, cycle.id);
    const exports = collections.map(({ id: _, ...collection }) => collection);
    return { status: 200, body: { exports } };
  },

  async listOrderChanges({ deps, merchant, params, query }) {
    const cycle = await requireCycle(deps, merchant, params.month);
    const rows = await listOrderChanges(deps.db, merchant.id, {
      cycleId: cycle.id,
      chargedOnly: query.charged === 'true',
      after:
        query.afterExport === undefined
          ? null
          : {
              collection: query.afterExport,
              orderNumber: query.afterOrder ?? '',
              kind: query.afterKind ?? '',
            },
      limit: query.limit + 1,
    });
    const changes = rows
      .slice(0, query.limit)
      .map(({ collection, ...change }) => ({ export: collection, ...change }));
    const last = changes.at(-1);
    const more = rows.length > query.limit && last !== undefined;
    const next = more
      ? { afterExport: last.export, afterOrder: last.orderNumber, afterKind: last.kind }
      : null;
    return { status: 200, body: { changes, next } };
  },

  async listRuns({ deps, merchant, params }) {
    const cycle = await requireCycle(deps, merchant, params.month);
    const { refused: _, ...unbilled } = await weighRun(deps.db, merchant.id, {
      cycleId: cycle.id,
      orderNumbers: null,
    });
    const runs = await listRuns(deps.db, merchant.id, cycle.id);
    return { status: 200, body: { runs, unbilled } };
  },

  async startRun({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: startRun,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },

  async captureCharges({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: captureCharges,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },

  async recordShipments({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: recordShipments,
      act: { actor: identity.actor, idempotencyKey, reason: null, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },
};
