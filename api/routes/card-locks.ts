import { keptOutLabels, OVERRIDE_WARNING, unlockLabels } from '../../billing/card-lock.ts';
import { CARD_LOCK_HEAD, cardLockRows } from '../../billing/card-lock-csv.ts';
import { refreshVerdictsJa } from '../../billing/card-refresh.ts';
import { formatCustomerId } from '../../billing/customer-id.ts';
import {
  type CardLock,
  type CardLockFilter,
  countCardLocks,
  listCardLocks,
} from '../../db/queries/card-lock-evidence.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import type { cardLockRoutes } from '../contract/card-locks.ts';
import { replyWithCsv } from '../csv-download.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { followCardLocks } from '../follow-card-locks.ts';
import type { Handlers } from '../handler.ts';
import { answerAskedOverride, askForOverride } from '../lock-overrides.ts';
import { Problem } from '../problem.ts';

export const cardLockHandlers: Handlers<typeof cardLockRoutes> = {
  async listCardLocks({ deps, merchant, query }) {
    const { after, limit } = query;
    const page = { ...filterOf(query), after, limit: limit + 1 };
    const found = await listCardLocks(deps.db, merchant.id, page);
    const locks = found.slice(0, limit).map(showLock);
    const nextAfter = found.length > limit ? (locks.at(-1)?.number ?? null) : null;
    const counts = await countCardLocks(deps.db, merchant.id);
    return { status: 200, body: { locks, ...counts, nextAfter } };
  },

  async downloadCardLocks({ deps, merchant, query }) {
    const filter = filterOf(query);
    return await replyWithCsv({
      fileName: 'card-locks.csv',
      encoding: query.encoding,
      head: CARD_LOCK_HEAD,
      page: async (after, limit) => {
        const locks = await listCardLocks(deps.db, merchant.id, { ...filter, after, limit });
        return locks.flatMap((lock) =>
          cardLockRows(lock).map((cells) => ({ number: lock.number, cells })),
        );
      },
      positionOf: ({ number }) => number,
      rowOf: ({ cells }) => cells,
    });
  },

  async readCardLock({ deps, merchant, params }) {
    return { status: 200, body: await readWarned(deps, merchant, params.lock) };
  },

  async requestLockOverride({ deps, identity, merchant, params, body, idempotencyKey, now }) {
    const { actor } = identity;
    const of = { ...body, number: params.lock, key: idempotencyKey, actor, now };
    await askForOverride(deps.db, merchant, of);
    return { status: 200, body: await readWarned(deps, merchant, params.lock) };
  },

  async answerLockOverride({ deps, identity, merchant, params, body, idempotencyKey, now }) {
    const { actor } = identity;
    const of = { ...body, number: params.lock, key: idempotencyKey, actor, now };
    await answerAskedOverride(deps.db, merchant, of);
    if (body.answer === 'approved') await followCardLocks(deps, merchant);
    return { status: 200, body: await readWarned(deps, merchant, params.lock) };
  },
};

async function readWarned(deps: ApiDependencies, merchant: Merchant, number: number) {
  const filter = { state: 'all', verdict: null, customerNumber: null } as const;
  const page = { ...filter, number, after: 0, limit: 1 };
  const [lock] = await listCardLocks(deps.db, merchant.id, page);
  if (lock === undefined) throw new Problem('card-lock-not-found');
  return { lock: showLock(lock), warning: OVERRIDE_WARNING };
}

function filterOf(query: {
  readonly state: CardLockFilter['state'];
  readonly verdict?: number | undefined;
  readonly customerNumber?: string | undefined;
}): CardLockFilter {
  const verdict = (query.verdict ?? null) as CardLockFilter['verdict'];
  const { state, customerNumber = null } = query;
  return { state, verdict, customerNumber, number: null };
}

function showLock({ customerId, keptOut, ...lock }: CardLock) {
  return {
    ...lock,
    customerId: formatCustomerId(customerId),
    verdictLabel: refreshVerdictsJa[lock.verdict],
    unlockedLabel: lock.unlockedBy === null ? null : unlockLabels[lock.unlockedBy],
    keptOut: keptOut.map((month) => ({
      ...month,
      label: keptOutLabels[month.at],
      orderNumbers: [...month.orderNumbers],
      files: [...month.files],
      takenFrom: [...month.takenFrom],
    })),
  };
}
