import { sql } from 'kysely';
import type { CardService } from '../../billing/card-service.ts';
import { type Db, lockMerchant, type Trx } from '../database.ts';

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

/** Names a customer's stored card: `identity` is its name at the service. */
export interface ChosenCard {
  readonly service: CardService;
  readonly identity: string;
}

/**
 * Writes a subscription as the shop's cart has it now, or brings the one with this number up to date.
 * Under the merchant's lock: a card that is chosen may free its orders from a locked one
 * (billing_card_locks says when).
 *
 * @param of `card`: which card it charges; null = not known; left out = as before
 * @returns false when there is no such customer or card; nothing is written then.
 */
export async function saveSubscription(
  trx: Trx,
  merchantId: number,
  of: Subscription & { readonly card?: ChosenCard | null | undefined; readonly now: string },
): Promise<boolean> {
  await lockMerchant(trx, merchantId);
  const { card } = of;
  const keeps = card === undefined;
  const chosen = sql`(select k.id from cards k
                       where k.merchant_id = ${merchantId} and k.customer_id = ${of.customerId}
                         and k.service = ${card?.service ?? null}
                         and k.identity = ${card?.identity ?? null} and k.deleted_at is null)`;
  const { numAffectedRows } = await sql`
    insert into subscriptions (merchant_id, subscription_number, customer_id, card_id,
                               amount_yen, status, next_month, created_at, updated_at)
    select c.merchant_id, ${of.subscriptionNumber}, c.customer_id, ${chosen}, ${of.amountYen}, ${of.status},
           ${of.nextMonth}, ${of.now}::timestamptz, ${of.now}::timestamptz
      from customers c
     where c.merchant_id = ${merchantId} and c.customer_id = ${of.customerId}
       and c.deleted_at is null
       and (${card === undefined || card === null} or exists ${chosen})
    on conflict (merchant_id, subscription_number) do update
       set amount_yen = excluded.amount_yen, status = excluded.status,
           card_id = case when ${keeps} then subscriptions.card_id else excluded.card_id end,
           next_month = excluded.next_month, updated_at = excluded.updated_at, deleted_at = null
     where subscriptions.customer_id = excluded.customer_id`.execute(trx);
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
