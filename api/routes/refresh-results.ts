import { refreshVerdictsJa } from '../../billing/card-refresh.ts';
import { explainRefresh } from '../../billing/card-refresh-selection.ts';
import { formatCustomerId } from '../../billing/customer-id.ts';
import {
  REFRESH_RESULTS_HEAD,
  refreshOutcomeLabels,
  refreshResultRow,
} from '../../billing/refresh-results-csv.ts';
import { findRefresh } from '../../db/queries/card-refresh.ts';
import {
  listRefreshedCards,
  listRefreshQuarantine,
  type RefreshedCard,
} from '../../db/queries/refresh-results.ts';
import type { refreshResultRoutes } from '../contract/refresh-results.ts';
import { replyWithCsv } from '../csv-download.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';

export const refreshResultHandlers: Handlers<typeof refreshResultRoutes> = {
  async listRefreshResults({ deps, merchant, params, query }) {
    const { month } = params;
    await requireMonth(deps, merchant.id, month);
    const { after, limit } = query;
    const page = { month, verdict: verdictOf(query.verdict), after, limit: limit + 1 };
    const found = await listRefreshedCards(deps.db, merchant.id, page);
    const results = found.slice(0, limit).map(showResult);
    const nextAfter = found.length > limit ? (results.at(-1)?.line ?? null) : null;
    return { status: 200, body: { results, nextAfter } };
  },

  async downloadRefreshResults({ deps, merchant, params, query }) {
    const { month } = params;
    await requireMonth(deps, merchant.id, month);
    const verdict = verdictOf(query.verdict);
    return await replyWithCsv({
      fileName: `gmo-refresh-${month}.csv`,
      encoding: query.encoding,
      head: REFRESH_RESULTS_HEAD,
      page: (after, limit) =>
        listRefreshedCards(deps.db, merchant.id, { month, verdict, after, limit }),
      positionOf: ({ line }) => line,
      rowOf: (row: RefreshedCard) => refreshResultRow(row),
    });
  },

  async listRefreshQuarantine({ deps, merchant, params, query }) {
    const { month } = params;
    await requireMonth(deps, merchant.id, month);
    const [n = 0, resultLine = 0] = query.after?.split(':').map(Number) ?? [];
    const page = { month, after: { n, resultLine }, limit: query.limit + 1 };
    const found = await listRefreshQuarantine(deps.db, merchant.id, page);
    const lines = found.slice(0, query.limit);
    const last = found.length > query.limit ? lines.at(-1) : undefined;
    const nextAfter = last === undefined ? null : `${last.n}:${last.resultLine}`;
    return { status: 200, body: { lines, nextAfter } };
  },
};

async function requireMonth(deps: ApiDependencies, merchantId: number, month: string) {
  if ((await findRefresh(deps.db, merchantId, month)) === undefined) {
    throw new Problem('card-refresh-not-found');
  }
}

function verdictOf(text: '0' | '1' | '2' | '3' | 'none' | undefined) {
  if (text === undefined || text === 'none') return text ?? null;
  return Number(text) as 0 | 1 | 2 | 3;
}

function showResult(card: RefreshedCard) {
  const { verdict, outcome } = card;
  return {
    ...card,
    customerId: formatCustomerId(card.customerId),
    whyJa: explainRefresh(card.why),
    verdictLabel: verdict === null ? null : refreshVerdictsJa[verdict],
    outcomeLabel: outcome === null ? null : refreshOutcomeLabels[outcome],
  };
}
