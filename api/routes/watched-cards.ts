import { nextBillingMonth, shiftBillingMonth } from '../../billing/billing-month.ts';
import { businessDateOf } from '../../billing/business-date.ts';
import { formatCustomerId, parseCustomerId } from '../../billing/customer-id.ts';
import {
  cardNeedLabels,
  refreshStatusLabels,
  refreshStatusOf,
} from '../../billing/refresh-status.ts';
import {
  SUBSCRIPTION_HEAD,
  subscriptionRow,
  WATCHED_CARD_HEAD,
  watchedCardRow,
} from '../../billing/watched-card-csv.ts';
import { appendAudit } from '../../db/queries/audit.ts';
import {
  countExpiries,
  listWatchedCards,
  type WatchedAfter,
  type WatchedCard,
} from '../../db/queries/card-expiries.ts';
import {
  type JudgedSubscription,
  searchSubscriptions,
} from '../../db/queries/subscription-search.ts';
import type { watchedCardRoutes } from '../contract/watched-cards.ts';
import { pagesByKey, replyWithCsv } from '../csv-download.ts';
import type { Handlers } from '../handler.ts';

export const watchedCardHandlers: Handlers<typeof watchedCardRoutes> = {
  async searchSubscriptions({ deps, merchant, query }) {
    const { after, limit } = query;
    const page = { ...filterOf(query), after, limit: limit + 1 };
    const found = await searchSubscriptions(deps.db, merchant.id, page);
    const subscriptions = found.slice(0, limit).map(showSubscription);
    const last = found.length > limit ? subscriptions.at(-1) : undefined;
    return {
      status: 200,
      body: { subscriptions, nextAfter: last?.subscriptionNumber ?? null },
    };
  },

  async downloadSubscriptions({ deps, merchant, query }) {
    const filter = filterOf(query);
    return await replyWithCsv({
      fileName: 'subscriptions.csv',
      encoding: query.encoding,
      head: SUBSCRIPTION_HEAD,
      ...pagesByKey(
        '',
        (after, limit) => searchSubscriptions(deps.db, merchant.id, { ...filter, after, limit }),
        ({ subscriptionNumber }) => subscriptionNumber,
      ),
      rowOf: (row) => subscriptionRow({ ...row, refreshStatus: refreshStatusOf(row.verdict) }),
    });
  },

  async listCardsNeedingAction({ deps, merchant, query, now }) {
    const of = { ...monthsOf(now), expiry: null, need: query.need };
    const page = { ...of, after: readAfter(query.after), limit: query.limit + 1 };
    const found = await listWatchedCards(deps.db, merchant.id, page);
    return { status: 200, body: showPage(found, query.limit) };
  },

  async downloadCardsNeedingAction({ deps, identity, merchant, query, now }) {
    const of = { ...monthsOf(now), expiry: null, need: query.need };
    await appendAudit(deps.db, merchant.id, {
      at: now,
      actor: identity.actor,
      act: 'cards-needing-action.exported',
      subject: query.need,
      reason: null,
      details: { encoding: query.encoding },
    });
    return await replyWithCsv({
      fileName: 'cards-needing-action.csv',
      encoding: query.encoding,
      head: WATCHED_CARD_HEAD,
      ...pagesByKey(
        readAfter(undefined),
        (after, limit) => listWatchedCards(deps.db, merchant.id, { ...of, after, limit }),
        (card): WatchedAfter => card,
      ),
      rowOf: (card) => watchedCardRow({ ...card, status: refreshStatusOf(card.verdict) }),
    });
  },

  async readExpiryCalendar({ deps, merchant, query, now }) {
    const from = query.from ?? monthsOf(now).thisMonth;
    const span = Array.from({ length: query.months }, (_, index) => shiftBillingMonth(from, index));
    const to = span.at(-1) ?? from;
    const counts = await countExpiries(deps.db, merchant.id, { from, to });
    const found = new Map(counts.map((count) => [count.month, count]));
    const months = span.map(
      (month) => found.get(month) ?? { month, cards: 0, customers: 0, locked: 0 },
    );
    return { status: 200, body: { months } };
  },

  async listExpiringCards({ deps, merchant, params, query, now }) {
    const of = { ...monthsOf(now), expiry: params.month, need: null };
    const page = { ...of, after: readAfter(query.after), limit: query.limit + 1 };
    const found = await listWatchedCards(deps.db, merchant.id, page);
    return { status: 200, body: showPage(found, query.limit) };
  },
};

function monthsOf(now: string): { thisMonth: string; nextMonth: string } {
  const thisMonth = businessDateOf(now).slice(0, 7);
  return { thisMonth, nextMonth: nextBillingMonth(thisMonth) };
}

function filterOf(query: {
  readonly refreshStatus?: readonly ReturnType<typeof refreshStatusOf>[] | undefined;
  readonly status?: JudgedSubscription['status'] | undefined;
  readonly customerNumber?: string | undefined;
}) {
  const { refreshStatus = [], status = null, customerNumber = null } = query;
  return { refreshStatuses: refreshStatus, status, customerNumber };
}

function showSubscription({ verdict, customerId, ...row }: JudgedSubscription) {
  const refreshStatus = refreshStatusOf(verdict);
  return {
    ...row,
    customerId: formatCustomerId(customerId),
    refreshStatus,
    refreshStatusLabel: refreshStatusLabels[refreshStatus],
  };
}

/** `US-00010000 <identity>`: where the page before ended. */
function readAfter(after: string | undefined): WatchedAfter {
  if (after === undefined) return { customerId: 0, identity: '' };
  return { customerId: parseCustomerId(after.slice(0, 11)) ?? 0, identity: after.slice(12) };
}

function showPage(found: readonly WatchedCard[], limit: number) {
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return {
    cards: page.map(showCard),
    nextAfter: last === undefined ? null : `${formatCustomerId(last.customerId)} ${last.identity}`,
  };
}

function showCard({ verdict, customerId, identity: _, need, ...card }: WatchedCard) {
  const status = refreshStatusOf(verdict);
  return {
    ...card,
    customerId: formatCustomerId(customerId),
    need,
    needLabel: need === null ? null : cardNeedLabels[need],
    status,
    statusLabel: refreshStatusLabels[status],
  };
}
