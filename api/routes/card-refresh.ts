import {
  describeRefresh,
  isFinishedRefresh,
  planRefresh,
  refreshResultDueAt,
  refreshStartAt,
} from '../../billing/card-refresh.ts';
import {
  explainRefresh,
  type RefreshPreviewCard,
  refreshPreviewHead,
  refreshPreviewRow,
} from '../../billing/card-refresh-selection.ts';
import { formatCustomerId } from '../../billing/customer-id.ts';
import { appendAudit } from '../../db/queries/audit.ts';
import {
  type CardRefresh,
  findRefresh,
  isFirstRefresh,
  listRefreshes,
} from '../../db/queries/card-refresh.ts';
import { countRefreshCards, listRefreshCards } from '../../db/queries/card-refresh-targets.ts';
import { findFile } from '../../db/queries/files.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import { startCardRefresh } from '../../temporal/start-card-refresh.ts';
import type { OperatorAct } from '../../workflows/messages.ts';
import {
  closeRefresh,
  decideRefreshRequest,
  ingestRefreshResult,
  runRefreshNow,
} from '../../workflows/refresh-messages.ts';
import { cardRefreshWorkflowId } from '../../workflows/workflow-ids.ts';
import type { cardRefreshRoutes } from '../contract/card-refresh.ts';
import { replyWithCsv } from '../csv-download.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { replyWithFile } from '../stored-download.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { untilOpened } from '../until-opened.ts';
import { paginate } from './cycles.ts';

/** Files of a connection test that are shown: a folder may hold years. */
const SHOWN = 200;

export const cardRefreshHandlers: Handlers<typeof cardRefreshRoutes> = {
  async listCardRefreshes({ deps, merchant, query }) {
    const { before = null, limit } = query;
    const found = await listRefreshes(deps.db, merchant.id, { before, limit: limit + 1 });
    const { page, nextAfter } = paginate(found, limit, ({ month }) => month);
    return { status: 200, body: { refreshes: page.map(show), nextBefore: nextAfter } };
  },

  /** The workflow writes the row; the same month again finds it, or the workflow that was lost. */
  async startCardRefresh({ deps, identity, merchant, body, now }) {
    const { month } = body;
    const known = await findRefresh(deps.db, merchant.id, month);
    const headers = { Location: placeOf(merchant, month) };
    if (known === undefined && refreshStartAt(month, now) === null) {
      const detail = `${month} の洗替は開始できません。依頼できるのは、当月の26日まで、または来月の分です。何も変更していません。`;
      throw new Problem('conflict', { detail });
    }
    if (known !== undefined && isFinishedRefresh(known.stage)) {
      return { status: 200, headers, body: show(known) };
    }
    await startCardRefresh(deps.workflows, merchant, month, { startedBy: identity.actor });
    if (known !== undefined) return { status: 200, headers, body: show(known) };
    await appendAudit(deps.db, merchant.id, {
      at: now,
      actor: identity.actor,
      act: 'card-refresh.started',
      subject: cardRefreshWorkflowId(merchant.slug, month),
      reason: null,
      details: {},
    });
    await untilOpened(deps, () => findRefresh(deps.db, merchant.id, month));
    return { status: 202, headers, body: { accepted: true } };
  },

  async readCardRefresh({ deps, merchant, params }) {
    return { status: 200, body: show(await requireRefresh(deps, merchant, params.month)) };
  },

  async runCardRefreshNow({ deps, identity, merchant, params, body, idempotencyKey }) {
    const act = { actor: identity.actor, idempotencyKey, ...body };
    return await tellRefresh(deps, merchant, params.month, identity.actor, (to) =>
      tellWorkflow(deps, { ...to, update: runRefreshNow, act }),
    );
  },

  async decideRefreshRequest({ deps, identity, merchant, params, body, idempotencyKey }) {
    const act = { actor: identity.actor, idempotencyKey, ...body };
    return await tellRefresh(deps, merchant, params.month, identity.actor, (to) =>
      tellWorkflow(deps, { ...to, update: decideRefreshRequest, act }),
    );
  },

  async closeCardRefresh({ deps, identity, merchant, params, body, idempotencyKey }) {
    const act = { actor: identity.actor, idempotencyKey, ...body };
    return await tellRefresh(deps, merchant, params.month, identity.actor, (to) =>
      tellWorkflow(deps, { ...to, update: closeRefresh, act }),
    );
  },

  async ingestRefreshResult({ deps, identity, merchant, params, body, idempotencyKey }) {
    const act: OperatorAct & { sha256: string } = {
      ...{ actor: identity.actor, idempotencyKey, reason: null },
      ...body,
    };
    if ((await findFile(deps.db, merchant.id, body.sha256)) === undefined) {
      throw new Problem('file-not-found');
    }
    return await tellRefresh(deps, merchant, params.month, identity.actor, (to) =>
      tellWorkflow(deps, { ...to, update: ingestRefreshResult, act }),
    );
  },

  async downloadRefreshRequest(call) {
    const refresh = await requireRefresh(call.deps, call.merchant, call.params.month);
    if (refresh.requestSha256 === null) throw new Problem('file-not-found');
    return await replyWithFile(call, refresh.requestSha256);
  },

  async previewCardRefresh({ deps, merchant, params, query }) {
    const rule = await ruleOf(deps, merchant, params.month);
    const counts = await countRefreshCards(deps.db, merchant.id, rule);
    const { included = null, after, limit } = query;
    const page = { ...rule, why: null, included, after, limit: limit + 1 };
    const found = await listRefreshCards(deps.db, merchant.id, page);
    const { page: cards, nextAfter } = paginate(found, limit, ({ cardId }) => cardId);
    return {
      status: 200,
      body: {
        first: rule.first,
        counts: counts.map((of) => ({ ...of, whyJa: explainRefresh(of.why) })),
        cards: cards.map(showCard),
        nextAfter,
      },
    };
  },

  async downloadRefreshPreview({ deps, merchant, params, query }) {
    const rule = await ruleOf(deps, merchant, params.month);
    const { included = null, encoding } = query;
    return await replyWithCsv({
      fileName: `card-refresh-${params.month}-preview.csv`,
      encoding,
      head: refreshPreviewHead,
      page: (after, limit) =>
        listRefreshCards(deps.db, merchant.id, { ...rule, why: null, included, after, limit }),
      positionOf: ({ cardId }) => cardId,
      rowOf: refreshPreviewRow,
    });
  },

  async testRefreshConnection({ deps, identity, merchant, body, now }) {
    const found = await deps.testRefreshConnection(merchant, body.month);
    // A connection in the merchant's name, whatever it found: somebody wanted it.
    await appendAudit(deps.db, merchant.id, {
      at: now,
      actor: identity.actor,
      act: 'card-refresh.connection-tested',
      subject: body.month ?? 'settings',
      reason: null,
      details: { works: found.works },
    });
    if (!found.works) {
      const { problem, detail } = found;
      const none = { requestFolder: [], resultFolder: [] };
      return { status: 200, body: { works: false, problem, detail, ...none } };
    }
    const requestFolder = found.requestFolder.slice(-SHOWN);
    const resultFolder = found.resultFolder.slice(-SHOWN);
    const { detail } = found;
    return {
      status: 200,
      body: { works: true, problem: null, detail, requestFolder, resultFolder },
    };
  },
};

