import { type RawBuilder, sql } from 'kysely';
import { nextBillingMonth } from '../../billing/billing-month.ts';
import type { RefreshWhy } from '../../billing/card-refresh.ts';
import {
  maxRefreshKeyLengths,
  type RefreshPreviewCard,
  type RefreshReason,
  type RefreshRule,
  refreshCutOff,
  refreshKeyPattern,
} from '../../billing/card-refresh-selection.ts';
import type { Db, Trx } from '../database.ts';
import { standingLocks } from '../locked-cards.ts';
import { refreshStatistics } from '../statistics.ts';

/** 会員ID of a card `k`: what the card file gave as SEND ID, else our 顧客ID [assumed]. */
const memberIdOf = sql`
  coalesce(nullif(k.send_id, ''), 'US-' || lpad(k.customer_id::text, 8, '0'))`;

const fits = (key: RawBuilder<unknown>, maxLength: number) =>
  sql`(length(${key}) <= ${sql.lit(maxLength)} and ${key} ~ ${sql.lit(refreshKeyPattern)})`;

/** The reason of `judgeRefreshCard` (billing/card-refresh-selection.ts) for a card `k` of a customer `u`. */
function reasonOf(merchantId: number, { month, first }: RefreshRule): RawBuilder<unknown> {
  const cutOff = sql`${refreshCutOff(month)}::timestamptz`;
  const expiring = sql`
    case when u.created_at >= ${cutOff} then 'customer_registered_late'
         when k.created_at >= ${cutOff} then 'card_registered_late'
         when k.expiry < ${month} then 'expired_before'
         when k.expiry = ${month} then 'expires_this_month'
         when k.expiry = ${nextBillingMonth(month)} then 'expires_next_month'
         else 'expires_later' end`;
  return sql`
    case when k.service <> 'GMO' then 'other_service'
         when u.deleted_at is not null then 'customer_deleted'
         when k.deleted_at is not null then 'card_deleted'
         when k.send_id is not null and not ${fits(memberIdOf, maxRefreshKeyLengths.memberId)}
           then 'unfit_keys'
         when not ${fits(sql`coalesce(k.sequence, '')`, maxRefreshKeyLengths.sequence)}
           then 'unfit_keys'
         when k.id in (select card_id from (${standingLocks(merchantId)}) l) then 'locked'
         else ${first ? sql`'first_refresh'` : expiring} end`;
}

/** Every card of a merchant with the reason why it is in or out: card_id, …, why. */
const judgedCards = (merchantId: number, rule: RefreshRule): RawBuilder<unknown> => sql`
  select k.id as card_id, k.customer_id, u.customer_number, ${memberIdOf} as member_id, k.sequence,
         k.last_digits, k.expiry, ${reasonOf(merchantId, rule)} as why
    from cards k
    join customers u on u.merchant_id = k.merchant_id and u.customer_id = k.customer_id
   where k.merchant_id = ${merchantId}`;

const reasons: readonly RefreshWhy[] = [
  'first_refresh',
  'expires_this_month',
  'expires_next_month',
];
const isTarget = sql`why in (${sql.join(reasons.map((reason) => sql.lit(reason)))})`;

/**
 * Chooses the cards of a month's refresh, once: lines of its request, numbered from 1. Chosen again, they
 * are those that were chosen before. The caller holds a lock that keeps others from choosing.
 */
export async function insertRefreshTargets(
  trx: Trx,
  merchantId: number,
  of: RefreshRule & { readonly refreshId: number },
): Promise<{ readonly targets: number }> {
  const { refreshId } = of;
  const { rows } = await sql<{ targets: number }>`
    select count(*)::int as targets from refresh_targets
     where merchant_id = ${merchantId} and refresh_id = ${refreshId}`.execute(trx);
  const chosen = rows[0]?.targets ?? 0;
  if (chosen > 0) return { targets: chosen };
  // Sorted in memory, once. `offset 0`: each card is judged once, not again for its column.
  await sql`set local work_mem = '128MB'`.execute(trx);
  const inserted = await sql`
    insert into refresh_targets (refresh_id, line, merchant_id, card_id, customer_id, member_id,
                                 card_sequence, last_digits, expiry, why)
    select ${refreshId}::bigint, row_number() over (order by card_id), ${merchantId}::bigint,
           card_id, customer_id, member_id, sequence, last_digits, expiry, why
      from (${judgedCards(merchantId, of)} offset 0) j
     where ${isTarget}
     order by card_id`.execute(trx);
  const targets = Number(inserted.numAffectedRows ?? 0n);
  await refreshStatistics(trx, targets, ['refresh_targets']);
  return { targets };
}

/** How many cards are in and out, by reason. */
export async function countRefreshCards(
  db: Db,
  merchantId: number,
  rule: RefreshRule,
): Promise<{ readonly why: RefreshReason; readonly included: boolean; readonly cards: number }[]> {
  const { rows } = await sql<{ why: RefreshReason; included: boolean; cards: number }>`
    select why, ${isTarget} as included, count(*)::int as cards
      from (${judgedCards(merchantId, rule)}) j
     group by why order by included desc, cards desc, why`.execute(db);
  return rows;
}

/** A page of the preview, by card: of one reason, of those that are in, or of all. */
export async function listRefreshCards(
  db: Db,
  merchantId: number,
  page: RefreshRule & {
    readonly why: RefreshReason | null;
    readonly included: boolean | null;
    /** The last card of the page before; 0 for the first. */
    readonly after: number;
    readonly limit: number;
  },
): Promise<RefreshPreviewCard[]> {
  const { why, included, after, limit } = page;
  const { rows } = await sql<RefreshPreviewCard>`
    select card_id as "cardId", customer_id as "customerId", customer_number as "customerNumber",
           member_id as "memberId", sequence, last_digits as "lastDigits", expiry,
           ${isTarget} as included, why
      from (${judgedCards(merchantId, page)} and k.id > ${after}) j
     where (${why}::text is null or why = ${why})
       and (${included}::boolean is null or (${isTarget}) = ${included})
     order by card_id limit ${limit}`.execute(db);
  return rows;
}

/** The whole preview, a page in memory at a time. */
export async function* readRefreshCards(
  db: Db,
  merchantId: number,
  of: RefreshRule & { readonly included: boolean | null },
): AsyncGenerator<RefreshPreviewCard[]> {
  const limit = 2000;
  let after = 0;
  for (;;) {
    const page = await listRefreshCards(db, merchantId, { ...of, why: null, after, limit });
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    after = page.at(-1)?.cardId ?? after;
  }
}
