import { deadlinesToCsv, sumDeadlines } from '../../billing/capture-calendar.ts';
import { listDeadlines } from '../../db/queries/capture-calendar.ts';
import { isLargeMonth } from '../../db/queries/month-size.ts';
import { reauthorizeCharges } from '../../workflows/messages.ts';
import type { captureWindowRoutes } from '../contract/capture-window.ts';
import { replyWithCsv } from '../csv-download.ts';
import type { Handlers } from '../handler.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { cycleOf, sayWhyCycleIsAway } from './cycles.ts';

export const captureWindowHandlers: Handlers<typeof captureWindowRoutes> = {
  async listDeadlines({ deps, state, merchant, query, now }) {
    const large = await isLargeMonth(deps.db, merchant.id, null);
    const { asOf, days } = await state.counts.of(
      merchant.id,
      `deadlines ${query.withinDays}`,
      large,
      async () => ({
        asOf: now,
        days: await listDeadlines(deps.db, merchant.id, { ...query, now }),
      }),
    );
    return { status: 200, body: { asOf, within: sumDeadlines(days), days } };
  },

  async downloadDeadlines({ deps, merchant, query, now }) {
    const { encoding, withinDays } = query;
    const days = await listDeadlines(deps.db, merchant.id, { withinDays, now });
    const [head = [], ...rows] = deadlinesToCsv(days);
    return await replyWithCsv({
      fileName: 'deadlines.csv',
      encoding,
      head: head.map(String),
      // A few lines a month: one page holds them.
      page: async (after) => (after === 0 ? rows : []),
      positionOf: () => rows.length,
      rowOf: (row) => row,
    });
  },

  async reauthorizeCharges({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: reauthorizeCharges,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },
};
