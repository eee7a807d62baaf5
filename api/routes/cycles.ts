import type { CycleFacts } from '../../billing/cycle.ts';
import { describeCycle } from '../../billing/describe-cycle.ts';
import { isFinishedExchange } from '../../billing/exchange.ts';
import { appendAudit } from '../../db/queries/audit.ts';
import { checkConservation } from '../../db/queries/conservation.ts';
import { readCycleFacts } from '../../db/queries/cycle-facts.ts';
import { type CycleRow, findCycle, listCycles } from '../../db/queries/cycles.ts';
import { listExchanges } from '../../db/queries/exchanges.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import { isLargeMonth } from '../../db/queries/month-size.ts';
import { summarizeSelection } from '../../db/queries/selection.ts';
import { startCycle } from '../../temporal/start-cycle.ts';
import { startExchange } from '../../temporal/start-exchange.ts';
import { rebuildFiles, resumeCycle, useOrderExport } from '../../workflows/messages.ts';
import { cycleWorkflowId } from '../../workflows/workflow-ids.ts';
import type { cycleRoutes } from '../contract/cycles.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { untilOpened } from '../until-opened.ts';

/** The workflow of a month, and where the API shows it. */
export const cycleOf = (merchant: Merchant, month: string) => ({
  workflowId: cycleWorkflowId(merchant.slug, month),
  location: `/v1/merchants/${merchant.slug}/cycles/${month}`,
});

const SUMS_FOLLOW = '件数と金額が合うかは、まだ集計していません。';

export const cycleHandlers: Handlers<typeof cycleRoutes> = {
  async listCycles({ deps, merchant, query }) {
    const { limit, ...filter } = query;
    const cycles = await listCycles(deps.db, merchant.id, { ...filter, limit: limit + 1 });
    const { page, nextAfter } = paginate(cycles, limit, (cycle) => cycle.billingMonth);
    return { status: 200, body: { cycles: page.map(showCycle), nextAfter } };
  },

  /** The workflow writes the row; the same month again finds it, or the workflow that will. */
  async startCycle({ deps, identity, merchant, body, now }) {
    const { month, scope } = body;
    const { workflowId, location } = cycleOf(merchant, month);
    const headers = { Location: location };
    const known = await findCycle(deps.db, merchant.id, month);
    if (known?.stage === 'closed') return { status: 200, headers, body: showCycle(known) };
    // Also for a month whose row is there: if its workflow was lost with Temporal's state, this
    // starts it again from the row; if it runs, it is left alone.
    await startCycle(deps.workflows, merchant, month, identity.actor, {
      scope,
      stage: known?.stage ?? 'collecting',
    });
    // Its files as well: a cycle that runs does not see that the workflow of a file is gone.
    const exchanges = known === undefined ? [] : await listExchanges(deps.db, merchant.id, month);
    for (const exchange of exchanges) {
      if (!isFinishedExchange(exchange.stage)) {
        await startExchange(deps.workflows, merchant, exchange);
      }
    }
    if (known === undefined) {
      await appendAudit(deps.db, merchant.id, {
        at: now,
        actor: identity.actor,
        act: 'cycle.started',
        subject: workflowId,
        reason: null,
        details: {},
      });
    }
    if (known === undefined) await untilOpened(deps, () => findCycle(deps.db, merchant.id, month));
    return known === undefined
      ? { status: 202, headers, body: { accepted: true } }
      : { status: 200, headers, body: showCycle(known) };
  },

  async readCycle({ deps, state, merchant, params, query, now }) {
    const cycle = await requireCycle(deps, merchant, params.month);
    const { db } = deps;
    const large = await isLargeMonth(db, merchant.id, cycle.id);
    // Under its stage: what was counted before it moved on says what it no longer waits for.
    const name = `cycle ${params.month} ${cycle.stage} ${cycle.attention}`;
    const [{ countedAt, facts, selection }, sums] = await Promise.all([
      state.counts.of(merchant.id, name, large, async () => ({
        countedAt: now,
        facts: await readCycleFacts(db, merchant.id, params.month, now),
        selection: await summarizeSelection(db, merchant.id, cycle.id),
      })),
      state.sums[query.sums ? 'of' : 'ifKnown'](
        merchant.id,
        `conservation ${params.month} ${cycle.stage}`,
        large,
        async () => ({
          countedAt: now,
          conservation: await checkConservation(db, merchant.id, cycle.id),
        }),
      ),
    ]);
    return {
      status: 200,
      body: {
        ...showCycle(cycle),
        waitsFor: describeCycle(facts),
        selection: selection ?? null,
        unbilled: facts.unbilled,
        approval: showApproval(facts),
        held: facts.held,
        charges: facts.charges,
        capture: {
          policy: facts.capture.policy,
          ready: facts.capture.ready,
          nextWaveAt: facts.capture.nextWaveAt,
        },
        exchanges: facts.exchanges,
        conservation: sums?.conservation ?? null,
        pending: sums === null ? SUMS_FOLLOW : null,
        // The others are counted for each answer.
        countedAt: large ? earlier(countedAt, sums?.countedAt ?? countedAt) : null,
      },
    };
  },

  async useOrderExport({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: useOrderExport,
      act: { actor: identity.actor, idempotencyKey, reason: null, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },

  async rebuildFiles({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: rebuildFiles,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },

  async resumeCycle({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: resumeCycle,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },
};

/**
 * No workflow runs: the row tells whether there is no such month (404) or it is closed (409). The
 * row is not asked before the act: a month that was started just now has a workflow and no row yet.
 */
export function sayWhyCycleIsAway(deps: ApiDependencies, merchant: Merchant, month: string) {
  return async (error: unknown): Promise<never> => {
    if (!(error instanceof Problem) || error.slug !== 'workflow-closed') throw error;
    const { stage } = await requireCycle(deps, merchant, month);
    if (stage !== 'closed') throw error;
    throw new Problem('workflow-closed', {
      detail: `${month} の請求は締め済みです。何も変更していません。`,
    });
  };
}

/** @throws Problem `cycle-not-found`. */
export async function requireCycle(
  deps: ApiDependencies,
  merchant: Merchant,
  month: string,
): Promise<CycleRow> {
  const cycle = await findCycle(deps.db, merchant.id, month);
  if (cycle === undefined) throw new Problem('cycle-not-found');
  return cycle;
}

const earlier = (one: string, other: string) => (one < other ? one : other);

function showApproval({ approval }: CycleFacts) {
  if (approval === null || !approval.current || approval.approved) return null;
  const { n, current: _, approved: __, ...asked } = approval;
  return { preview: n, ...asked };
}

function showCycle({ id: _, billingMonth, ...cycle }: CycleRow) {
  return { month: billingMonth, ...cycle };
}

/** One row more than the page was asked for tells whether there is a next page. */
export function paginate<Row, Key extends number | string>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => Key,
): { page: Row[]; nextAfter: Key | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { page, nextAfter: rows.length > limit && last !== undefined ? keyOf(last) : null };
}