interface Told {
  readonly workflowId: string;
  readonly location: string;
}

/** A run ends once; the second start finds it ended. One more for a month that ends meanwhile. */
const TRIES = 3;

/** Tells a month's workflow something; one that has ended, or was lost, is started to hear it. */
async function tellRefresh<Reply>(
  deps: ApiDependencies,
  merchant: Merchant,
  month: string,
  startedBy: string,
  tell: (to: Told) => Promise<Reply>,
): Promise<Reply> {
  await requireRefresh(deps, merchant, month);
  const workflowId = cardRefreshWorkflowId(merchant.slug, month);
  for (let tries = 1; ; tries += 1) {
    await startCardRefresh(deps.workflows, merchant, month, { startedBy, hearing: true });
    try {
      return await tell({ workflowId, location: placeOf(merchant, month) });
    } catch (error) {
      const ended = error instanceof Problem && error.slug === 'workflow-closed';
      if (!ended || tries === TRIES) throw error;
    }
  }
}

/** As the month's cards would be chosen now, or were. */
async function ruleOf({ db }: ApiDependencies, merchant: Merchant, month: string) {
  const known = await findRefresh(db, merchant.id, month);
  return { month, first: known?.first ?? (await isFirstRefresh(db, merchant.id)) };
}

/** @throws Problem `card-refresh-not-found`. */
export async function requireRefresh(
  { db }: Pick<ApiDependencies, 'db'>,
  merchant: Merchant,
  month: string,
): Promise<CardRefresh> {
  const found = await findRefresh(db, merchant.id, month);
  if (found === undefined) throw new Problem('card-refresh-not-found');
  return found;
}

function placeOf(merchant: Merchant, month: string): string {
  return `/v1/merchants/${merchant.slug}/card-refreshes/${month}`;
}

function show(refresh: CardRefresh) {
  const { id: _, sendOpen: __, unclearAt: ___, ...rest } = refresh;
  const { requestBytes: ____, requestName: _____, ...shown } = rest;
  return {
    ...shown,
    waitsFor: describeRefresh(refresh),
    resultDueAt: refreshResultDueAt(refresh.month),
    nextAt: isFinishedRefresh(refresh.stage) ? null : planRefresh(refresh).at,
  };
}

function showCard({ cardId: _, customerId, why, ...card }: RefreshPreviewCard) {
  return {
    ...card,
    customerId: formatCustomerId(customerId),
    why,
    whyJa: explainRefresh(why),
  };
}
