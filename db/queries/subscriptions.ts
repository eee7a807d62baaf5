import { sql } from 'kysely';
import type { Db } from '../database.ts';

export const subscriptionStatuses = ['active', 'paused', 'ended'] as const;
export type SubscriptionStatus = (typeof subscriptionStatuses)[number];

/** 定期受注: what a customer is billed, and with which card. */
export interface Subscription {
  readonly subscriptionNumber: string;
  /** The number in our customer ID. */
  readonly customerId: number;
  readonly amountYen: number;
  readonly status: SubscriptionStatus;
  /** Next billing month, YYYY-MM; null when there is none. */
  readonly nextMonth: string | null;
}

/**
 * Writes a subscription as the shop's cart has it now, or brings the one with this number up to date.
 * @returns false when there is no such customer; nothing is written then.
 */
export async function saveSubscription(
  db: Db,
  merchantId: number,
  of: Subscription & { readonly now: string },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into subscriptions (merchant_id, subscription_number, customer_id, amount_yen, status,
                               next_month, created_at, updated_at)
    select c.merchant_id, ${of.subscriptionNumber}, c.customer_id, ${of.amountYen}, ${of.status},
           ${of.nextMonth}, ${of.now}::timestamptz, ${of.now}::timestamptz
      from customers c
     where c.merchant_id = ${merchantId} and c.customer_id = ${of.customerId}
       and c.deleted_at is null
    on conflict (merchant_id, subscription_number) do update
       set amount_yen = excluded.amount_yen, status = excluded.status,
           next_month = excluded.next_month, updated_at = excluded.updated_at, deleted_at = null
     where subscriptions.customer_id = excluded.customer_id`.execute(db);
  return (numAffectedRows ?? 0n) > 0n;
}

export async function listSubscriptions(
  db: Db,
  merchantId: number,
  customerId: number,
): Promise<Subscription[]> {
  return await db
    .selectFrom('subscriptions')
    .where('merchant_id', '=', merchantId)
    .where('customer_id', '=', customerId)
    .where('deleted_at', 'is', null)
    .orderBy('subscription_number')
    .select([
      'subscription_number as subscriptionNumber',
      'customer_id as customerId',
      'amount_yen as amountYen',
      'status',
      'next_month as nextMonth',
    ])
    .execute();
}
