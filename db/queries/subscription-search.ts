import { sql } from 'kysely';
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
  page: {
    readonly refreshStatuses: readonly RefreshStatus[];
    readonly status: SubscriptionStatus | null;
    readonly customerNumber: string | null;
    readonly after: string;
    readonly limit: number;
  },
): Promise<JudgedSubscription[]> {
  const wanted = page.refreshStatuses.map(verdictOf);
  const verdicts = wanted.filter((verdict) => verdict !== null);
  const { rows } = await sql<JudgedSubscription>`
    select s.subscription_number as "subscriptionNumber", s.customer_id as "customerId",
           c.customer_number as "customerNumber", s.amount_yen as "amountYen", s.status,
           s.next_month as "nextMonth", j.verdict, j.month as "judgedMonth",
           s.customer_id in (select l.customer_id from billing_card_locks l
                              where l.merchant_id = ${merchantId}) as locked
      from subscriptions s
      join customers c on c.merchant_id = s.merchant_id and c.customer_id = s.customer_id
      left join lateral (
        select n.verdict, n.month from cards k join lateral (${newestJudgement}) n on true
         where k.merchant_id = s.merchant_id and k.customer_id = s.customer_id
           and k.deleted_at is null and (s.card_id is null or k.id = s.card_id)
         order by n.verdict = 0, n.month desc limit 1) j on true
     where s.merchant_id = ${merchantId} and s.deleted_at is null
       and s.subscription_number > ${page.after}
       and (${page.status}::text is null or s.status = ${page.status})
       and (${page.customerNumber}::text is null or c.customer_number = ${page.customerNumber})
       and (${wanted.length === 0} or j.verdict = any(${verdicts}::smallint[])
            or (${wanted.includes(null)} and j.verdict is null))
     order by s.subscription_number limit ${page.limit}`.execute(db);
  return rows;
}
