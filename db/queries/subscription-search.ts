import { type RawBuilder, sql } from 'kysely';
import type { RefreshVerdict } from '../../billing/card-refresh.ts';
import { type RefreshStatus, verdictOf } from '../../billing/refresh-status.ts';
import { newestJudgement } from '../card-judgement.ts';
import type { Db } from '../database.ts';
import type { SubscriptionStatus } from './subscriptions.ts';

/** 定期受注 with what the refreshes said of its card. */
export interface JudgedSubscription {
  readonly subscriptionNumber: string;
  /** The number in US-00010000. */
  readonly customerId: number;
  readonly customerNumber: string;
  readonly amountYen: number;
  readonly status: SubscriptionStatus;
  readonly nextMonth: string | null;
  /** Of its card; of several that may be charged the worst. Null: not judged as it is now. */
  readonly verdict: RefreshVerdict | null;
  /** Month of the refresh that said so. */
  readonly judgedMonth: string | null;
  /** Whether its orders are kept out of billing. */
  readonly locked: boolean;
}

/** Subscriptions by number, a page at a time; of any of the statuses, or (none named) of all. */
export async function searchSubscriptions(
  db: Db,
  merchantId: number,
  page: SubscriptionPage,
): Promise<JudgedSubscription[]> {
  const wanted = page.refreshStatuses.map(verdictOf);
  const few = wanted.length === 0 ? sql`true` : await ofFewCards(db, merchantId, wanted);
  if (few !== null) return await selectSubscriptions(db, merchantId, { ...page, among: few });
  // Along the list in growing steps, until the page is full: Postgres would judge all of them first.
  const found: JudgedSubscription[] = [];
  let { after } = page;
  for (let step = firstStep; ; step *= 4) {
    const next = { ...page, after, limit: page.limit - found.length };
    const end = await findSubscriptionAt(db, merchantId, { after, ahead: step });
    const among = end === null ? sql`true` : sql`s.subscription_number <= ${end}`;
    found.push(...(await selectSubscriptions(db, merchantId, { ...next, among })));
    if (end === null || found.length === page.limit) return found;
    after = end;
  }
}

interface SubscriptionPage {
  readonly refreshStatuses: readonly RefreshStatus[];
  readonly status: SubscriptionStatus | null;
  readonly customerNumber: string | null;
  readonly after: string;
  readonly limit: number;
}

/** Subscriptions that are judged in the time of a few look-ups. */
const firstStep = 1000;

/** The number of the subscription so many places behind another one; null: the list ends before. */
async function findSubscriptionAt(
  db: Db,
  merchantId: number,
  { after, ahead }: { readonly after: string; readonly ahead: number },
): Promise<string | null> {
  const { rows } = await sql<{ number: string }>`
    select subscription_number as number from subscriptions
     where merchant_id = ${merchantId} and subscription_number > ${after}
     order by subscription_number offset ${ahead - 1} limit 1`.execute(db);
  return rows[0]?.number ?? null;
}

/** @param page `among`: a condition on the subscriptions `s` that are looked through */
async function selectSubscriptions(
  db: Db,
  merchantId: number,
  page: SubscriptionPage & { readonly among: RawBuilder<unknown> },
): Promise<JudgedSubscription[]> {
  const wanted = page.refreshStatuses.map(verdictOf);
  const verdicts = wanted.filter((verdict) => verdict !== null);
  const choosesNone = wanted.length === 0;
  // The page is cut before the rest is looked up; what was said of a card is looked up for all only where
  // it chooses them.
  const { rows } = await sql<JudgedSubscription>`
    select s.subscription_number as "subscriptionNumber", s.customer_id as "customerId",
           c.customer_number as "customerNumber", s.amount_yen as "amountYen", s.status,
           s.next_month as "nextMonth", j.verdict, j.month as "judgedMonth",
           exists (select from billing_card_locks l
                    where l.merchant_id = ${merchantId} and l.customer_number = c.customer_number
                      and l.customer_id = s.customer_id) as locked
      from (select s.* from subscriptions s
             where s.merchant_id = ${merchantId} and s.deleted_at is null
               and s.subscription_number > ${page.after}
               and (${page.status}::text is null or s.status = ${page.status})
               and (${page.customerNumber}::text is null
                    or s.customer_id = (select c.customer_id from customers c
                         where c.merchant_id = ${merchantId}
                           and c.customer_number = ${page.customerNumber}))
               and ${page.among}
             order by s.subscription_number limit ${choosesNone ? sql`${page.limit}` : sql`all`} offset 0) s
      join customers c on c.merchant_id = s.merchant_id and c.customer_id = s.customer_id
      left join lateral (
        select n.verdict, n.month from cards k join lateral (${newestJudgement}) n on true
         where k.merchant_id = s.merchant_id and k.customer_id = s.customer_id
           and k.deleted_at is null and (s.card_id is null or k.id = s.card_id)
         order by n.verdict = 0, n.month desc limit 1) j on true
     where ${choosesNone} or j.verdict = any(${verdicts}::smallint[])
        or (${wanted.includes(null)} and j.verdict is null)
     order by s.subscription_number limit ${page.limit}`.execute(db);
  return rows;
}

/** Up to so many results it is cheaper to begin with them than to walk until a page is full. */
const fewResults = 5000;

/** Where few cards were ever judged so: a condition that only their customers' subscriptions `s` meet; or null. */
async function ofFewCards(
  db: Db,
  merchantId: number,
  wanted: readonly (RefreshVerdict | null)[],
): Promise<RawBuilder<unknown> | null> {
  const verdicts = wanted.filter((verdict) => verdict !== null);
  // Not judged is said of any card.
  if (verdicts.length < wanted.length) return null;
  // Most results are good; the others have an index of their own.
  const judged = verdicts.includes(0)
    ? sql`select r.card_id from card_refreshes m join refresh_results r on r.refresh_id = m.id
           where m.merchant_id = ${merchantId} and r.verdict = any(${verdicts}::smallint[])`
    : sql`select r.card_id from refresh_results r
           where r.merchant_id = ${merchantId} and r.verdict <> 0
             and r.verdict = any(${verdicts}::smallint[])`;
  const { rows } = await sql<{ few: boolean }>`
    select count(*) <= ${fewResults} as few
      from (select from (${judged}) r limit ${fewResults + 1}) r`.execute(db);
  if (!rows[0]?.few) return null;
  return sql`s.customer_id in (
    select k.customer_id from (${judged}) r join cards k on k.id = r.card_id)`;
}
