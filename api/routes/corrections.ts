import { correctionLabels } from '../../billing/correction.ts';
import { type Correction, listCorrections } from '../../db/queries/corrections.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import { startCycle } from '../../temporal/start-cycle.ts';
import { acknowledgeCorrection, recordCorrection } from '../../workflows/messages.ts';
import type { correctionRoutes } from '../contract/corrections.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { cycleOf, requireCycle } from './cycles.ts';

/** A run ends once; the second start finds it ended. */
const AFTER_CLOSE_TRIES = 3;

export const correctionHandlers: Handlers<typeof correctionRoutes> = {
  async listCorrections({ deps, merchant, query }) {
    const { month = null, open = null, after, limit } = query;
    const rows = await listCorrections(deps.db, merchant.id, {
      ...{ month, open },
      after: after === undefined ? null : readPlace(after),
      limit: limit + 1,
    });
    const corrections = rows.slice(0, limit);
    const last = rows.length > limit ? corrections.at(-1) : undefined;
    const nextAfter = last === undefined ? null : `${last.month}/${last.number}`;
    return { status: 200, body: { corrections: corrections.map(show), nextAfter } };
  },

  recordCorrection: ({ deps, identity, merchant, params, body, idempotencyKey }) =>
    tellClosedMonth(deps, merchant, params.month, () =>
      tellWorkflow(deps, {
        ...cycleOf(merchant, params.month),
        update: recordCorrection,
        act: { actor: identity.actor, idempotencyKey, ...body },
      }),
    ),

  acknowledgeCorrection: ({ deps, identity, merchant, params, body, idempotencyKey }) =>
    tellClosedMonth(deps, merchant, params.month, () =>
      tellWorkflow(deps, {
        ...cycleOf(merchant, params.month),
        update: acknowledgeCorrection,
        act: { actor: identity.actor, idempotencyKey, number: params.number, ...body },
      }),
    ),
};

/** The workflow of a closed month has ended: it is started again to hear the act. */
async function tellClosedMonth<Answer>(
  deps: ApiDependencies,
  merchant: Merchant,
  month: string,
  tell: () => Promise<Answer>,
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const { stage, scope, startedBy } = await requireCycle(deps, merchant, month);
    if (stage === 'closed') {
      const as = { scope, stage, afterClose: true };
      await startCycle(deps.workflows, merchant, month, startedBy, as);
    }
    try {
      return await tell();
    } catch (error) {
      // The run that was about to end took the start for its own: by now another can be started.
      const ended = error instanceof Problem && error.slug === 'workflow-closed';
      if (!ended || tries === AFTER_CLOSE_TRIES) throw error;
    }
  }
}

function readPlace(place: string): { month: string; number: number } {
  const [month = '', number] = place.split('/');
  return { month, number: Number(number) };
}

const show = (correction: Correction) => ({
  ...correction,
  label: correctionLabels[correction.kind],
});
