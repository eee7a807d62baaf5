import { OVERRIDE_WARNING, unlockLabels } from '../../billing/card-lock.ts';
import { CARD_LOCK_HEAD, cardLockRows } from '../../billing/card-lock-csv.ts';
import { refreshVerdictsJa } from '../../billing/card-refresh.ts';
import { formatCustomerId } from '../../billing/customer-id.ts';
import type { Trx } from '../../db/database.ts';
import {
  type CardLock,
  type CardLockFilter,
  countCardLocks,
  listCardLocks,
} from '../../db/queries/card-lock-evidence.ts';
import {
  answerOverride,
  type OverrideRefusal,
  requestOverride,
} from '../../db/queries/card-lock-overrides.ts';
import { IdempotencyConflict, recordDecision } from '../../db/queries/decisions.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import type { cardLockRoutes } from '../contract/card-locks.ts';
import { replyWithCsv } from '../csv-download.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { followCardLocks } from '../follow-card-locks.ts';
import type { Handlers } from '../handler.ts';
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
    const of = { ...body, number: params.lock, actor, now };
    const { reason: _, ...what } = body;
    const decision = { act: 'request-lock-override', key: idempotencyKey, ...of, body: what };
    await decideOnLock(deps, merchant, decision, async (trx) => {
      const done = await requestOverride(trx, merchant.id, of);
      return typeof done === 'string' ? done : null;
    });
    return { status: 200, body: await readWarned(deps, merchant, params.lock) };
  },

  async answerLockOverride({ deps, identity, merchant, params, body, idempotencyKey, now }) {
    const { actor } = identity;
    const of = { ...body, number: params.lock, actor, now };
    const { reason: _, ...what } = body;
    const decision = { act: 'answer-lock-override', key: idempotencyKey, ...of, body: what };
    await decideOnLock(
      deps,
      merchant,
      decision,
      async (trx) => await answerOverride(trx, merchant.id, of),
    );
    if (body.answer === 'approved') await followCardLocks(deps, merchant);
    return { status: 200, body: await readWarned(deps, merchant, params.lock) };
  },
};

/** Writes a decision about a lock and carries it out, in one transaction; again = the same answer. */
async function decideOnLock(
  deps: ApiDependencies,
  merchant: Merchant,
  of: {
    readonly act: string;
    readonly key: string;
    readonly number: number;
    readonly body: object;
    readonly actor: string;
    readonly reason: string;
    readonly now: string;
  },
  carryOut: (trx: Trx) => Promise<OverrideRefusal | null>,
): Promise<void> {
  const { act, key, actor, reason, now, number, body } = of;
  try {
    await deps.db.transaction().execute(async (trx) => {
      const workflowId = `card-lock:${merchant.slug}:${number}`;
      const decision = { act, key, workflowId, body, actor, reason, now };
      const { fresh } = await recordDecision(trx, merchant.id, decision);
      const refused = fresh ? await carryOut(trx) : null;
      if (refused !== null) throw refusalOf(refused);
    });
  } catch (error) {
    if (!(error instanceof IdempotencyConflict)) throw error;
    throw new Problem('conflict', {
      detail:
        'この操作キーは別の操作で使用済みです。何も変更していません。新しいキーで送信してください。',
      errors: [{ path: 'header.Idempotency-Key', message: 'IdempotencyConflict' }],
    });
  }
}

const conflicts: Readonly<Record<Exclude<OverrideRefusal, 'unknown_lock'>, string>> = {
  not_locked: 'このカードの利用停止はすでに解除されています。何も変更していません。',
  unknown_file:
    '証拠のファイルが見つかりません。何も変更していません。先にファイルを預けてから、その sha256 を指定してください。',
  own_result:
    'この結果ファイルはカードを停止した判定そのもので、照合ミスの証拠になりません。何も変更していません。訂正された結果ファイルや GMO からの回答など、別のファイルを指定してください。',
  asked_already:
    'この利用停止の解除はすでに申請されています。何も変更していません。承認者の回答を待ってください。',
  not_asked: '回答を待っている解除の申請はありません。何も変更していません。',
  same_person:
    '解除を申請した本人は承認できません（2名確認）。何も変更していません。別の承認者に依頼してください。',
};

function refusalOf(why: OverrideRefusal): Problem {
  if (why === 'unknown_lock') return new Problem('card-lock-not-found');
  if (why === 'unknown_file') return new Problem('file-not-found', { detail: conflicts[why] });
  return new Problem('conflict', {
    detail: conflicts[why],
    errors: [{ path: 'lock', message: why }],
  });
}

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
      orderNumbers: [...month.orderNumbers],
      files: [...month.files],
    })),
  };
}
